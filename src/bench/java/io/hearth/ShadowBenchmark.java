package io.hearth;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;

/**
 * Shadows over the embedded endpoint: apps set what 1,000 things should be, the things' devices get the deltas. First as
 * fast as it goes, one update of each thing in flight: updates/s that are acknowledged, so durable. Then at a fixed rate,
 * half of that or what is given: the time from when an app should have written to the device's delta. As the baseline the
 * same messages over Mosquitto, which stores nothing and computes nothing.
 *
 * <pre>mvn -Pbench test-compile exec:exec -Dbench.main=io.hearth.ShadowBenchmark -Dbench="10 2500"</pre>
 */
public final class ShadowBenchmark {
    private static final int THINGS = 1_000;
    private static final int CONNECTIONS = 8;

    private final int port;
    private final String password;
    /** Where apps write, and where devices hear of it. */
    private final String to;

    private final String from;
    private final AtomicLongArray dueNanos = new AtomicLongArray(1 << 20);

    private ShadowBenchmark(int port, String password, String to, String from) {
        this.port = port;
        this.password = password;
        this.to = to;
        this.from = from;
    }

    /**
     * Measures, and prints the figures.
     *
     * @param args seconds of each measurement; updates/s of the second one, 0 for half of what the first one reached
     */
    public static void main(String[] args) throws Exception {
        int seconds = args.length > 0 && !args[0].isBlank() ? Integer.parseInt(args[0]) : 10;
        int givenRate = args.length > 1 ? Integer.parseInt(args[1]) : 0;
        Path directory = Files.createTempDirectory("hearth-bench");
        double reached;
        try (HearthProcess hearth = HearthProcess.start(Map.of())) {
            ShadowBenchmark bench = new ShadowBenchmark(
                    hearth.mqttPort(), hearth.devicePassword(), "/shadow/update", "/shadow/update/delta");
            bench.asFastAsItGoes(seconds); // warms up
            reached = bench.asFastAsItGoes(seconds);
            System.out.printf("shadows          %,.0f updates/s acknowledged%n", reached);
            int rate = givenRate > 0 ? givenRate : (int) (reached / 2);
            bench.atRate(rate, Math.max(2, seconds / 2));
            tell("shadows", rate, bench.atRate(rate, seconds));
        }
        try (Mosquitto broker = Mosquitto.open(directory)) {
            broker.start();
            ShadowBenchmark bench = new ShadowBenchmark(broker.port(), "none", "/plain", "/plain");
            bench.asFastAsItGoes(Math.max(2, seconds / 2));
            System.out.printf("mosquitto alone  %,.0f messages/s acknowledged%n", bench.asFastAsItGoes(seconds));
            int rate = givenRate > 0 ? givenRate : (int) (reached / 2);
            tell("mosquitto alone", rate, bench.atRate(rate, seconds));
        }
    }

    private static void tell(String what, int rate, long[] nanos) {
        System.out.printf(
                "%-16s at %,d/s, app to device: p50 %.2f ms, p90 %.2f, p99 %.2f, p99.9 %.2f, max %.2f (%,d deltas)%n",
                what,
                rate,
                nanos[nanos.length / 2] / 1e6,
                nanos[(int) (nanos.length * 0.9)] / 1e6,
                nanos[(int) (nanos.length * 0.99)] / 1e6,
                nanos[(int) (nanos.length * 0.999)] / 1e6,
                nanos[nanos.length - 1] / 1e6,
                nanos.length);
    }

    private String topic(int thing) {
        return "$aws/things/bench-" + thing + to;
    }

    private static byte[] update(int number) {
        return ("{\"state\":{\"desired\":{\"level\":" + number + "}}}").getBytes(StandardCharsets.UTF_8);
    }

    private List<RawMqtt> devices(RawMqtt.Listener listener) throws IOException {
        List<RawMqtt> devices = new ArrayList<>();
        for (int c = 0; c < CONNECTIONS; c++) {
            RawMqtt device = new RawMqtt(port, "bench-device-" + c, password);
            for (int thing = c; thing < THINGS; thing += CONNECTIONS) {
                device.subscribe("$aws/things/bench-" + thing + from);
            }
            device.start(listener);
            devices.add(device);
        }
        return devices;
    }

    private double asFastAsItGoes(int seconds) throws Exception {
        AtomicInteger acknowledged = new AtomicInteger();
        AtomicInteger numbers = new AtomicInteger();
        List<RawMqtt> all = new ArrayList<>(devices(new RawMqtt.Listener() {}));
        for (int c = 0; c < CONNECTIONS; c++) {
            RawMqtt app = new RawMqtt(port, "bench-app-" + c, password);
            app.start(new RawMqtt.Listener() {
                @Override
                public void acknowledged(int packetId) throws IOException {
                    acknowledged.incrementAndGet();
                    app.publish(topic(packetId - 1), update(numbers.incrementAndGet()), packetId);
                }
            });
            for (int thing = c; thing < THINGS; thing += CONNECTIONS) {
                app.publish(topic(thing), update(numbers.incrementAndGet()), thing + 1);
            }
            app.flush();
            all.add(app);
        }
        TimeUnit.MILLISECONDS.sleep(500);
        int before = acknowledged.get();
        long start = System.nanoTime();
        TimeUnit.SECONDS.sleep(seconds);
        double rate = (acknowledged.get() - before) / ((System.nanoTime() - start) / 1e9);
        for (RawMqtt connection : all) {
            connection.close();
        }
        return rate;
    }

    /** The times from when an update was due to when its delta arrived, ascending. */
    private long[] atRate(int rate, int seconds) throws Exception {
        int count = Math.min(rate * seconds, dueNanos.length());
        long[] took = new long[count];
        AtomicInteger arrived = new AtomicInteger();
        List<RawMqtt> all = new ArrayList<>(devices(new RawMqtt.Listener() {
            @Override
            public void published(String topic, byte[] payload) {
                long now = System.nanoTime();
                int number = levelIn(payload);
                long due = number < count ? dueNanos.getAndSet(number, 0) : 0;
                if (due != 0) {
                    took[arrived.getAndIncrement()] = now - due;
                }
            }
        }));
        List<RawMqtt> apps = new ArrayList<>();
        for (int c = 0; c < CONNECTIONS; c++) {
            RawMqtt app = new RawMqtt(port, "bench-app-" + c, password);
            app.start(new RawMqtt.Listener() {});
            apps.add(app);
        }
        all.addAll(apps);
        long start = System.nanoTime() + 200_000_000;
        for (int i = 0; i < count; i++) {
            long due = start + i * 1_000_000_000L / rate;
            while (System.nanoTime() < due) {
                LockSupport.parkNanos(Math.max(0, due - System.nanoTime()));
            }
            dueNanos.set(i, due);
            RawMqtt app = apps.get(i % CONNECTIONS);
            app.publish(topic(i % THINGS), update(i), 1 + i % 60_000);
            app.flush();
        }
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (arrived.get() < count && System.nanoTime() < deadline) {
            TimeUnit.MILLISECONDS.sleep(5);
        }
        for (RawMqtt connection : all) {
            connection.close();
        }
        if (arrived.get() < count) {
            System.out.printf("%,d of %,d never arrived%n", count - arrived.get(), count);
        }
        long[] ascending = Arrays.copyOf(took, arrived.get());
        Arrays.sort(ascending);
        return ascending;
    }

    private static int levelIn(byte[] payload) {
        String text = new String(payload, StandardCharsets.ISO_8859_1);
        int at = text.indexOf("\"level\":") + 8;
        int number = 0;
        while (at < text.length() && Character.isDigit(text.charAt(at))) {
            number = number * 10 + text.charAt(at++) - '0';
        }
        return number;
    }
}
