package io.hearth.shadow;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.model.DeviceId;
import io.hearth.model.HybridTime;
import io.hearth.model.RegionId;
import io.hearth.model.WriteStamp;
import io.hearth.shadow.document.Limits;
import io.hearth.shadow.document.RegionMerge;
import io.hearth.shadow.document.ShadowDecision;
import io.hearth.shadow.document.ShadowDocument;
import io.hearth.shadow.document.ShadowId;
import io.hearth.shadow.document.ShadowRequest;
import io.hearth.table.FakeClock;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class ShadowMergeTest {
    private static final Duration KEPT = Duration.ofDays(2);
    private static final RegionId HERE = new RegionId("here");
    private static final RegionId THERE = new RegionId("there");
    private static final long BEGUN_MILLIS = new FakeClock().millis();
    private static final HybridTime EVER = new HybridTime(0);
    private static final StoredShadow NOTHING = StoredShadow.none(ShadowId.classic(new DeviceId("lamp")));

    private final FakeClock clock = new FakeClock();
    private final TombstoneRetention retention = new TombstoneRetention(clock, KEPT);

    @Test
    void of_whatIsKnown_needsNoStoring() {
        ShadowDocument document = written(ShadowDocument.NONE, HERE, 0, "'desired':{'a':1}");

        assertThat(merge(stored(document), document).needsStoring()).isFalse();
    }

    @Test
    void of_aDeletionOfWhatIsNotHere_isStored_onlyWhileItIsRemembered() {
        ShadowDocument deleted = ShadowDocument.deletedAt(stamp(THERE, 0));

        assertThat(merge(NOTHING, deleted).needsStoring()).isTrue();
        clock.advance(KEPT.plusSeconds(1));
        assertThat(merge(NOTHING, deleted).needsStoring()).isFalse();
    }

    @Test
    void nextUnseen_ofARemovalThatIsNewsToNoClient_keepsTheLastChange() {
        ShadowDocument local = written(ShadowDocument.NONE, HERE, 0, "'desired':{'a':1}");
        ShadowDocument remote = written(ShadowDocument.NONE, THERE, 1, "'desired':{'b':null}");
        StoredShadow stored = stored(written(local, HERE, 2, "'desired':{'a':1}"));

        ShadowMerge merge = merge(stored, remote);

        assertThat(merge.needsStoring()).isTrue();
        assertThat(merge.isUnseen()).isTrue();
        assertThat(merge.nextUnseen().lastChange()).isEqualTo(stored.lastChange());
        assertThat(merge.nextUnseen().document()).isEqualTo(merge.merge().document());
    }

    @Test
    void next_ofNews_tellsWhoBroughtWhichFields_afterTheLastChange() {
        StoredShadow stored = stored(written(ShadowDocument.NONE, HERE, 5, "'desired':{'a':1}"));
        ShadowDocument remote = written(ShadowDocument.NONE, THERE, 9, "'desired':{'b':2}");

        ShadowMerge merge = merge(stored, remote);
        ShadowChange change = changeOf(merge.next("region:there", EVER, EVER));

        assertThat(merge.isUnseen()).isFalse();
        assertThat(change.kind()).isEqualTo(ShadowChange.Kind.MERGED);
        assertThat(change.by()).isEqualTo("region:there");
        assertThat(change.fields()).containsExactly("/desired/b");
        assertThat(change.version()).isEqualTo(stored.document().version() + 1);
        assertThat(change.time()).isGreaterThan(changeOf(stored).time());
    }

    @Test
    void next_ofAWriteThatLost_keepsItForTheHistory_unlessItIsFromBeforeTheBeginning() {
        StoredShadow stored = stored(written(ShadowDocument.NONE, HERE, 5, "'desired':{'a':1}"));
        ShadowDocument remote = written(ShadowDocument.NONE, THERE, 9, "'desired':{'a':2}");
        ShadowMerge merge = merge(stored, remote);

        assertThat(merge.mayTellOfErased()).isTrue();
        assertThat(changeOf(merge.next("region:there", EVER, EVER)).lost())
                .extracting(lost -> lost.stamp())
                .containsExactly(stamp(HERE, 5));
        assertThat(changeOf(merge.next("region:there", EVER, stamp(HERE, 6).time()))
                        .lost())
                .isEmpty();
    }

    @Test
    void next_ofManyLargeWritesThatLost_keepsAsManyAsTheBoundHasRoomFor() {
        Limits large = new Limits(Limits.MOST_STATE_BYTES, 6);
        String text = "x".repeat(10_000);
        ShadowDocument local = ShadowDocument.NONE;
        for (int i = 0; i < 8; i++) {
            String field = "'desired':{'f%d':'%s'}".formatted(i, text);
            ShadowDocument one = written(ShadowDocument.NONE, new RegionId("r" + i), 5, field, large);
            local = RegionMerge.of(local, one).document();
        }
        String all = "'desired':{'f0':0,'f1':0,'f2':0,'f3':0,'f4':0,'f5':0,'f6':0,'f7':0}";
        ShadowMerge merge = merge(stored(local), written(ShadowDocument.NONE, THERE, 9, all));

        assertThat(merge.merge().lost()).hasSize(8);
        assertThat(changeOf(merge.next("region:there", EVER, EVER)).lost())
                .hasSize(ShadowMerge.MAX_LOST_BYTES / text.length())
                .isEqualTo(merge.merge().lost().subList(0, 6));
    }

    @Test
    void next_afterAnErasure_namesNoFieldsOfWhatIsGone() {
        ShadowDocument local = written(ShadowDocument.NONE, HERE, 0, "'desired':{'secret':1}");
        StoredShadow stored = stored(local);
        ShadowDocument erased = ShadowDocument.deletedAt(stamp(THERE, 9));

        assertThat(changeOf(merge(stored, erased)
                                .next("region:there", EVER, stamp(THERE, 9).time()))
                        .fields())
                .isEmpty();
    }

    private ShadowMerge merge(StoredShadow stored, ShadowDocument remote) {
        return ShadowMerge.of(stored, remote, retention);
    }

    private static StoredShadow stored(ShadowDocument document) {
        HybridTime time = Objects.requireNonNull(document.lastWrite()).time();
        return NOTHING.next(
                document,
                new ShadowChange(
                        1, ShadowChange.Kind.UPDATED, time, document.version(), "rest:admin", List.of(), 0, List.of()));
    }

    private static ShadowChange changeOf(StoredShadow shadow) {
        return Objects.requireNonNull(shadow.lastChange());
    }

    private static WriteStamp stamp(RegionId region, int counter) {
        return new WriteStamp(HybridTime.of(BEGUN_MILLIS, counter), region);
    }

    private static ShadowDocument written(ShadowDocument document, RegionId region, int counter, String state) {
        return written(document, region, counter, state, Limits.DEFAULT);
    }

    private static ShadowDocument written(
            ShadowDocument document, RegionId region, int counter, String state, Limits limits) {
        byte[] body = ("{'state':{" + state + "}}").replace('\'', '"').getBytes(StandardCharsets.UTF_8);
        return ShadowDecision.update(document, ShadowRequest.update(body, limits), stamp(region, counter), limits)
                .current();
    }
}
