package io.hearth.series.chunk;

import com.github.luben.zstd.Zstd;
import io.hearth.bytes.ByteWriter;
import io.hearth.bytes.Varint;
import io.hearth.model.Column;
import io.hearth.model.ReadingBlock;
import io.hearth.series.chunk.integer.IntegerEncoder;
import java.util.Arrays;
import java.util.Random;
import java.util.function.IntToDoubleFunction;

/** Prints what chunks take, part by part, and what each sort of number takes beside other codes. */
final class ChunkSizes {
    private static final int READINGS = SmartHomeWorkload.READINGS_PER_DAY;
    private static final int DEVICES = 1000;

    private ChunkSizes() {}

    public static void main(String[] args) {
        printWorkload();
        printNumbers();
        printTimes();
    }

    private static void printWorkload() {
        long chunks = 0;
        long times = 0;
        long[] columns = new long[3];
        long zstd = 0;
        double entropyBits = 0;
        for (int device = 0; device < DEVICES; device++) {
            ReadingBlock block = SmartHomeWorkload.readings(device, READINGS);
            chunks += ChunkBenchmark.encode(block).length;
            long first = block.timesMicros()[0];
            long[] offsets = new long[READINGS];
            for (int i = 0; i < READINGS; i++) {
                offsets[i] = block.timesMicros()[i] - first;
            }
            times += integerBytes(offsets);
            for (int i = 0; i < columns.length; i++) {
                ByteWriter out = new ByteWriter(1024);
                ColumnEncoder.encode(PackedColumn.of(block.columns().get(i), READINGS), out);
                columns[i] += out.length();
            }
            byte[] deltas = zigzagDeltas(block);
            zstd += Zstd.compress(deltas, 3).length;
            for (int i = 0; i < columns.length; i++) {
                entropyBits += entropyBits(deltas, i * READINGS, READINGS);
            }
        }
        double points = 3.0 * READINGS * DEVICES;
        System.out.println("1,000 days of the smart-home workload, bytes per point of all three metrics");
        System.out.printf("  chunks                  %.4f%n", chunks / points);
        System.out.printf("    times                 %.4f%n", times / points);
        long rest = chunks - times;
        for (int i = 0; i < columns.length; i++) {
            String metric = SmartHomeWorkload.readings(0, 1).columns().get(i).metric();
            System.out.printf("    %-20s  %.4f%n", metric, columns[i] / points);
            rest -= columns[i];
        }
        System.out.printf("    headers               %.4f%n", rest / points);
        System.out.printf("  order-0 entropy         %.4f (of the deltas alone)%n", entropyBits / 8 / points);
        System.out.printf("  zstd -3 of the deltas   %.4f (no times, no header)%n%n", zstd / points);
    }

    /** The three metrics one after another, each as zigzag differences of tenths, a byte each; the first is left out. */
    static byte[] zigzagDeltas(ReadingBlock block) {
        byte[] deltas = new byte[block.size() * block.columns().size()];
        int next = 0;
        for (Column column : block.columns()) {
            long before = Math.round(column.numbers()[0] * 10);
            for (int i = 0; i < block.size(); i++) {
                long tenths = Math.round(column.numbers()[i] * 10);
                deltas[next++] = (byte) Varint.zigzag(tenths - before);
                before = tenths;
            }
        }
        return deltas;
    }

    private static double entropyBits(byte[] bytes, int start, int count) {
        int[] counts = new int[256];
        for (int i = start; i < start + count; i++) {
            counts[bytes[i] & 0xFF]++;
        }
        double bits = 0;
        for (int c : counts) {
            bits += c == 0 ? 0 : c * Math.log((double) count / c) / Math.log(2);
        }
        return bits;
    }

    private static int integerBytes(long[] values) {
        ByteWriter out = new ByteWriter(1024);
        IntegerEncoder.encode(values, values.length, out);
        return out.length();
    }

    private static void printNumbers() {
        Random random = new Random(1);
        long[] tenths = new long[READINGS];
        double[] walk = new double[READINGS];
        double[] meter = new double[READINGS];
        for (int i = 0; i < READINGS; i++) {
            tenths[i] = (i == 0 ? 700 : tenths[i - 1]) + random.nextInt(3) - 1;
            walk[i] = (i == 0 ? 20 : walk[i - 1]) + 0.1 * random.nextGaussian();
            meter[i] = (i == 0 ? 12_345_678 : meter[i - 1]) + 500 + random.nextInt(30);
        }
        System.out.println("8,640 numbers, bytes per number    chunk    form        XOR code");
        printNumbers("walk of tenths", i -> tenths[i] / 10.0);
        printNumbers("  as 32-bit floats", i -> (float) (tenths[i] / 10.0));
        printNumbers("  as °F in °C", i -> (tenths[i] / 10.0 - 32) * 5 / 9);
        printNumbers("white noise of tenths", i -> Math.rint(1000 + 100 * random.nextGaussian()) / 10);
        printNumbers("energy meter, 3 digits", i -> meter[i] / 1000);
        printNumbers("walk of 6 digits", i -> Math.rint(walk[i] * 1e6) / 1e6);
        printNumbers("walk of all digits", i -> walk[i]);
        printNumbers("  as 32-bit floats", i -> (float) walk[i]);
        printNumbers("sine of all digits", i -> Math.sin(i / 1000.0));
        System.out.println();
    }

    private static void printNumbers(String name, IntToDoubleFunction number) {
        double[] numbers = new double[READINGS];
        Arrays.setAll(numbers, number);
        Column column = new Column(name, null, numbers, null);
        PackedColumn packed = PackedColumn.of(column, READINGS);
        ByteWriter out = new ByteWriter(1024);
        NumberEncoder.encode(packed.numbers(), packed.decimals(), out);
        int tag = out.toByteArray()[0];
        String form = switch (tag & 3) {
            case NumberDecoder.DECIMALS -> "decimals";
            case NumberDecoder.DICTIONARY -> "dictionary";
            default -> "bits";
        };
        System.out.printf(
                "  %-30s  %6.3f    %-10s  %6.3f%n",
                name, (double) out.length() / READINGS, form, xorBits(numbers) / 8.0 / READINGS);
    }

    /** What the XOR code of Gorilla takes: Pelkonen et al., VLDB 2015, 4.1.2. */
    private static long xorBits(double[] numbers) {
        long bits = Long.SIZE;
        int leading = Long.SIZE;
        int trailing = 0;
        for (int i = 1; i < numbers.length; i++) {
            long xor = Double.doubleToRawLongBits(numbers[i]) ^ Double.doubleToRawLongBits(numbers[i - 1]);
            int newLeading = Math.min(31, Long.numberOfLeadingZeros(xor));
            int newTrailing = Long.numberOfTrailingZeros(xor);
            if (xor == 0) {
                bits += 1;
            } else if (newLeading >= leading && newTrailing >= trailing) {
                bits += 2 + Long.SIZE - leading - trailing;
            } else {
                leading = newLeading;
                trailing = newTrailing;
                bits += 2 + 5 + 6 + Long.SIZE - leading - trailing;
            }
        }
        return bits;
    }

    private static void printTimes() {
        Random random = new Random(1);
        long[] regular = new long[READINGS];
        long[] jittered = new long[READINGS];
        long[] drifting = new long[READINGS];
        for (int i = 0; i < READINGS; i++) {
            regular[i] = 10_000_000L * i;
            jittered[i] = regular[i] + 1000 * random.nextInt(50);
            drifting[i] = i == 0 ? 0 : drifting[i - 1] + 10_000_000 + random.nextInt(50_000);
        }
        System.out.println("8,640 times of a 10 s period, bytes per time");
        System.out.printf("  regular                         %6.3f%n", (double) integerBytes(regular) / READINGS);
        System.out.printf("  up to 49 ms late, in ms         %6.3f%n", (double) integerBytes(jittered) / READINGS);
        System.out.printf("  up to 50 ms longer each, in µs  %6.3f%n", (double) integerBytes(drifting) / READINGS);
    }
}
