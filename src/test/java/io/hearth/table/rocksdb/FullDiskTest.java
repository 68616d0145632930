package io.hearth.table.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FullDiskTest {
    /** 32 MiB in the blocks of 512 B that POSIX gives ulimit; above the native library, below the large batch. */
    private static final List<String> LIMITED_SHELL = List.of("sh", "-c", "ulimit -f 65536; exec \"$@\"", "sh");

    @TempDir
    private Path directory;

    @Test
    void write_diskTakesNoMore_isNotAcknowledgedAndTheTableRecovers() throws Exception {
        try (ChildProcess writer = new ChildProcess(LIMITED_SHELL, FullDiskWriter.class, directory.toString())) {
            assertThat(writer.readLine()).isEqualTo("behaved");
            assertThat(writer.exitCode()).isZero();
        }
    }
}
