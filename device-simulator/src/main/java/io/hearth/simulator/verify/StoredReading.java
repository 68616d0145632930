package io.hearth.simulator.verify;

import java.util.Map;

/**
 * A reading as the service answers it.
 *
 * @param values by metric: {@link Double}, {@link Boolean}, {@link String}, or {@link #NOT_A_VALUE} for anything else
 */
record StoredReading(long deviceTimeMicros, Map<String, Object> values) {

    /** Stands for null, arrays and objects, which no reading can hold. */
    static final Object NOT_A_VALUE = new Object() {
        @Override
        public String toString() {
            return "(not a value)";
        }
    };
}
