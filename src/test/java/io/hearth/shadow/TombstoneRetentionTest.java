package io.hearth.shadow;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.model.HybridTime;
import io.hearth.model.RegionId;
import io.hearth.model.WriteStamp;
import io.hearth.shadow.document.ShadowDocument;
import io.hearth.table.FakeClock;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class TombstoneRetentionTest {
    private static final Duration KEPT = Duration.ofDays(2);
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final FakeClock clock = new FakeClock();
    private final TombstoneRetention retention = new TombstoneRetention(clock, KEPT);
    private final ShadowDocument deleted =
            ShadowDocument.deletedAt(new WriteStamp(HybridTime.of(clock.millis(), 0), new RegionId("a")));
    private final long forgottenFromSeconds = clock.seconds() + KEPT.toSeconds();

    @Test
    void rememberedUntil_dependsOnTheDeletionAlone_whileItsTimeLasts() {
        clock.advance(KEPT.minus(SECOND));

        assertThat(retention.isForgotten(deleted)).isFalse();
        assertThat(retention.rememberedUntil(deleted)).isEqualTo(forgottenFromSeconds);
    }

    @Test
    void rememberedUntil_ofADeletionThatIsForgotten_isAsLongFromNowOn() {
        clock.advance(KEPT);

        assertThat(retention.isForgotten(deleted)).isTrue();
        assertThat(retention.rememberedUntil(deleted)).isEqualTo(clock.seconds() + KEPT.toSeconds());
    }

    @Test
    void pruned_leavesOutATombstone_onlyWhenItsTimeIsOver() {
        clock.advance(KEPT);
        assertThat(retention.pruned(deleted)).isEqualTo(deleted);

        clock.advance(Duration.ofMillis(1));
        assertThat(retention.pruned(deleted).root()).isEqualTo(ShadowDocument.NONE.root());
    }
}
