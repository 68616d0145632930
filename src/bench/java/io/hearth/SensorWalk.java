package io.hearth;

import java.util.Random;

/** Readings of a device as lines of NDJSON: temperature, humidity and battery, which walk by tenths and stay in their bounds. */
final class SensorWalk {
    private final Random random;
    private int temperature = 200;
    private int humidity = 450;
    private int battery = 900;

    SensorWalk(int device) {
        random = new Random(device);
    }

    void appendLine(int device, long timeMillis, StringBuilder out) {
        temperature = Math.min(
                300, Math.max(150, temperature + (random.nextInt(4) == 0 ? -1 : random.nextInt(3) == 0 ? 1 : 0)));
        int step = random.nextInt(16);
        humidity = Math.min(
                800, Math.max(200, humidity + (step < 3 ? -1 : step < 6 ? 1 : step == 6 ? -3 : step == 7 ? 3 : 0)));
        battery = random.nextInt(2000) == 0 ? Math.max(100, battery - 1) : battery;
        out.append("{\"device\":\"d").append(device).append("\",\"ts\":").append(timeMillis);
        out.append(",\"values\":{\"temperature\":")
                .append(temperature / 10)
                .append('.')
                .append(temperature % 10);
        out.append(",\"humidity\":").append(humidity / 10).append('.').append(humidity % 10);
        out.append(",\"battery\":")
                .append(battery / 10)
                .append('.')
                .append(battery % 10)
                .append("}}\n");
    }
}
