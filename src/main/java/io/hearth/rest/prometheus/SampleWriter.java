package io.hearth.rest.prometheus;

import io.hearth.promql.Labels;
import io.hearth.rest.format.TextOutput;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.Map;

/** Writes the parts that Prometheus' answers are made of. */
final class SampleWriter {
    /** Beyond these, numbers are written with an exponent. */
    private static final double SMALLEST_PLAIN = 1e-6;

    private static final double LARGEST_PLAIN = 1e21;

    private final TextOutput out;

    SampleWriter(TextOutput out) {
        this.out = out;
    }

    void labels(Labels labels) throws IOException {
        String separator = "";
        out.ascii('{');
        for (Map.Entry<String, String> label : labels.values().entrySet()) {
            out.ascii(separator);
            out.jsonString(label.getKey());
            out.ascii(':');
            out.jsonString(label.getValue());
            separator = ",";
        }
        out.ascii('}');
    }

    /** {@code [time, "value"]}. */
    void sample(long timeMicros, double value) throws IOException {
        out.ascii('[');
        time(timeMicros);
        out.ascii(",\"");
        value(value);
        out.ascii("\"]");
    }

    /** Seconds, with three digits of fraction where there is one, or six. */
    void time(long micros) throws IOException {
        long magnitude = Math.abs(micros);
        if (micros < 0) {
            out.ascii('-');
        }
        out.integer(magnitude / 1_000_000);
        int fraction = (int) (magnitude % 1_000_000);
        if (fraction != 0) {
            out.ascii('.');
            int unit = 100_000;
            for (int digits = fraction % 1000 == 0 ? 3 : 6; digits > 0; digits--) {
                out.ascii((char) ('0' + fraction / unit % 10));
                unit /= 10;
            }
        }
    }

    /** The shortest text that reads back as the same number; as Go writes it. */
    private void value(double value) throws IOException {
        double magnitude = Math.abs(value);
        if (Double.isNaN(value)) {
            out.ascii("NaN");
        } else if (Double.isInfinite(value)) {
            out.ascii(value > 0 ? "+Inf" : "-Inf");
        } else if (value == 0) {
            out.ascii(1 / value < 0 ? "-0" : "0");
        } else if (magnitude >= 1e-3 && magnitude < 1e7) {
            out.number(value);
        } else if (magnitude >= SMALLEST_PLAIN && magnitude < LARGEST_PLAIN) {
            out.ascii(
                    new BigDecimal(Double.toString(value)).stripTrailingZeros().toPlainString());
        } else {
            String text = Double.toString(value).replace(".0E", "E").replace('E', 'e');
            out.ascii(text.contains("e-") ? text : text.replace("e", "e+"));
        }
    }
}
