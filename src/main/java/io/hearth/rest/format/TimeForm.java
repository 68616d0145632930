package io.hearth.rest.format;

import java.io.IOException;

/** How times are written into readings. */
public enum TimeForm {
    RFC3339 {
        @Override
        void json(long micros, TextOutput out) throws IOException {
            out.ascii('"');
            out.time(micros);
            out.ascii('"');
        }

        @Override
        void plain(long micros, TextOutput out) throws IOException {
            out.time(micros);
        }
    },
    /** Epoch milliseconds, with the microseconds as a fraction where there are any. */
    EPOCH {
        @Override
        void json(long micros, TextOutput out) throws IOException {
            plain(micros, out);
        }

        @Override
        void plain(long micros, TextOutput out) throws IOException {
            if (micros < 0) {
                out.ascii('-');
            }
            long magnitude = Math.abs(micros);
            out.integer(magnitude / 1000);
            int fraction = (int) (magnitude % 1000);
            if (fraction != 0) {
                out.ascii('.');
                out.ascii((char) ('0' + fraction / 100));
                out.ascii((char) ('0' + fraction / 10 % 10));
                out.ascii((char) ('0' + fraction % 10));
            }
        }
    };

    /** As a JSON value. */
    abstract void json(long micros, TextOutput out) throws IOException;

    /** As a field of CSV. */
    abstract void plain(long micros, TextOutput out) throws IOException;
}
