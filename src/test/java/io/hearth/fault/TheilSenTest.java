package io.hearth.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class TheilSenTest {
    @Test
    void slope_someFarOff_isThatOfTheOthers() {
        assertThat(TheilSen.slope(new double[] {0, 1, 2, 3, 4, 5, 6}, new double[] {1, 3, 5, 700, 9, 11, 13}))
                .isCloseTo(2, within(1e-9));
        assertThat(TheilSen.slope(new double[] {0, 1, 2, 4}, new double[] {5, 5, 5, 5}))
                .isZero();
    }
}
