package io.hearth.table.dynamodb;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Base64;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What items take, and what writes of them to an index cost, for the types of attributes that the engine uses.
 *
 * @see <a href="https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html">item sizes</a>
 * @see <a href="https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html">throughput considerations for global
 *     secondary indexes</a>
 */
final class ItemSize {
    private static final int WRITE_UNIT_BYTES = 1024;

    private ItemSize() {}

    static int bytes(@Nullable ObjectNode item) {
        int size = 0;
        if (item != null) {
            for (Map.Entry<String, JsonNode> attribute : item.properties()) {
                size += attribute.getKey().getBytes(UTF_8).length + bytes(attribute.getValue());
            }
        }
        return size;
    }

    private static int bytes(JsonNode value) {
        if (value.has("S")) {
            return value.get("S").asText().getBytes(UTF_8).length;
        }
        if (value.has("B")) {
            return Base64.getDecoder().decode(value.get("B").asText()).length;
        }
        return value.has("N") ? (value.get("N").asText().length() + 1) / 2 + 1 : 1;
    }

    /**
     * The write units that an index with all attributes takes: none if its entry stays as it is, those of the larger one if it
     * changes in place, and those of both if it moves.
     *
     * @param before the item as it was, if the index has it
     * @param after the item as it is, if the index has it
     */
    static int indexUnits(@Nullable ObjectNode before, @Nullable ObjectNode after, boolean moves) {
        if (before == null || after == null || moves) {
            return units(before) + units(after);
        }
        return before.equals(after) ? 0 : Math.max(units(before), units(after));
    }

    private static int units(@Nullable ObjectNode item) {
        return (bytes(item) + WRITE_UNIT_BYTES - 1) / WRITE_UNIT_BYTES;
    }
}
