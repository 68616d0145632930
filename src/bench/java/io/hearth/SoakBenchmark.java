package io.hearth;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Memory of the service under a steady load: its resident set every half minute. Reads /proc, so Linux only.
 *
 * <pre>mvn -Pbench test-compile exec:exec -Dbench.main=io.hearth.SoakBenchmark -Dbench="PT10M 10000"</pre>
 */
public final class SoakBenchmark {
    private static final Pattern RSS = Pattern.compile("VmRSS:\\s+(\\d+) kB");

    private SoakBenchmark() {}

    public static void main(String[] args) throws Exception {
        Duration duration = Duration.parse(args.length > 0 && !args[0].isBlank() ? args[0] : "PT10M");
        String rate = args.length > 1 ? args[1] : "10000";
        Path log = Files.createTempFile("hearth-soak", ".log");
        try (HearthProcess hearth = HearthProcess.start(Map.of());
                Simulator simulator = Simulator.start(
                        log,
                        "simulate",
                        "--port",
                        String.valueOf(hearth.mqttPort()),
                        "--password",
                        hearth.devicePassword(),
                        "--devices",
                        "1000",
                        "--connections",
                        "50",
                        "--rate",
                        rate,
                        "--duration",
                        duration.toString(),
                        "--client",
                        "raw",
                        "--quiet")) {
            long start = System.nanoTime();
            while (simulator.isRunning()) {
                long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start);
                System.out.printf("after %4d s: %d MiB resident%n", seconds, rssMiB(hearth.pid()));
                TimeUnit.SECONDS.sleep(30);
            }
            System.out.println(simulator.log());
        }
    }

    private static long rssMiB(long pid) throws IOException {
        Matcher rss = RSS.matcher(Files.readString(Path.of("/proc", String.valueOf(pid), "status")));
        if (!rss.find()) {
            throw new IOException("no VmRSS of process " + pid);
        }
        return Long.parseLong(rss.group(1)) / 1024;
    }
}
