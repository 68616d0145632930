package io.hearth.series.write;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class UnsettledAppendsTest {
    private final UnsettledAppends unsettled = new UnsettledAppends();

    @Test
    void settled_waitsForThoseThatHaveBegun_andNotForLaterOnes() {
        UnsettledAppends.Append one = unsettled.begin(1);
        UnsettledAppends.Append other = unsettled.begin(2);
        CompletableFuture<Void> settled = unsettled.settled().subscribeAsCompletionStage();
        UnsettledAppends.Append later = unsettled.begin(3);

        unsettled.end(one);
        assertThat(settled).isNotDone();
        unsettled.end(other);
        assertThat(settled).isCompleted();

        assertThat(unsettled.settled().subscribeAsCompletionStage()).isNotDone();
        unsettled.end(later);
        assertThat(unsettled.settled().subscribeAsCompletionStage()).isCompleted();
    }

    @Test
    void earliest_isOfThoseThatAreUnsettled() {
        UnsettledAppends.Append one = unsettled.begin(10);
        unsettled.begin(20);

        assertThat(unsettled.earliest(15)).isEqualTo(10);
        assertThat(unsettled.earliest(5)).isEqualTo(5);
        unsettled.end(one);
        assertThat(unsettled.earliest(30)).isEqualTo(20);
    }
}
