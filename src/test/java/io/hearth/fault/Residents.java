package io.hearth.fault;

import io.hearth.HearthProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Measures the resident memory of a process that runs, every five seconds. */
final class Residents implements AutoCloseable {
    private record Sample(double minute, double mebibytes) {}

    private final Path status;
    private final long begunNanos = System.nanoTime();
    private final List<Sample> samples = new ArrayList<>(); // guarded by itself
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();

    Residents(HearthProcess process) {
        status = Path.of("/proc", String.valueOf(process.pid()), "status");
        var unused = timer.scheduleAtFixedRate(this::sample, 0, 5, TimeUnit.SECONDS);
    }

    private void sample() {
        try {
            for (String line : Files.readAllLines(status)) {
                if (line.startsWith("VmRSS:")) {
                    double kibibytes = Double.parseDouble(line.replaceAll("\\D", ""));
                    synchronized (samples) {
                        samples.add(new Sample((System.nanoTime() - begunNanos) / 60e9, kibibytes / 1024));
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    double mostMebibytes() {
        synchronized (samples) {
            return samples.stream().mapToDouble(Sample::mebibytes).max().orElseThrow();
        }
    }

    /** How much it grows in ten minutes, from a minute on. */
    double mebibytesInTenMinutes(double fromMinute) {
        synchronized (samples) {
            List<Sample> late =
                    samples.stream().filter(each -> each.minute() >= fromMinute).toList();
            return 10
                    * TheilSen.slope(
                            late.stream().mapToDouble(Sample::minute).toArray(),
                            late.stream().mapToDouble(Sample::mebibytes).toArray());
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
