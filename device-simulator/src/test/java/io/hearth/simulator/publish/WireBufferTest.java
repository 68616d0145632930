package io.hearth.simulator.publish;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WireBufferTest {

    private static String text(WireBuffer buffer) {
        return new String(buffer.toByteArray(), StandardCharsets.US_ASCII);
    }

    @ParameterizedTest
    @ValueSource(
            longs = {
                0,
                1,
                9,
                10,
                99,
                100,
                -1,
                -10,
                999_999_999_999_999_999L,
                1_000_000_000_000_000_000L,
                Long.MAX_VALUE,
                -Long.MAX_VALUE
            })
    void decimal_edges_areWrittenAsJavaWritesThem(long value) {
        WireBuffer buffer = new WireBuffer(1);
        buffer.decimal(value);
        assertEquals(Long.toString(value), text(buffer));
    }

    @Test
    void decimalAndTenths_anyNumber_areExact() {
        Random random = new Random(1);
        for (int i = 0; i < 20_000; i++) {
            long value = random.nextLong() >> random.nextInt(64);
            if (value == Long.MIN_VALUE) {
                continue;
            }
            WireBuffer buffer = new WireBuffer(8);
            buffer.decimal(value);
            buffer.octet(' ');
            buffer.tenths(value);
            BigDecimal tenths = BigDecimal.valueOf(value, 1);
            assertEquals(value + " " + tenths.toPlainString(), text(buffer));
        }
    }

    @Test
    void varint_edges_areMqtts() {
        WireBuffer buffer = new WireBuffer(1);
        buffer.varint(127);
        buffer.varint(128);
        buffer.varint(16_383);
        buffer.varint(16_384);
        assertEquals("7f" + "8001" + "ff7f" + "808001", HexFormat.of().formatHex(buffer.toByteArray()));
    }
}
