package io.hearth.codec;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.hearth.model.PointBuffer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Decoding one message of three metrics, beside a tree of Jackson's. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class JsonReadingsBenchmark {
    private final byte[] payload =
            "{\"ts\":1790000000123,\"values\":{\"temperature\":21.5,\"humidity\":45.6,\"battery\":98.7}}"
                    .getBytes(StandardCharsets.UTF_8);
    private final JsonReadings json = new JsonReadings();
    private final PointBuffer points = new PointBuffer();
    private final ObjectMapper mapper = new ObjectMapper();

    @Benchmark
    public int decode() throws MalformedPayloadException {
        points.clear();
        json.decode(payload, points);
        return points.size();
    }

    @Benchmark
    public JsonNode baselineTree() throws IOException {
        return mapper.readTree(payload);
    }
}
