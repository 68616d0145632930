package io.hearth.shadow.document;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.model.HybridTime;
import io.hearth.model.RegionId;
import io.hearth.model.WriteStamp;
import java.nio.charset.StandardCharsets;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class TombstoneBoundTest {
    private static final RegionId REGION = new RegionId("a");

    @Test
    void apply_toADocumentThatFits_changesNothing() {
        ShadowDocument document = removed(0, ShadowDocument.NONE);

        assertThat(TombstoneBound.apply(document)).isSameAs(document);
    }

    @Test
    void apply_toADocumentThatIsTooLarge_leavesOutAsFewOfTheOldestTombstonesAsItTakes() {
        ShadowDocument tooLarge = ShadowDocument.NONE;
        for (int round = 0; round < 12; round++) {
            tooLarge = removed(round, tooLarge);
        }
        NavigableSet<WriteStamp> all = tombstones(tooLarge);

        ShadowDocument bounded = TombstoneBound.apply(tooLarge);

        NavigableSet<WriteStamp> left = tombstones(bounded);
        assertThat(size(bounded)).isLessThanOrEqualTo(TombstoneBound.MAX_STORED_BYTES);
        assertThat(left).isNotEmpty().isEqualTo(all.tailSet(left.first(), true));
        WriteStamp lastLeftOut = Objects.requireNonNull(all.lower(left.first()));
        ShadowDocument withOneMore = new ShadowDocument(
                tooLarge.version(),
                tooLarge.seen(),
                tooLarge.root().without(tombstone -> tombstone.compareTo(lastLeftOut) < 0));
        assertThat(size(withOneMore)).isGreaterThan(TombstoneBound.MAX_STORED_BYTES);
    }

    private static int size(ShadowDocument document) {
        return DocumentFormat.encode(document).length;
    }

    private static NavigableSet<WriteStamp> tombstones(ShadowDocument document) {
        NavigableSet<WriteStamp> stamps = new TreeSet<>();
        document.root().collectTombstones(stamps);
        return stamps;
    }

    /** The document after an update that removes 1,500 fields of its own. */
    private static ShadowDocument removed(int round, ShadowDocument document) {
        StringBuilder fields = new StringBuilder();
        for (int i = 0; i < 1500; i++) {
            fields.append("\"some-field-").append(round).append('-').append(i).append("\":null,");
        }
        byte[] body =
                ("{\"state\":{\"reported\":{" + fields + "\"kept\":" + round + "}}}").getBytes(StandardCharsets.UTF_8);
        return ShadowDecision.update(
                        document,
                        ShadowRequest.update(body, Limits.DEFAULT),
                        new WriteStamp(HybridTime.of(1_790_000_000_000L + round, 0), REGION),
                        Limits.DEFAULT)
                .current();
    }
}
