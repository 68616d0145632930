package io.hearth.shadow.document;

import java.math.BigDecimal;
import java.util.List;
import java.util.SortedMap;

/** A JSON value of a shadow or of a request (RFC 8259); immutable. */
public sealed interface JsonValue {
    /** Whether both are the same JSON value; numbers by value, so that 10, 10.0 and 1e1 are the same. */
    default boolean isSameAs(JsonValue other) {
        return equals(other);
    }

    /** {@code null}; in a patch it removes what it stands for. */
    enum Null implements JsonValue {
        NULL
    }

    record Bool(boolean value) implements JsonValue {}

    record Text(String value) implements JsonValue {}

    /**
     * A number as its sender wrote it, so that it comes back digit by digit.
     *
     * @param literal by the grammar of JSON
     */
    record Numeral(String literal) implements JsonValue {
        /** Whether no 64-bit float is near to it: it overflows, or becomes zero without being it. A shadow has none such. */
        boolean isUnrepresentable() {
            double value = Double.parseDouble(literal);
            return Double.isInfinite(value) || (value == 0 && !isZero());
        }

        private boolean isZero() {
            for (int i = 0; i < literal.length(); i++) {
                char c = literal.charAt(i);
                if (c == 'e' || c == 'E') {
                    return true;
                }
                if (c >= '1' && c <= '9') {
                    return false;
                }
            }
            return true;
        }

        @Override
        public boolean isSameAs(JsonValue other) {
            if (!(other instanceof Numeral that)) {
                return false;
            }
            if (literal.equals(that.literal)) {
                return true;
            }
            double value = Double.parseDouble(literal);
            if (value != Double.parseDouble(that.literal)) {
                return false;
            }
            // Also integers beyond 2^53 are told apart. Zero first, as its exponent may be beyond BigDecimal.
            return value == 0 || new BigDecimal(literal).compareTo(new BigDecimal(that.literal)) == 0;
        }
    }

    /** An array; a shadow replaces it whole. */
    record Array(List<JsonValue> elements) implements JsonValue {
        public Array {
            elements = List.copyOf(elements);
        }

        @Override
        public boolean isSameAs(JsonValue other) {
            if (!(other instanceof Array that) || elements.size() != that.elements.size()) {
                return false;
            }
            for (int i = 0; i < elements.size(); i++) {
                if (!elements.get(i).isSameAs(that.elements.get(i))) {
                    return false;
                }
            }
            return true;
        }
    }

    /**
     * An object.
     *
     * @param fields by name; whoever hands in the map leaves it as it is
     */
    record Fields(SortedMap<String, JsonValue> fields) implements JsonValue {
        @Override
        public boolean isSameAs(JsonValue other) {
            if (!(other instanceof Fields that) || !fields.keySet().equals(that.fields.keySet())) {
                return false;
            }
            return fields.entrySet().stream()
                    .allMatch(field -> field.getValue().isSameAs(that.fields.getOrDefault(field.getKey(), Null.NULL)));
        }
    }
}
