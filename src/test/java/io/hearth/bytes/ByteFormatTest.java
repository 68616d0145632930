package io.hearth.bytes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The bytes of numbers and texts, on which every stored format rests. */
class ByteFormatTest {
    private static final long[] EDGES = {
        0, 1, -1, 63, 64, -64, -65, 127, 128, 16_383, 16_384, Long.MAX_VALUE, Long.MIN_VALUE
    };

    @Test
    void write_eachKind_isPinned() {
        ByteWriter out = new ByteWriter(0);
        out.writeByte(0xFE);
        out.writeShort(0x0102);
        out.writeInt(0x0304_0506);
        out.writeLong(0x0708_090A_0B0C_0D0EL);
        out.writeShortLE(0x0102);
        out.writeIntLE(0x0304_0506);
        out.writeLongLE(0x0708_090A_0B0C_0D0EL);
        out.writeVarint(300);
        out.writeVarint(-1);
        out.writeSignedVarint(-65);
        out.writeText("°C");
        out.writeText("x".repeat(128).substring(126));
        out.writeBytes(new byte[] {9, 8, 7}, 1, 2);

        assertThat(HexFormat.of().formatHex(out.toByteArray()))
                .isEqualTo("fe" + "0102" + "03040506" + "0708090a0b0c0d0e"
                        + "0201" + "06050403" + "0e0d0c0b0a090807"
                        + "ac02" + "ffffffffffffffffff01" + "8101" + "03c2b043" + "027878" + "0807");
    }

    @Test
    void read_whatWasWritten_isTheSame() {
        ByteWriter out = new ByteWriter(1);
        for (long edge : EDGES) {
            out.writeByte((int) edge);
            out.writeShort((int) edge);
            out.writeInt((int) edge);
            out.writeLong(edge);
            out.writeIntLE((int) edge);
            out.writeLongLE(edge);
            out.writeSignedVarint(edge);
            int before = out.length();
            out.writeVarint(edge);
            assertThat(Varint.length(edge)).isEqualTo(out.length() - before);
        }
        String text = "a text that is not short ".repeat(10) + "é";
        out.writeText(text);

        ByteReader in = new ByteReader(out.toByteArray());
        for (long edge : EDGES) {
            assertThat(in.readByte()).isEqualTo((int) edge & 0xFF);
            assertThat(in.readShort()).isEqualTo((int) edge & 0xFFFF);
            assertThat(in.readInt()).isEqualTo((int) edge);
            assertThat(in.readLong()).isEqualTo(edge);
            assertThat(in.readIntLE()).isEqualTo((int) edge);
            assertThat(in.readLongLE()).isEqualTo(edge);
            assertThat(in.readSignedVarint()).isEqualTo(edge);
            assertThat(in.readVarint()).isEqualTo(edge);
        }
        assertThat(in.readText()).isEqualTo(text);
        in.expectEnd();
    }

    @Test
    void read_beyondItsPart_throwsAndReadsNothingOfWhatFollows() {
        byte[] bytes = {1, 2, 3, 4, 5, 6, 7, 8, 9};

        assertThatThrownBy(() -> new ByteReader(bytes, 0, 3).readInt()).isInstanceOf(CorruptItemException.class);
        assertThatThrownBy(() -> new ByteReader(bytes, 0, 3).readIntLE()).isInstanceOf(CorruptItemException.class);
        assertThatThrownBy(() -> new ByteReader(bytes, 2, 9).readLongLE()).isInstanceOf(CorruptItemException.class);
        assertThatThrownBy(() -> new ByteReader(bytes, 0, 3).take(-1)).isInstanceOf(CorruptItemException.class);
        assertThatThrownBy(() -> new ByteReader(bytes, 8, 9).readCount(8)).isInstanceOf(CorruptItemException.class);
        assertThatThrownBy(() -> new ByteReader(bytes, 0, 3, IllegalStateException::new).expectEnd())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("3 bytes too many");
    }

    @Test
    void readVarint_elevenBytes_throws() {
        byte[] endless = HexFormat.of().parseHex("ff".repeat(11));

        assertThatThrownBy(() -> new ByteReader(endless).readVarint()).isInstanceOf(CorruptItemException.class);
    }

    @ParameterizedTest
    @CsvSource({"21.5, 1, 215", "-0.001, 3, -1", "1e6, 0, 1000000", "0.1, 1, 1", "123456.789012, 6, 123456789012"})
    void scaledDecimal_ofADecimal_comesBack(double number, int digits, long scaled) {
        assertThat(ScaledDecimal.scale(number, digits)).isEqualTo(scaled);
        assertThat(ScaledDecimal.isExact(number, scaled, digits)).isTrue();
        assertThat(ScaledDecimal.unscale(scaled, digits)).isEqualTo(number);
    }

    @Test
    void scaledDecimal_whatIsAccepted_comesBackBitByBit() {
        Random random = new Random(11);
        for (int i = 0; i < 20_000; i++) {
            int digits = random.nextInt(ScaledDecimal.MAX_DIGITS + 1);
            double number = i % 2 == 0
                    ? Double.longBitsToDouble(random.nextLong())
                    : random.nextInt() / ScaledDecimal.power(random.nextInt(7));
            long scaled = ScaledDecimal.scale(number, digits);
            if (ScaledDecimal.isExact(number, scaled, digits)) {
                assertThat(Double.doubleToRawLongBits(ScaledDecimal.unscale(scaled, digits)))
                        .isEqualTo(Double.doubleToRawLongBits(number));
            }
        }
        assertThat(ScaledDecimal.isExact(-0.0, ScaledDecimal.scale(-0.0, 0), 0)).isFalse();
        assertThat(ScaledDecimal.isExact(Double.NaN, ScaledDecimal.scale(Double.NaN, 0), 0))
                .isFalse();
    }
}
