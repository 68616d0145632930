package io.hearth.shadow.document;

import static org.assertj.core.api.Assertions.assertThat;
import static org.quicktheories.QuickTheory.qt;
import static org.quicktheories.generators.SourceDSL.longs;

import io.hearth.model.HybridTime;
import io.hearth.model.RegionId;
import io.hearth.model.WriteStamp;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.quicktheories.core.Gen;

class RegionMergePropertyTest {
    private static final Gen<Long> SEEDS = longs().between(0, Long.MAX_VALUE);
    private static final RegionId A = new RegionId("a");
    private static final RegionId B = new RegionId("b");

    @Test
    void merge_inEitherOrder_isTheSame() {
        qt().withExamples(2000).forAll(SEEDS).checkAssert(seed -> {
            List<ShadowDocument> of = new RandomShadows(seed).regions(2);

            assertThat(merged(of.get(0), of.get(1))).isEqualTo(merged(of.get(1), of.get(0)));
        });
    }

    @Test
    void merge_groupedEitherWay_isTheSame() {
        qt().withExamples(2000).forAll(SEEDS).checkAssert(seed -> {
            List<ShadowDocument> of = new RandomShadows(seed).regions(3);
            ShadowDocument left = merged(merged(of.get(0), of.get(1)), of.get(2));
            ShadowDocument right = merged(of.get(0), merged(of.get(1), of.get(2)));

            assertThat(left).isEqualTo(right);
        });
    }

    @Test
    void merge_ofWhatIsKnown_changesNothing() {
        qt().withExamples(1000).forAll(SEEDS).checkAssert(seed -> {
            List<ShadowDocument> of = new RandomShadows(seed).regions(2);
            RegionMerge once = RegionMerge.of(of.get(0), of.get(1));
            RegionMerge again = RegionMerge.of(once.document(), of.get(1));

            assertThat(again.needsStoring()).isFalse();
            assertThat(again.stateChanged()).isFalse();
            assertThat(again.lost()).isEmpty();
            assertThat(again.document()).isEqualTo(once.document());
        });
    }

    @Test
    void merge_inAnyOrderOfDelivery_converges() {
        qt().withExamples(1000).forAll(SEEDS).checkAssert(seed -> {
            List<ShadowDocument> of = new RandomShadows(seed).regions(4);
            ShadowDocument expected = of.stream().reduce(ShadowDocument.NONE, RegionMergePropertyTest::merged);
            List<ShadowDocument> deliveries = new ArrayList<>(of);
            deliveries.addAll(of);
            Collections.shuffle(deliveries, new Random(seed));

            assertThat(deliveries.stream().reduce(ShadowDocument.NONE, RegionMergePropertyTest::merged))
                    .isEqualTo(expected);
        });
    }

    @Test
    void merge_ofDifferentFields_keepsBoth() {
        ShadowDocument a = write(ShadowDocument.NONE, A, 1000, "{'desired':{'color':'red'}}");
        ShadowDocument b = write(ShadowDocument.NONE, B, 2000, "{'desired':{'level':7}}");

        RegionMerge merge = RegionMerge.of(a, b);

        assertThat(state(merge.document())).isEqualTo("{'desired':{'color':'red','level':7}}");
        assertThat(merge.lost()).isEmpty();
        assertThat(merge.stateChanged()).isTrue();
        assertThat(merge.document().version()).isEqualTo(2);
    }

    @Test
    void merge_ofOneField_laterClockWinsAndTheOtherIsReported() {
        ShadowDocument common = write(ShadowDocument.NONE, A, 1000, "{'desired':{'x':{'color':'white'}}}");
        ShadowDocument a = write(common, A, 3000, "{'desired':{'x':{'color':'red'}}}");
        ShadowDocument b = write(merged(ShadowDocument.NONE, common), B, 2000, "{'desired':{'x':{'color':'blue'}}}");

        RegionMerge atA = RegionMerge.of(a, b);
        RegionMerge atB = RegionMerge.of(b, a);

        LostWrite lost = new LostWrite(
                "/desired/x/color", new WriteStamp(HybridTime.of(2000, 0), B), new JsonValue.Text("blue"));
        assertThat(state(atA.document())).isEqualTo("{'desired':{'x':{'color':'red'}}}");
        assertThat(atA.lost()).containsExactly(lost);
        assertThat(atB.lost()).containsExactly(lost);
        assertThat(atA.stateChanged()).isFalse();
        assertThat(atA.needsStoring()).isTrue();
        assertThat(atA.document().version()).isEqualTo(a.version());
    }

    @Test
    void merge_ofOneField_tieGoesToTheGreaterRegion() {
        ShadowDocument a = write(ShadowDocument.NONE, A, 1000, "{'desired':{'color':'red'}}");
        ShadowDocument b = write(ShadowDocument.NONE, B, 1000, "{'desired':{'color':'blue'}}");

        assertThat(state(merged(a, b))).isEqualTo("{'desired':{'color':'blue'}}");
        assertThat(state(merged(b, a))).isEqualTo("{'desired':{'color':'blue'}}");
    }

    @Test
    void merge_ofAWriteThatHadSeenTheOther_isNoConflict() {
        ShadowDocument a = write(ShadowDocument.NONE, A, 1000, "{'desired':{'color':'red'}}");
        ShadowDocument b = write(merged(ShadowDocument.NONE, a), B, 2000, "{'desired':{'color':'blue'}}");

        RegionMerge merge = RegionMerge.of(a, b);

        assertThat(state(merge.document())).isEqualTo("{'desired':{'color':'blue'}}");
        assertThat(merge.lost()).isEmpty();
    }

    @Test
    void merge_ofARemoval_removesWhatTheOtherStillHas() {
        ShadowDocument a = write(ShadowDocument.NONE, A, 1000, "{'desired':{'color':'red','level':1}}");
        ShadowDocument b = write(merged(ShadowDocument.NONE, a), B, 2000, "{'desired':{'color':null}}");

        assertThat(state(merged(a, b))).isEqualTo("{'desired':{'level':1}}");
        assertThat(state(merged(b, a))).isEqualTo("{'desired':{'level':1}}");
    }

    @Test
    void merge_ofLeafAndObject_laterOneStands() {
        ShadowDocument object = write(ShadowDocument.NONE, A, 1000, "{'desired':{'x':{'old':1}}}");
        ShadowDocument leaf = write(merged(ShadowDocument.NONE, object), B, 2000, "{'desired':{'x':5}}");
        ShadowDocument later = write(object, A, 3000, "{'desired':{'x':{'new':2}}}");

        assertThat(state(merged(object, leaf))).isEqualTo("{'desired':{'x':5}}");
        // The leaf overwrote what was there before it, so that does not come back beside the later field.
        assertThat(state(merged(later, leaf))).isEqualTo("{'desired':{'x':{'new':2}}}");
        assertThat(RegionMerge.of(later, leaf).lost())
                .containsExactly(new LostWrite(
                        "/desired/x", new WriteStamp(HybridTime.of(2000, 0), B), new JsonValue.Numeral("5")));
    }

    @Test
    void merge_ofAnObjectOverALeaf_bringsNothingBackFromBeforeTheLeaf() {
        ShadowDocument first = write(ShadowDocument.NONE, A, 1000, "{'desired':{'x':{'old':1}}}");
        ShadowDocument leaf = write(ShadowDocument.NONE, B, 2000, "{'desired':{'x':5}}");
        ShadowDocument again = write(leaf, B, 3000, "{'desired':{'x':{}}}");

        assertThat(state(merged(again, first))).isEqualTo("{'desired':{'x':{}}}");
    }

    @Test
    void merge_ofADeletion_keepsOnlyWhatWasWrittenLater() {
        ShadowDocument a = write(ShadowDocument.NONE, A, 1000, "{'desired':{'color':'red'},'reported':{'level':1}}");
        ShadowDocument deleted = ShadowDecision.deletion(
                merged(ShadowDocument.NONE, a),
                new ShadowRequest(null, null, null),
                new WriteStamp(HybridTime.of(2000, 0), B));
        ShadowDocument later = write(a, A, 3000, "{'reported':{'level':2}}");

        assertThat(merged(a, deleted).exists()).isFalse();
        assertThat(state(merged(later, deleted))).isEqualTo("{'reported':{'level':2}}");
    }

    private static ShadowDocument merged(ShadowDocument one, ShadowDocument other) {
        ShadowDocument merged = RegionMerge.of(one, other).document();
        // Versions are each region's own.
        return new ShadowDocument(1, merged.seen(), merged.root());
    }

    private static ShadowDocument write(ShadowDocument document, RegionId region, long millis, String state) {
        byte[] body = ("{'state':" + state + "}").replace('\'', '"').getBytes(StandardCharsets.UTF_8);
        ShadowRequest request = ShadowRequest.update(body, Limits.DEFAULT);
        WriteStamp stamp = new WriteStamp(HybridTime.of(millis, 0), region);
        return ShadowDecision.update(document, request, stamp, Limits.DEFAULT).current();
    }

    private static String state(ShadowDocument document) {
        String json = new String(ShadowJson.whole(document, 1, null), StandardCharsets.UTF_8).replace('"', '\'');
        String state = json.substring("{'state':".length(), json.indexOf(",'metadata'"));
        int delta = state.indexOf(",'delta'");
        return delta < 0 ? state : state.substring(0, delta) + "}";
    }
}
