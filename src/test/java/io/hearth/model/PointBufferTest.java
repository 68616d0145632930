package io.hearth.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PointBufferTest {
    private final PointBuffer points = new PointBuffer();

    /** {@code -DPointBufferTest.seed=} repeats a run. */
    @Test
    void repeatedMetric_anyReadings_isThatOfASet() {
        long seed = Long.getLong(PointBufferTest.class.getSimpleName() + ".seed", new Random().nextLong());
        Random random = new Random(seed);
        for (int round = 0; round < 3_000; round++) {
            int size = random.nextInt(4) == 0 ? random.nextInt(1100) : random.nextInt(12);
            Set<String> seen = new HashSet<>();
            List<String> repeated = new ArrayList<>();
            points.beginReading();
            for (int i = 0; i < size; i++) {
                // Few characters, so that many have one hash.
                String metric = "Aa".repeat(random.nextInt(3))
                        + "BB".repeat(random.nextInt(3))
                        + (random.nextInt(20) == 0 ? "" : i);
                points.addNumber(metric, i);
                if (!seen.add(metric)) {
                    repeated.add(metric);
                }
            }

            String answer = points.repeatedMetric();

            assertThat(answer)
                    .as("seed %d, round %d", seed, round)
                    .isEqualTo(repeated.isEmpty() ? null : repeated.get(0));
            if (random.nextBoolean()) {
                points.endReading(round);
            }
        }
    }

    @Test
    void fits_byBytesOfNamesAndTexts_goesByUtf8() {
        String text = "aü€😀";
        points.beginReading();
        for (int i = 0; i < 101; i++) {
            points.addText("m" + i, text.repeat(100));
        }
        points.endReading(1);

        assertThat(PointBuffer.sizeOf("ü", text))
                .isEqualTo("ü".getBytes(StandardCharsets.UTF_8).length
                        + text.getBytes(StandardCharsets.UTF_8).length
                        + 12);
        assertThat(points.fits(0)).isTrue();
        points.beginReading();
        for (int i = 0; i < 101; i++) {
            points.addText("m" + i, text.repeat(120));
        }
        points.endReading(1);
        assertThat(points.fits(1)).isFalse();
    }
}
