package io.hearth.rest.format;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.quicktheories.QuickTheory.qt;
import static org.quicktheories.generators.SourceDSL.longs;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IntegerTextTest {
    @ParameterizedTest
    @ValueSource(
            longs = {
                0,
                -1,
                9,
                10,
                999_999_999,
                1_000_000_000,
                Integer.MAX_VALUE,
                Integer.MAX_VALUE + 1L,
                1_000_000_000_000_000_000L,
                Long.MAX_VALUE,
                Long.MIN_VALUE
            })
    void write_numberWhereTheFormChanges_isItsDecimalForm(long integer) {
        assertThat(written(integer)).isEqualTo(Long.toString(integer));
    }

    @Test
    void write_anyLong_isItsDecimalForm() {
        qt().forAll(longs().all()).check(integer -> written(integer).equals(Long.toString(integer)));
    }

    @ParameterizedTest
    @CsvSource({"7, 3, 007", "0, 1, 0", "123456789, 9, 123456789", "12345, 2, 45"})
    void writeDigits_fewerOrMoreThanTheNumberHas_areTheLastOnes(int integer, int digits, String expected) {
        byte[] target = new byte[32];
        assertThat(new String(target, 2, IntegerText.writeDigits(integer, digits, target, 2) - 2, US_ASCII))
                .isEqualTo(expected);
    }

    private static String written(long integer) {
        byte[] target = new byte[32];
        return new String(target, 0, IntegerText.write(integer, target, 0), US_ASCII);
    }
}
