package io.hearth.series.chunk;

import io.hearth.model.Column;
import io.hearth.model.ReadingBlock;
import java.util.List;

/**
 * The data that sizes and speeds are measured with: 1,000 devices that send temperature, humidity and battery every 10
 * seconds from 2026-01-01T00:00Z on, 10 ms after one another, as seeded random walks of tenths. The same numbers as those
 * that the peers were loaded with.
 */
final class SmartHomeWorkload {
    static final int READINGS_PER_DAY = 8640;

    private static final long FIRST_MICROS = 1_767_225_600_000_000L;
    private static final long PERIOD_MICROS = 10_000_000L;
    private static final long PHASE_MICROS = 10_000L;
    private static final long SEED = 20_260_101L * 1_000_003L;

    private SmartHomeWorkload() {}

    /** The first {@code readings} of a device, 0 to 999. */
    static ReadingBlock readings(int device, int readings) {
        long start = splitMix(SEED + device);
        long state = start | 1;
        long temperature = 180 + (start >>> 8) % 60;
        long humidity = 350 + (start >>> 20) % 250;
        long battery = 800 + (start >>> 36) % 200;
        long[] times = new long[readings];
        double[] temperatures = new double[readings];
        double[] humidities = new double[readings];
        double[] batteries = new double[readings];
        for (int i = 0; i < readings; i++) {
            state ^= state << 13;
            state ^= state >>> 7;
            state ^= state << 17;
            long random = state >>> 8;
            temperature = Math.min(300, Math.max(150, temperature + temperatureStep((int) (random & 15))));
            humidity = Math.min(800, Math.max(200, humidity + humidityStep((int) (random >>> 8 & 15))));
            if ((random >>> 16) % 2000 == 0) {
                battery = battery == 100 ? 1000 : battery - 1;
            }
            times[i] = FIRST_MICROS + device * PHASE_MICROS + i * PERIOD_MICROS;
            temperatures[i] = temperature / 10.0;
            humidities[i] = humidity / 10.0;
            batteries[i] = battery / 10.0;
        }
        return new ReadingBlock(
                readings,
                times,
                List.of(
                        new Column("battery", null, batteries, null),
                        new Column("humidity", null, humidities, null),
                        new Column("temperature", null, temperatures, null)));
    }

    private static int temperatureStep(int random) {
        if (random < 4) {
            return -1;
        }
        return random < 8 ? 1 : 0;
    }

    private static int humidityStep(int random) {
        if (random < 6) {
            return random < 3 ? -1 : 1;
        }
        if (random < 8) {
            return random == 6 ? -3 : 3;
        }
        return 0;
    }

    private static long splitMix(long seed) {
        long x = seed + 0x9E3779B97F4A7C15L;
        x = (x ^ x >>> 30) * 0xBF58476D1CE4E5B9L;
        x = (x ^ x >>> 27) * 0x94D049BB133111EBL;
        return x ^ x >>> 31;
    }
}
