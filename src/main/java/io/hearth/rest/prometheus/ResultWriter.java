package io.hearth.rest.prometheus;

import io.hearth.promql.SampleSink;
import io.hearth.promql.SeriesSink;
import io.hearth.promql.StepGrid;
import io.hearth.rest.format.TextOutput;
import java.io.IOException;

/** Writes the result of a query: {@code {"resultType":…,"result":…}}. */
final class ResultWriter {
    private final TextOutput out;
    private final SampleWriter writer;
    private final long limit;
    private boolean list;
    private long series;

    /** @param limit the most series to write */
    ResultWriter(TextOutput out, long limit) {
        this.out = out;
        this.limit = limit;
        writer = new SampleWriter(out);
    }

    void begin(String resultType) throws IOException {
        out.ascii("{\"resultType\":");
        out.jsonString(resultType);
        out.ascii(",\"result\":");
        list = resultType.equals("vector") || resultType.equals("matrix");
        out.ascii(list ? "[" : "");
    }

    /** Ends it; tells whether series were left out for the limit. */
    boolean end() throws IOException {
        out.ascii(list ? "]}" : "}");
        return series > limit;
    }

    SeriesSink<IOException> vector(long timeMicros) {
        return (labels, values) -> {
            if (isWithinLimit()) {
                out.ascii("{\"metric\":");
                writer.labels(labels);
                out.ascii(",\"value\":");
                writer.sample(timeMicros, values.at(0));
                out.ascii('}');
            }
        };
    }

    SeriesSink<IOException> matrix(StepGrid grid) {
        return (labels, values) -> {
            if (isWithinLimit()) {
                out.ascii("{\"metric\":");
                writer.labels(labels);
                out.ascii(",\"values\":[");
                boolean first = true;
                for (int step = 0; step < values.steps(); step++) {
                    if (values.has(step)) {
                        out.ascii(first ? "" : ",");
                        first = false;
                        writer.sample(grid.at(step), values.at(step));
                    }
                }
                out.ascii("]}");
            }
        };
    }

    SampleSink<IOException> samples() {
        return (labels, samples) -> {
            if (isWithinLimit()) {
                out.ascii("{\"metric\":");
                writer.labels(labels);
                out.ascii(",\"values\":[");
                for (int i = 0; i < samples.size(); i++) {
                    out.ascii(i == 0 ? "" : ",");
                    writer.sample(samples.timeMicros(i), samples.value(i));
                }
                out.ascii("]}");
            }
        };
    }

    void scalar(long timeMicros, double value) throws IOException {
        writer.sample(timeMicros, value);
    }

    void string(long timeMicros, String text) throws IOException {
        out.ascii('[');
        writer.time(timeMicros);
        out.ascii(',');
        out.jsonString(text);
        out.ascii(']');
    }

    private boolean isWithinLimit() throws IOException {
        out.ascii(series > 0 && series < limit ? "," : "");
        return ++series <= limit;
    }
}
