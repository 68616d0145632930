package io.hearth.fault;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** How much of the processors others take than the processes of a test: what they take is missing to what is measured. */
final class ForeignLoad {
    private final List<Long> own;
    private final long[] begun;

    /** Begins to measure. */
    ForeignLoad(long... ownPids) {
        own = Arrays.stream(ownPids).boxed().toList();
        begun = read();
    }

    /** The share of the time of all processors since the beginning, from 0 to below 1. */
    double share() {
        long[] now = read();
        double all = Math.max(1, now[0] - begun[0]);
        double others = now[1] - begun[1] - (now[2] - begun[2]);
        return Math.min(0.95, Math.max(0, others / all));
    }

    /** Ticks of the clock: of all processors, those in which they were busy, and those of the own processes. */
    private long[] read() {
        try {
            String[] cpu =
                    Files.readAllLines(Path.of("/proc/stat")).get(0).trim().split("\\s+", -1);
            long all = 0;
            for (int i = 1; i <= 8; i++) {
                all += Long.parseLong(cpu[i]);
            }
            long idle = Long.parseLong(cpu[4]) + Long.parseLong(cpu[5]);
            long ofOwn = 0;
            for (long pid : own) {
                String stat = Files.readString(Path.of("/proc", String.valueOf(pid), "stat"));
                String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
                ofOwn += Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
            }
            return new long[] {all, all - idle, ofOwn};
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
