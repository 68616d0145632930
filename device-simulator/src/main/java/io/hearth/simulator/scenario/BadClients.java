package io.hearth.simulator.scenario;

import java.time.Duration;
import java.util.Locale;

/**
 * Clients that do what they should not.
 *
 * @param count how many at the same time
 * @param interval each makes an attempt this often
 * @param bytes size of an oversized payload
 */
public record BadClients(Kind kind, int count, Duration interval, int bytes) {

    /** What is wrong with it. */
    public enum Kind {
        /** JSON that ends in the middle. */
        MALFORMED,
        /** Bytes that are no UTF-8. */
        NOT_UTF8,
        /** A payload larger than any device sends. */
        OVERSIZED,
        /** No payload at all. */
        EMPTY,
        /** Topics that nobody serves. */
        WRONG_TOPIC,
        /** Half a PUBLISH, and then the connection is cut. */
        HALF_PACKET,
        /** A PUBLISH whose length does not fit its content. */
        BAD_LENGTH,
        /** Random bytes instead of CONNECT. */
        GARBAGE,
        /** A connection on which nothing is said. */
        SILENT,
        /** A wrong password. */
        WRONG_PASSWORD;

        /** As it stands in scenarios and reports: {@code wrong-topic}. */
        public String key() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }
}
