package io.hearth.bytes;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class FormatTest {
    @Test
    void require_aFormatThatThisBuildDoesNotKnow_namesBoth() {
        Format.require(1, 1, "a run");
        Format.require(1, 1, 2, "a rollup");
        Format.require(2, 1, 2, "a rollup");

        assertThatThrownBy(() -> Format.require(2, 1, "a run"))
                .isInstanceOf(UnsupportedFormatException.class)
                .hasMessage("a run has format version 2, this build knows 1");
        assertThatThrownBy(() -> Format.require(0, 1, 2, "a rollup"))
                .isInstanceOf(UnsupportedFormatException.class)
                .hasMessage("a rollup has format version 0, this build knows 2");
    }
}
