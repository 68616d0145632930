package io.hearth.series.chunk;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.bytes.ByteWriter;
import io.hearth.model.Column;
import io.hearth.model.ReadingBlock;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Sizes are exact and repeatable, so a change that costs space fails here. */
class ChunkSizeTest {
    private static final int READINGS = SmartHomeWorkload.READINGS_PER_DAY;

    @Test
    void encode_daysOfSmartHome_takesLittleMoreThanTheirEntropy() {
        long bytes = 0;
        int devices = 0;
        for (int device = 3; device < 1000; device += 20) {
            bytes += Blocks.encode(SmartHomeWorkload.readings(device, READINGS)).length;
            devices++;
        }

        assertThat(bytes / (3.0 * READINGS * devices)).isLessThan(0.152);
    }

    @Test
    void encode_regularTimes_takesAHandfulOfBytes() {
        ReadingBlock block = SmartHomeWorkload.readings(3, READINGS);
        ReadingBlock timesOnly = new ReadingBlock(READINGS, block.timesMicros(), List.of());

        assertThat(Blocks.encode(timesOnly)).hasSizeLessThan(80);
    }

    @Test
    void encode_metricOfEverySixthReading_costsAFewBytesForItsAbsence() {
        byte[] kinds = new byte[READINGS];
        for (int i = 0; i < READINGS; i += 6) {
            kinds[i] = Column.NUMBER;
        }
        ByteWriter out = new ByteWriter(1024);

        KindCoder.encode(kinds, out);

        assertThat(out.length()).isLessThan(20);
    }

    @Test
    void encode_widenedFloats_takesAboutWhatTheirDecimalsTake() {
        double[] numbers = new double[READINGS];
        double[] widened = new double[READINGS];
        Random random = new Random(1);
        int tenths = 210;
        for (int i = 0; i < READINGS; i++) {
            tenths += random.nextInt(3) - 1;
            numbers[i] = tenths / 10.0;
            widened[i] = (float) numbers[i];
        }

        assertThat(bytes(widened)).isLessThan(bytes(numbers) + 600);
    }

    @Test
    void encode_fewExceptionsAmongDecimals_keepsThemDecimals() {
        double[] numbers = new double[READINGS];
        Random random = new Random(1);
        int tenths = 210;
        for (int i = 0; i < READINGS; i++) {
            tenths += random.nextInt(3) - 1;
            numbers[i] = i % 1000 == 17 ? -0.0 : tenths / 10.0;
        }

        assertThat(bytes(numbers)).isLessThan(2000);
    }

    private static int bytes(double[] numbers) {
        ByteWriter out = new ByteWriter(1024);
        NumberEncoder.encode(numbers, Decimals.candidates(numbers), out);
        return out.length();
    }
}
