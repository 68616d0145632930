package io.hearth.series.chunk;

import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import io.hearth.bytes.Varint;
import io.hearth.model.HybridTime;
import io.hearth.model.ReadingBlock;
import io.hearth.model.RegionId;
import io.hearth.model.WriteStamp;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * How long a device's day of the smart-home workload takes to encode and decode: 25,920 points, so 100 µs are 259 million
 * points a second. Beside it the plain way: differences as bytes under Zstandard. On a machine that others use as well,
 * look at p0.00. {@link ChunkSizes} prints what they take.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class ChunkBenchmark {
    private static final int DEVICES = 50;
    private static final int DAYS_OF_YEAR = 365;
    private static final int READINGS = SmartHomeWorkload.READINGS_PER_DAY;
    private static final int METRICS = 3;

    private final ReadingBlock[] blocks = new ReadingBlock[DEVICES];
    private final byte[][] chunks = new byte[DEVICES][];
    private final byte[][] zstdFrames = new byte[DEVICES][];
    private final ChunkScratch scratch = new ChunkScratch();
    private final ZstdCompressCtx compressor = new ZstdCompressCtx().setLevel(3);
    private final ZstdDecompressCtx decompressor = new ZstdDecompressCtx();
    private final byte[] deltas = new byte[READINGS * METRICS];
    private final double[] numbers = new double[READINGS];
    private int device;

    @Setup
    public void makeDays() {
        for (int i = 0; i < DEVICES; i++) {
            blocks[i] = SmartHomeWorkload.readings(i * 20, READINGS);
            chunks[i] = encode(blocks[i]);
            zstdFrames[i] = compressor.compress(ChunkSizes.zigzagDeltas(blocks[i]));
        }
    }

    static byte[] encode(ReadingBlock block) {
        WriteStamp stamp = new WriteStamp(HybridTime.of(1_767_312_000_123L, 0), new RegionId("eu-1"));
        List<Span> spans = List.of(new Span(block.size(), stamp, 2_592_000));
        return ChunkWriter.encode(block, spans, new byte[0]).get(0);
    }

    private int nextDevice() {
        device = (device + 1) % DEVICES;
        return device;
    }

    @Benchmark
    public byte[] encode() {
        return encode(blocks[nextDevice()]);
    }

    @Benchmark
    public ReadingBlock decode() {
        return Chunk.open(chunks[nextDevice()]).decode(metric -> true, scratch);
    }

    @Benchmark
    public double readYearOfSummaries() {
        double sum = 0;
        for (int day = 0; day < DAYS_OF_YEAR; day++) {
            for (MetricSummary summary : Chunk.open(chunks[nextDevice()]).metrics()) {
                sum += summary.sum() + summary.min() + summary.max();
            }
        }
        return sum;
    }

    @Benchmark
    public byte[] encodeZstdOfDeltas() {
        return compressor.compress(ChunkSizes.zigzagDeltas(blocks[nextDevice()]));
    }

    @Benchmark
    public double[] decodeZstdOfDeltas() {
        decompressor.decompress(deltas, zstdFrames[nextDevice()]);
        for (int metric = 0; metric < METRICS; metric++) {
            long tenths = 0;
            for (int i = 0; i < READINGS; i++) {
                tenths += Varint.unzigzag(deltas[metric * READINGS + i] & 0xFF);
                numbers[i] = tenths / 10.0;
            }
        }
        return numbers;
    }
}
