package io.hearth.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hearth.table.rocksdb.LogRecord;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Pins what is on the disk of backups: an old backup must stay readable. */
final class BackupFormatGoldenTest {
    private static final Manifest MANIFEST = new Manifest(
            "20261126T174310123Z",
            new UUID(1, 2),
            1,
            new UUID(3, 4),
            42,
            Instant.parse("2026-11-26T17:43:10.123456Z"),
            List.of(new Manifest.StoredFile("ab01", 7, "files/000008-cd.sst", "000008.sst")));

    private static final String MANIFEST_TEXT = """
            hearth backup
            version 1
            id 20261126T174310123Z
            table 00000000-0000-0001-0000-000000000002 1
            log 00000000-0000-0003-0000-000000000004
            sequence 42
            taken 2026-11-26T17:43:10.123456Z
            file ab01 7 files/000008-cd.sst 000008.sst
            end 94727be5371e21aafe3f11830d1b328ad48daf9712edb93b63f3150a0f09ad64
            """;

    private static final String MARK =
            "e1a1327d00000000000000000000000000000008000000000000000700000000002dc6c00000000000000000";

    private static final String BLOCK =
            "d4b63b05000000310000003c0000000000000005000000000000000700000000000f424000000000001e848028b52ffd243c250100c00000050006000f4240000000030102030007000780000104061000650c3c3ee0c117167eb0971d";

    @Test
    void manifest_text_isPinned() {
        assertThat(MANIFEST.text()).isEqualTo(MANIFEST_TEXT);
        assertThat(Manifest.parse(MANIFEST_TEXT, Path.of("m"))).isEqualTo(MANIFEST);
    }

    @Test
    void manifest_anyByteChangedOrMissing_isRefusedByName() {
        byte[] good = MANIFEST_TEXT.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < good.length; i++) {
            byte[] bad = good.clone();
            bad[i] ^= 1;
            String changed = new String(bad, StandardCharsets.UTF_8);
            assertThatThrownBy(() -> Manifest.parse(changed, Path.of("some/manifest")))
                    .as("byte %d", i)
                    .isInstanceOf(BackupException.class)
                    .hasMessageContaining("some/manifest");
            String cut = MANIFEST_TEXT.substring(0, i);
            assertThatThrownBy(() -> Manifest.parse(cut, Path.of("some/manifest")))
                    .as("cut at %d", i)
                    .isInstanceOf(BackupException.class);
        }
    }

    @Test
    void manifest_ofALaterVersion_isRefusedByVersion() {
        assertThatThrownBy(() -> Manifest.parse("hearth backup\nversion 2\nwhatever\n", Path.of("m")))
                .hasMessage("m says version 2, but this build of Hearth reads and writes version 1 only");
    }

    @Test
    void logBlock_bytes_arePinned() {
        LogRecord one = new LogRecord(5, 6, 1_000_000, new byte[] {1, 2, 3});
        LogRecord housekeeping = new LogRecord(7, 7, LogRecord.NO_TIME, new byte[] {4});

        LogBlock block = LogBlock.of(List.of(one, housekeeping), 4, 2_000_000);

        assertThat(HexFormat.of().formatHex(block.bytes().array())).isEqualTo(BLOCK);
        LogBlock read = Objects.requireNonNull(
                LogBlock.parse(ByteBuffer.wrap(HexFormat.of().parseHex(BLOCK))));
        assertThat(read.first()).isEqualTo(5);
        assertThat(read.last()).isEqualTo(7);
        assertThat(read.earliestMicros()).isEqualTo(1_000_000);
        assertThat(read.completeUntilMicros()).isEqualTo(2_000_000);
        assertThat(read.commits()).usingRecursiveComparison().isEqualTo(List.of(one, housekeeping));
    }

    @Test
    void mark_bytes_arePinned() {
        LogBlock mark = LogBlock.mark(7, 3_000_000);

        assertThat(HexFormat.of().formatHex(mark.bytes().array())).isEqualTo(MARK);
        assertThat(mark.isMarkOf(3_000_000)).isTrue();
        assertThat(mark.isMarkOf(2_000_000)).isFalse();
        assertThat(mark.completeUntilMicros())
                .as("earlier builds read it as an empty block")
                .isZero();
        assertThat(mark.commits()).isEmpty();
    }
}
