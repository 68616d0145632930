package io.hearth.table.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * That a write is acknowledged behind a sync of the table's log, as strace sees the system calls: a kill of the process keeps
 * what the operating system has in memory, so no kill can tell.
 */
final class SyncedCommitIT {
    private static final Pattern CALL = Pattern.compile("(\\d+) +(\\w+)\\((\\d+)<([^>]*)>(.*)");
    private static final Pattern RESUMED = Pattern.compile("(\\d+) +<\\.\\.\\. (\\w+) resumed>(.*)");

    @TempDir
    private Path directory;

    @Test
    void write_isAcknowledged_afterTheLogIsSynced() throws Exception {
        int[] syncs = syncsBeforeEachAcknowledgement("true");

        assertThat(syncs).hasSize(SyncedWriter.WRITES).doesNotContain(0);
    }

    /** The other way around, so that the test above cannot pass by what it takes for a sync. */
    @Test
    void write_withFsyncOff_isAcknowledgedWithout() throws Exception {
        assertThat(syncsBeforeEachAcknowledgement("false"))
                .hasSize(SyncedWriter.WRITES)
                .containsOnly(0);
    }

    /** How many syncs of the log began after the acknowledgement before and ended before this one. */
    private int[] syncsBeforeEachAcknowledgement(String fsync) throws IOException, InterruptedException {
        Path trace = directory.resolve("trace");
        List<String> strace =
                List.of("strace", "-f", "-y", "-s", "40", "-e", "trace=fdatasync,fsync,write", "-o", trace.toString());
        try (ChildProcess writer = new ChildProcess(
                strace, SyncedWriter.class, directory.resolve("table").toString(), fsync)) {
            String line = writer.readLine();
            while (line != null) {
                line = writer.readLine();
            }
            assertThat(writer.exitCode()).isZero();
        }
        int[] syncs = new int[SyncedWriter.WRITES];
        int acknowledged = 0;
        // Of threads whose sync of the log is under way, how many were acknowledged when it began.
        Map<String, Integer> underWay = new HashMap<>();
        for (String line : Files.readAllLines(trace)) {
            Matcher call = CALL.matcher(line);
            Matcher resumed = RESUMED.matcher(line);
            if (call.matches()
                    && call.group(2).endsWith("sync")
                    && call.group(4).endsWith(".log")) {
                if (call.group(5).contains("unfinished")) {
                    underWay.put(call.group(1), acknowledged);
                } else if (call.group(5).endsWith("= 0") && acknowledged < syncs.length) {
                    syncs[acknowledged]++;
                }
            } else if (resumed.matches() && resumed.group(2).endsWith("sync")) {
                Integer began = underWay.remove(resumed.group(1));
                if (began != null
                        && began == acknowledged
                        && resumed.group(3).endsWith("= 0")
                        && began < syncs.length) {
                    syncs[acknowledged]++;
                }
            } else if (call.matches() && call.group(5).contains(SyncedWriter.ACKNOWLEDGED)) {
                acknowledged++;
            }
        }
        assertThat(acknowledged).isEqualTo(SyncedWriter.WRITES);
        return syncs;
    }
}
