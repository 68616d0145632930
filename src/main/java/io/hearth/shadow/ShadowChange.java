package io.hearth.shadow;

import io.hearth.model.HybridTime;
import io.hearth.shadow.document.LostWrite;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * What one write did to a shadow, for its history.
 *
 * @param id tells it apart from every other change of the shadow; random
 * @param time when it was written here; those of one shadow have an order
 * @param version of the shadow afterwards
 * @param by who asked for it, such as {@code mqtt:thermostat-1}, {@code rest:admin} or {@code region:b}
 * @param fields which fields it wrote (JSON Pointers, RFC 6901), as far as they are listed
 * @param moreFields how many more it wrote
 * @param lost writes that lost against a later one of another region, of either side
 */
public record ShadowChange(
        long id,
        Kind kind,
        HybridTime time,
        long version,
        String by,
        List<String> fields,
        int moreFields,
        List<LostWrite> lost) {
    /** What a change was. */
    public enum Kind {
        UPDATED(1),
        DELETED(2),
        /** A write of another region came in. */
        MERGED(3),
        /** The device was erased. */
        ERASED(4);

        private final int code;

        Kind(int code) {
            this.code = code;
        }

        int code() {
            return code;
        }
    }

    /** Names of who asked are cut off here. */
    static final int MAX_BY_CHARS = 256;

    public ShadowChange {
        fields = List.copyOf(fields);
        lost = List.copyOf(lost);
        by = by.length() <= MAX_BY_CHARS ? by : by.substring(0, MAX_BY_CHARS);
    }

    static long newId() {
        return ThreadLocalRandom.current().nextLong();
    }

    /** This change as another one, of the same time. */
    ShadowChange withNewId() {
        return new ShadowChange(newId(), kind, time, version, by, fields, moreFields, lost);
    }

    /** This change without the writes that lost and were made before a time. */
    ShadowChange withoutLostBefore(HybridTime before) {
        List<LostWrite> left = lost.stream()
                .filter(write -> write.stamp().time().compareTo(before) >= 0)
                .toList();
        return new ShadowChange(id, kind, time, version, by, fields, moreFields, left);
    }
}
