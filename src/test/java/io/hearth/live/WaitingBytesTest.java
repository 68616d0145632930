package io.hearth.live;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WaitingBytesTest {
    private static final long SLOW = 50;

    private final WaitingBytes waiting = new WaitingBytes(100, SLOW);

    @Test
    void hasRoom_belowTheMost_only() {
        waiting.set(99);
        assertThat(waiting.hasRoom()).isTrue();
        waiting.add(1);
        assertThat(waiting.hasRoom()).isFalse();
        waiting.add(-51);
        assertThat(waiting.bytes()).isEqualTo(49);
        assertThat(waiting.isHalfFree()).isTrue();
        waiting.add(1);
        assertThat(waiting.isHalfFree()).isFalse();
    }

    @Test
    void isFullForLong_withoutRoomAllTheTime_onceThatIsLong() {
        waiting.set(100);
        assertThat(waiting.isFullForLong(1_000)).isFalse();
        assertThat(waiting.isFullForLong(1_000 + SLOW - 1)).isFalse();
        assertThat(waiting.isFullForLong(1_000 + SLOW)).isTrue();
    }

    @Test
    void isFullForLong_aLittleRoomMeanwhile_countsOn_andHalfOfItBeginsAnew() {
        waiting.set(100);
        waiting.isFullForLong(1_000);
        waiting.set(60);
        assertThat(waiting.isFullForLong(1_020))
                .as("there is room for the moment")
                .isFalse();
        waiting.set(100);
        assertThat(waiting.isFullForLong(1_000 + SLOW)).isTrue();

        waiting.set(49);
        assertThat(waiting.isFullForLong(2_000)).isFalse();
        waiting.set(100);
        assertThat(waiting.isFullForLong(2_001)).isFalse();
        assertThat(waiting.isFullForLong(2_001 + SLOW)).isTrue();
    }
}
