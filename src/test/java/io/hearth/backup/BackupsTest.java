package io.hearth.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hearth.FileTrees;
import io.hearth.table.ChangeStart;
import io.hearth.table.Cursor;
import io.hearth.table.CursorExpiredException;
import io.hearth.table.FakeClock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Backups of a table on disk, what is left of them when things go wrong, and what comes back. */
final class BackupsTest {
    private static final Duration STEP = Duration.ofSeconds(10);

    private final FakeClock clock = new FakeClock();

    @TempDir
    private Path directory;

    @Test
    void backUp_twice_copiesOnlyWhatIsNew_andEachRestoresItsOwnState() throws IOException {
        Backup first;
        Backup second;
        Map<String, String> stateOfFirst;
        Map<String, String> stateOfSecond;
        try (BackedUpTable it = open("data")) {
            it.putMany("large", 20_000, "some text that takes room ");
            first = it.backups.backUp();
            stateOfFirst = BackedUpTable.contents(it.table);
            clock.advance(STEP);
            it.put("d", "1", "later");
            second = it.backups.backUp();
            stateOfSecond = BackedUpTable.contents(it.table);
        }

        assertThat(first.copiedBytes()).isEqualTo(first.bytes());
        assertThat(second.copiedBytes()).isLessThan(second.bytes() / 4);
        assertThat(Verification.ofAll(backups()).backups()).hasSize(2).allMatch(Verification::isGood);
        assertThat(restored("one", first.taken(), first.id())).isEqualTo(stateOfFirst);
        assertThat(restored("two", null, null)).isEqualTo(stateOfSecond).hasSize(20_001);
    }

    @Test
    void restore_untilAnInstantBetweenBackups_hasWhatWasCommittedByThen() {
        Instant before;
        try (BackedUpTable it = open("data")) {
            it.put("d", "1", "base");
            it.backups.backUp();
            step();
            it.put("d", "2", "kept");
            step();
            before = clock.instant();
            step();
            it.put("d", "2", "too late");
            it.delete("d", "1");
            step();
            it.backups.ship();
        }

        Restore.Restored done = Restore.run(request("new", before, null));

        assertThat(done.replayed()).isEqualTo(1);
        assertThat(done.lastCommit()).isBefore(before);
        assertThat(BackedUpTable.contents(directory.resolve("new"), clock))
                .isEqualTo(Map.of("d/1", "base", "d/2", "kept"));
        assertThat(restored("newest", null, null)).isEqualTo(Map.of("d/2", "too late"));
    }

    @Test
    void backUpAndRestore_directoriesThatAreMade_areOfTheOwnerAlone() throws IOException {
        Path data = directory.resolve("data");
        backedUp();
        restored("new", null, null);

        for (Path made : List.of(data, data.resolve("table"), backups(), directory.resolve("new"))) {
            assertThat(Files.getPosixFilePermissions(made))
                    .as(made.toString())
                    .isEqualTo(PosixFilePermissions.fromString("rwx------"));
        }
    }

    @Test
    void backUp_directoriesOfEarlierVersions_areClosedToAllButOwnerAndGroup() throws IOException {
        backedUp();
        List<Path> open =
                List.of(directory.resolve("data/table"), backups(), backups().resolve("files"));
        for (Path each : open) {
            Files.setPosixFilePermissions(each, PosixFilePermissions.fromString("rwxr-xr-x"));
        }

        backedUp();

        assertThat(Files.getPosixFilePermissions(open.get(0))).isEqualTo(PosixFilePermissions.fromString("rwx------"));
        for (Path each : open.subList(1, 3)) {
            assertThat(Files.getPosixFilePermissions(each)).isEqualTo(PosixFilePermissions.fromString("rwxr-x---"));
        }
    }

    @Test
    void restore_clockSetBack_losesNothingAcknowledgedByThen() {
        try (BackedUpTable it = open("data")) {
            it.backups.backUp();
            step();
            it.put("d", "1", "a");
            clock.advance(Duration.ofHours(1));
            it.put("d", "2", "by a clock that was ahead");
            clock.advance(Duration.ofHours(-1));
            step();
            it.put("d", "3", "c");
            step();
            it.backups.ship();
        }

        assertThat(restored("new", clock.instant(), null)).containsOnlyKeys("d/1", "d/2", "d/3");
    }

    @Test
    void restore_intoDirectoryThatIsNotEmpty_isRefusedUntouched() throws IOException {
        backedUp();
        Path used = Files.createDirectories(directory.resolve("used"));
        Files.writeString(used.resolve("mine.txt"), "x");

        assertThatThrownBy(() -> Restore.run(request("used", null, null)))
                .isInstanceOf(BackupException.class)
                .hasMessage(used + " is not empty: it has mine.txt. A restore goes into a new data directory only");

        assertThat(DurableFiles.list(used)).containsExactly(used.resolve("mine.txt"));
    }

    @Test
    void restore_instantOutsideOfWhatThereIs_isRefusedWithTheNearest() throws IOException {
        Backup backup = backedUp();

        assertThatThrownBy(() -> Restore.run(request("new", backup.taken().minusSeconds(1), null)))
                .hasMessageContaining("the earliest instant that can be restored is " + backup.taken());
        assertThatThrownBy(() -> Restore.run(request("new", clock.instant().plusSeconds(1), null)))
                .hasMessageContaining("is complete until " + clock.instant() + " only");
        assertThat(directory.resolve("new")).doesNotExist();
    }

    @Test
    void verifyAndRestore_damagedFile_nameIt() throws IOException {
        backedUp();
        for (Path file : filesOf(backups())) {
            byte[] good = Files.readAllBytes(file);
            boolean log = file.getFileName().toString().endsWith(".log")
                    && file.startsWith(backups().resolve("log"));
            if (file.endsWith("lock") || good.length == 0) {
                continue;
            }
            byte[] bad = good.clone();
            bad[log ? 30 : bad.length / 2] ^= 0x10;
            Files.write(file, bad);

            assertThat(damages()).as("%s flipped", file).anyMatch(damage -> damage.contains(file.toString()));
            if (log) {
                // What is flipped has no commit, and what follows says so.
                assertThat(Restore.run(request("new", null, null)).notes())
                        .as("%s flipped", file)
                        .anyMatch(note -> note.contains(file.toString()));
                DurableFiles.removeTree(directory.resolve("new"));
            } else {
                assertThatThrownBy(() -> Restore.run(request("new", null, null)))
                        .as("%s flipped", file)
                        .isInstanceOf(BackupException.class)
                        .hasMessageContaining(file.toString());
            }
            assertThat(directory.resolve("new/table")).as("%s flipped", file).doesNotExist();

            Files.write(file, good);
        }
        assertThat(damages()).isEmpty();
    }

    @Test
    void backUp_thatWasNeverFinished_isNoneAndIsRemovedByTheNext() throws IOException {
        Backup good = backedUp();
        Path torn = backups().resolve("backups/20990101T000000000Z");
        Files.createDirectories(torn);
        Files.writeString(torn.resolve("CURRENT"), "MANIFEST-0");
        Files.writeString(torn.resolve("manifest.tmp"), "hearth backup\nversion 1\n");
        Path tornFile = Files.writeString(backups().resolve("files/000001-00.sst.tmp"), "half");

        assertThat(Verification.ofAll(backups()).backups())
                .singleElement()
                .satisfies(found -> assertThat(found.backup()).isEqualTo(good.id()));
        assertThat(restored("new", null, null)).containsEntry("d/1", "base");
        try (BackedUpTable it = open("data")) {
            it.backups.backUp();
        }

        assertThat(torn).doesNotExist();
        assertThat(tornFile).doesNotExist();
    }

    @Test
    void backUp_diskOfBackupsFails_leavesNoBackupAndTheTableWorks() throws IOException {
        try (BackedUpTable it = open("data")) {
            it.put("d", "1", "x");
            Files.createDirectories(backups());
            it.backups.list();
            blockFiles();

            assertThatThrownBy(it.backups::backUp).isInstanceOf(BackupException.class);
            assertThat(it.backups.list()).isEmpty();
            assertThat(DurableFiles.list(directory.resolve("data/backup-staging")))
                    .isEmpty();
            it.put("d", "2", "x");

            unblockFiles();
            it.backups.backUp();
        }
        assertThat(restored("new", null, null)).containsOnlyKeys("d/1", "d/2");
    }

    @Test
    void ship_serviceDiedWhileItWrote_goesOnBehindTheLastWholeBlock() throws IOException {
        try (BackedUpTable it = open("data")) {
            it.backups.backUp();
            for (int i = 0; i < 5; i++) {
                step();
                it.put("d", String.valueOf(i), "x");
                it.backups.ship();
            }
        }
        Path segment = lastSegment();
        byte[] whole = Files.readAllBytes(segment);
        Files.write(segment, Arrays.copyOf(whole, whole.length - 7));
        assertThat(damages()).as("an unfinished end is no damage").isEmpty();

        try (BackedUpTable it = open("data")) {
            it.backups.ship();
            assertThat(it.backups.list()).hasSize(1);
        }

        assertThat(damages()).isEmpty();
        assertThat(restored("new", null, null)).containsOnlyKeys("d/0", "d/1", "d/2", "d/3", "d/4");
    }

    @Test
    void backUp_threeTimesWithNoCommitBetween_theLogGoesOnWithoutAGap() throws IOException {
        Instant before;
        try (BackedUpTable it = open("data")) {
            it.put("d", "1", "base");
            for (int i = 0; i < 3; i++) {
                it.backups.backUp();
                step();
            }
            before = clock.instant();
            step();
            it.put("d", "2", "in the log");
            step();
            it.backups.ship();
            assertThat(filesOf(backups().resolve("log")))
                    .as("the open segment is there")
                    .isNotEmpty();
            it.backups.backUp();
        }

        assertThat(damages()).isEmpty();
        assertThat(restored("before", before, null)).containsOnlyKeys("d/1");
        Instant between = clock.instant().minus(STEP);
        assertThat(restored("between", between, null)).containsOnlyKeys("d/1", "d/2");
    }

    @Test
    void backUp_manyTimesWithNoCommitBetween_keepsNoSegmentForEach() throws IOException {
        try (BackedUpTable it = new BackedUpTable(
                directory.resolve("data"), backups(), clock, Duration.ofHours(1), Duration.ofHours(1))) {
            it.put("d", "1", "base");
            for (int i = 0; i < 20; i++) {
                it.backups.backUp();
                clock.advance(Duration.ofMinutes(30));
                it.backups.ship();
            }
        }

        assertThat(filesOf(backups().resolve("log"))).hasSizeLessThan(4);
        assertThat(damages()).isEmpty();
    }

    @Test
    void backUp_segmentWasRenamed_removesNothingThatIsNeeded() throws IOException {
        Instant before;
        try (BackedUpTable it = open("data")) {
            it.backups.backUp();
            step();
            it.put("d", "1", "x");
            it.backups.ship();
        }
        try (BackedUpTable it = open("data")) {
            it.put("d", "2", "x");
            it.put("d", "3", "x");
            it.backups.ship();
            step();
            before = clock.instant();
        }
        // By its name it would begin where the first one does.
        Path last = lastSegment();
        Files.move(last, last.resolveSibling(new SegmentName(1, 7).text()));
        try (BackedUpTable it = open("data")) {
            step();
            it.backups.backUp();
            it.put("d", "4", "x");
            step();
            it.backups.ship();
        }

        assertThat(damages()).isEmpty();
        assertThat(restored("before", before, null)).containsOnlyKeys("d/1", "d/2", "d/3");
        assertThat(restored("all", null, null)).hasSize(4);
    }

    @Test
    void backUp_logOfAnEarlierBuildWithANameGivenTwice_removesNothingThatIsNeeded() throws IOException {
        Instant before;
        try (BackedUpTable it = open("data")) {
            it.backups.backUp();
            step();
            it.put("d", "1", "x");
            it.backups.ship();
            step();
            it.backups.ship();
            before = clock.instant();
        }
        // As earlier builds left it: the segment without a commit, of an idle time, has the greater name.
        Path log = DurableFiles.list(backups().resolve("log")).get(0);
        try (LogWriter writer = new LogWriter(log)) {
            writer.append(LogBlock.of(List.of(), 0, 1));
        }
        try (BackedUpTable it = open("data")) {
            it.backups.backUp();
            step();
            it.backups.ship();
        }

        assertThat(damages()).isEmpty();
        assertThat(restored("before", before, null)).containsOnlyKeys("d/1");
    }

    @Test
    void ship_tableHasNotKeptWhatFollows_beginsAnotherLogWithABackup() throws IOException {
        backedUp();
        loseWhatTheLogLacks();

        try (BackedUpTable it = open("data")) {
            it.backups.ship();
            step();
            it.put("d", "3", "shipped");
            it.backups.ship();
            assertThat(it.backups.list()).hasSize(2);
        }

        assertThat(restored("new", null, null)).hasSize(40_003).containsEntry("d/3", "shipped");
        assertThat(damages()).isEmpty();
    }

    @Test
    void ship_backupFailsAfterAGap_claimsNothingUntilABackupNamesTheLog() throws IOException {
        backedUp();
        loseWhatTheLogLacks();
        try (BackedUpTable it = open("data")) {
            blockFiles();
            assertThatThrownBy(it.backups::ship).isInstanceOf(BackupException.class);
            assertThat(it.backups.recoverableUntil()).isNull();
            assertThat(it.backups.failures()).isEqualTo(1);
            assertThat(DurableFiles.list(backups().resolve("log")))
                    .as("no log without a backup is left")
                    .hasSize(1);

            unblockFiles();
            step();
            it.put("d", "3", "after the gap");
            step();
            it.backups.ship();

            assertThat(it.backups.recoverableUntil()).isEqualTo(clock.instant());
            assertThat(it.backups.list()).hasSize(2);
        }
        assertThat(restored("new", null, null)).containsEntry("d/3", "after the gap");
    }

    @Test
    void ship_backupFailsAtAStartThatCannotGoOnWithTheLog_claimsNothingUntilABackupNamesTheLog() throws IOException {
        backedUp();
        try (BackedUpTable it = open("another")) {
            it.put("d", "1", "of another table");
            blockFiles();
            for (int attempt = 1; attempt <= 2; attempt++) {
                assertThatThrownBy(it.backups::ship).isInstanceOf(BackupException.class);
                assertThat(it.backups.recoverableUntil()).isNull();
            }
            unblockFiles();
            it.backups.ship();
            assertThat(it.backups.recoverableUntil()).isEqualTo(clock.instant());
            assertThat(it.backups.list()).hasSize(2);
        }
        assertThat(restored("new", null, null)).isEqualTo(Map.of("d/1", "of another table"));
    }

    @Test
    void recoverableUntil_logThatNoManifestNamesYet_isUnknown() throws IOException {
        try (BackedUpTable it = open("data")) {
            it.backups.list();
            BackupDirectory where = BackupDirectory.open(backups());
            try (LogShipper shipper =
                    LogShipper.begin(it.table, clock, where, it.table.checkpoint(directory.resolve("checkpoint")))) {
                it.put("d", "1", "shipped while the files are copied");
                shipper.ship();
                assertThat(shipper.completeUntil()).isNull();

                shipper.nameIn(Files.createFile(directory.resolve("manifest")));
                assertThat(shipper.completeUntil()).isEqualTo(clock.instant());
            }
        }
    }

    @Test
    void ship_manifestOrSegmentWasRemovedOrCut_beginsAnotherLogWithABackup() throws IOException {
        for (String lost : List.of("manifest", "segment", "end of segment")) {
            Path data = directory.resolve("data of " + lost);
            try (BackedUpTable it = new BackedUpTable(data, backups(), clock)) {
                it.put("d", "1", lost);
                String id = it.backups.backUp().id();
                step();
                it.put("d", "2", lost);
                it.backups.ship();
                Path segment = newestSegment();
                switch (lost) {
                    case "manifest" -> Files.delete(backups().resolve("backups/" + id + "/manifest"));
                    case "segment" -> Files.delete(segment);
                    default -> cut(segment, 1);
                }
                step();
                it.put("d", "3", lost);
                step();

                it.backups.ship();

                assertThat(it.backups.recoverableUntil()).as(lost).isEqualTo(clock.instant());
                assertThat(restored("restored after " + lost, null, null))
                        .as(lost)
                        .isEqualTo(Map.of("d/1", lost, "d/2", lost, "d/3", lost));
                step();
            }
        }
    }

    @Test
    void ship_directoryIsAwayForAWhile_writesNothingInItsPlaceAndGoesOnWithoutAGap() throws IOException {
        Path away = directory.resolve("away");
        Instant until;
        try (BackedUpTable it = open("data")) {
            it.put("d", "1", "base");
            it.backups.backUp();
            step();
            Instant known = it.backups.recoverableUntil();
            Files.move(backups(), away);
            it.put("d", "2", "while it is away");
            step();
            until = clock.instant();
            assertThatThrownBy(it.backups::ship)
                    .isInstanceOf(BackupException.class)
                    .hasMessageContaining("is away");
            assertThatThrownBy(it.backups::backUp).isInstanceOf(BackupException.class);
            assertThat(backups()).doesNotExist();
            assertThat(it.backups.recoverableUntil()).isEqualTo(known);
            assertThat(it.backups.failures()).isEqualTo(2);

            Files.move(away, backups());
            step();
            it.backups.ship();
            assertThat(it.backups.list()).hasSize(1);
        }
        assertThat(damages()).isEmpty();
        assertThat(restored("new", until, null)).containsOnlyKeys("d/1", "d/2");
    }

    @Test
    void backUp_clockWasSetBack_isStillTheLatestOne() throws IOException {
        String later;
        try (BackedUpTable it = open("data")) {
            it.put("d", "1", "by a clock that was ahead");
            it.backups.backUp();
            clock.advance(Duration.ofDays(-365));
            it.put("d", "1", "by the right clock");
            later = it.backups.backUp().id();
            assertThat(it.backups.list()).last().satisfies(last -> {
                assertThat(last.id()).isEqualTo(later);
                assertThat(last.taken()).isEqualTo(clock.instant());
            });
            assertThat(it.backups.latestTaken()).isEqualTo(clock.instant());
        }
        assertThat(restored("new", null, null)).isEqualTo(Map.of("d/1", "by the right clock"));
        assertThat(restored("until", clock.instant(), null)).isEqualTo(Map.of("d/1", "by the right clock"));
    }

    @Test
    void ship_tableWasPutBackToAnEarlierState_doesNotMixTheHistories() throws IOException {
        backedUp();
        FileTrees.copy(directory.resolve("data"), directory.resolve("earlier"));
        try (BackedUpTable it = open("data")) {
            it.put("d", "8", "of the first history");
            it.backups.ship();
        }
        for (int more : new int[] {0, 3}) {
            Path data = directory.resolve("again" + more);
            FileTrees.copy(directory.resolve("earlier"), data);
            try (BackedUpTable it = open(data.getFileName().toString())) {
                for (int i = 0; i <= more; i++) {
                    it.put("d", "9" + i, "of the second history");
                }
                step();
                it.backups.ship();
            }

            assertThat(restored("new" + more, null, null))
                    .containsKeys("d/1", "d/9" + more)
                    .doesNotContainKey("d/8");
        }
    }

    @Test
    void restoredTable_isAnotherOne_soFollowersBeginAnewAndBackupsGoOnBesideTheOldOnes() {
        Cursor cursor;
        try (BackedUpTable it = open("data")) {
            it.put("d", "1", "base");
            cursor = BackedUpTable.await(it.table.changesFrom(ChangeStart.NOW));
            it.backups.backUp();
            step();
            it.put("d", "2", "x");
            step();
            it.backups.ship();
        }
        Restore.run(request("new", null, null));
        step();

        try (BackedUpTable it = open("new")) {
            assertThatThrownBy(() -> BackedUpTable.await(it.table.changes(cursor, 10)))
                    .isInstanceOf(CursorExpiredException.class);
            it.put("d", "3", "after the restore");
            it.backups.ship();
            assertThat(it.backups.list()).hasSize(2);
        }

        assertThat(damages()).isEmpty();
        assertThat(restored("newer", null, null)).containsOnlyKeys("d/1", "d/2", "d/3");
    }

    @Test
    void window_whatOnlyOlderInstantsNeed_isRemoved() throws IOException {
        try (BackedUpTable it = new BackedUpTable(
                directory.resolve("data"), backups(), clock, Duration.ofHours(1), Duration.ofHours(1))) {
            for (int i = 0; i < 5; i++) {
                it.putMany("large" + i, 2_000, "some text ");
                it.backups.backUp();
                clock.advance(Duration.ofMinutes(30));
                it.backups.ship();
            }
            it.backups.backUp();

            assertThat(it.backups.list()).hasSize(4);
        }
        assertThat(damages()).isEmpty();
        Instant start = clock.instant().minus(Duration.ofHours(1));
        assertThat(restored("new", start, null)).hasSize(8_000);
        List<Path> segments = DurableFiles.list(lastSegment().resolveSibling("."));
        assertThat(segments).hasSizeLessThan(6);
    }

    @Test
    void window_clockSetFarAhead_removesNothing() {
        try (BackedUpTable it = open("data")) {
            for (int i = 0; i < 3; i++) {
                it.put("d", String.valueOf(i), "x");
                it.backups.backUp();
                clock.advance(Duration.ofMinutes(30));
            }
            clock.set(clock.instant().plus(Duration.ofDays(400)));

            it.backups.backUp();

            assertThat(it.backups.list()).hasSize(4);
        }
    }

    @Test
    void window_oneBackupByAClockFarAhead_removesNone() throws IOException {
        Instant wanted;
        try (BackedUpTable it = open("data")) {
            it.put("d", "1", "x");
            it.backups.backUp();
            step();
            wanted = clock.instant();
            step();
            it.put("d", "2", "x");
            it.backups.backUp();
            clock.advance(Duration.ofDays(365));
            it.backups.backUp();
            clock.advance(Duration.ofDays(-365));
            step();
            it.backups.backUp();
            assertThat(it.backups.list()).hasSize(4);
        }
        assertThat(restored("new", wanted, null)).containsOnlyKeys("d/1");
    }

    @Test
    void verify_sharedFileIsDamaged_theNextBackupHasItAgain() throws IOException {
        try (BackedUpTable it = open("data")) {
            it.putMany("large", 20_000, "some text that takes room ");
            String first = it.backups.backUp().id();
            step();
            it.put("d", "1", "later");
            String second = it.backups.backUp().id();
            Path shared = filesOf(backups().resolve("files")).get(0);
            byte[] bytes = Files.readAllBytes(shared);
            bytes[bytes.length / 2] ^= 1;
            Files.write(shared, bytes);

            assertThat(it.backups.verify(second).isGood()).isFalse();
            assertThat(it.backups.recoverableUntil())
                    .as("nothing can be recovered with the latest backup")
                    .isNull();
            step();
            it.backups.ship();

            assertThat(it.backups.recoverableUntil()).isEqualTo(clock.instant());
            assertThat(it.backups.verify(first).isGood()).isTrue();
        }
        assertThat(Verification.ofAll(backups()).isGood()).isTrue();
        assertThat(restored("new", null, null)).hasSize(20_001);
    }

    @Test
    void verify_idThatNoBackupCanHave_isRefusedAsUnknown() throws IOException {
        try (BackedUpTable it = open("data")) {
            it.backups.backUp();
            for (String id : List.of("", ".", "..", "../..", "a/b", "20261122T100000000Z/..", "\u0000", "a\n")) {
                assertThatThrownBy(() -> it.backups.verify(id))
                        .as(id)
                        .isInstanceOf(BackupException.class)
                        .hasMessageContaining("there is no finished backup");
            }
        }
    }

    @Test
    void restore_manifestNamesAFileOutside_isRefusedAndNothingIsWrittenThere() throws IOException {
        Backup backup = backedUp();
        Path manifest = backups().resolve("backups/" + backup.id() + "/manifest");
        String good = Files.readString(manifest);
        for (String file : List.of(
                "backups/" + backup.id() + "/evil ../../evil",
                "backups/" + backup.id() + "/evil " + directory.resolve("evil"),
                "backups/" + backup.id() + "/evil ..",
                "backups/" + backup.id() + "/../../../secret secret",
                "files/../../secret secret",
                directory.resolve("secret") + " secret")) {
            Files.writeString(directory.resolve("secret"), "evil");
            Files.writeString(manifest.resolveSibling("evil"), "evil");
            String text = good.substring(0, good.lastIndexOf("end ")) + "file " + DurableFiles.sha256("evil") + " 4 "
                    + file + "\n";
            Files.writeString(manifest, text + "end " + DurableFiles.sha256(text) + "\n");

            assertThatThrownBy(() -> Restore.run(request("new", null, null)))
                    .as(file)
                    .isInstanceOf(BackupException.class)
                    .hasMessageContaining(manifest.toString());
            assertThat(damages()).as(file).singleElement().asString().contains(manifest.toString());
            assertThat(directory.resolve("evil")).as(file).doesNotExist();
            assertThat(directory.resolve("new/table")).as(file).doesNotExist();
        }
    }

    @Test
    void restore_manifestOfALaterBackupIsDamaged_isRefusedUnlessAnEarlierOneIsNamed() throws IOException {
        String earlier;
        try (BackedUpTable it = open("data")) {
            it.put("d", "1", "x");
            earlier = it.backups.backUp().id();
            step();
            it.put("d", "2", "x");
            step();
            Path later = backups().resolve("backups/" + it.backups.backUp().id() + "/manifest");
            cut(later, 3);

            assertThatThrownBy(() -> Restore.run(request("new", null, null)))
                    .hasMessageContaining(later.toString())
                    .hasMessageContaining("--backup " + earlier);
            Restore.Restored done = Restore.run(request("new", null, earlier));
            assertThat(done.notes()).anyMatch(note -> note.contains(later.toString()));
        }
        assertThat(BackedUpTable.contents(directory.resolve("new"), clock)).containsOnlyKeys("d/1", "d/2");
    }

    @Test
    void restore_blockOfTheLogIsDamaged_hasAllBeforeItAndSaysSo() throws IOException {
        List<Instant> shipped = new ArrayList<>();
        try (BackedUpTable it = open("data")) {
            it.backups.backUp();
            for (int i = 0; i < 5; i++) {
                step();
                it.put("d", String.valueOf(i), "x");
                step();
                it.backups.ship();
                shipped.add(clock.instant());
            }
        }
        Path segment = lastSegment();
        byte[] good = Files.readAllBytes(segment);
        int[] at = {good.length / 2, good.length - 1, -1};
        // The length in the header of the second commit's block: what follows must not be taken for an unfinished end.
        for (int i = good.length / 4; at[2] < 0; i++) {
            at[2] = LogBlock.plausibleBytes(ByteBuffer.wrap(good, i, LogBlock.HEADER_BYTES)) > 0 ? i + 4 : -1;
        }
        for (int position : at) {
            byte[] bad = good.clone();
            bad[position] ^= 0x40;
            Files.write(segment, bad);
            boolean isLast = position == good.length - 1;
            if (isLast) {
                Restore.Restored done = Restore.run(request("new", null, null));
                assertThat(done.completeUntil()).isEqualTo(shipped.get(3));
                assertThat(done.notes()).singleElement().asString().contains(segment.toString());
                assertThat(Verification.ofAll(backups()).backups().get(0).notes())
                        .singleElement()
                        .asString()
                        .contains(segment.toString());
                DurableFiles.removeTree(directory.resolve("new"));
            } else {
                assertThatThrownBy(() -> Restore.run(request("new", null, null)))
                        .as("byte %d", position)
                        .hasMessageContaining(segment.toString());
                assertThat(damages()).as("byte %d", position).anyMatch(damage -> damage.contains(segment.toString()));
            }
        }
    }

    @Test
    void open_directoryOfSomethingElseOrOfAnotherService_isRefused() throws IOException {
        Path foreign = Files.createDirectories(directory.resolve("photos"));
        Files.writeString(foreign.resolve("cat.jpg"), "x");
        assertThatThrownBy(() -> Backups.refuseIfForeign(foreign))
                .hasMessageContaining("is neither empty nor a directory of backups: it has cat.jpg");

        try (BackedUpTable one = open("data");
                BackedUpTable other = open("other")) {
            one.backups.backUp();
            assertThatThrownBy(other.backups::backUp).hasMessageContaining("another process backs up to");
        }
    }

    /** The table forgets what has been committed since the log was last shipped. */
    private void loseWhatTheLogLacks() throws IOException {
        try (BackedUpTable it = open("data")) {
            it.putMany("large", 40_000, "not shipped ");
        }
        open("data").close(); // recovery puts the log into the archive
        DurableFiles.removeTree(directory.resolve("data/table/archive"));
    }

    /** A file where a directory has to be: what a full or failing disk does, for any user. */
    private void blockFiles() throws IOException {
        Files.move(backups().resolve("files"), backups().resolve("files.aside"));
        Files.writeString(backups().resolve("files"), "in the way");
    }

    private void unblockFiles() throws IOException {
        Files.delete(backups().resolve("files"));
        Files.move(backups().resolve("files.aside"), backups().resolve("files"));
    }

    private static void cut(Path file, int bytes) throws IOException {
        byte[] whole = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(whole, whole.length - bytes));
    }

    private Path newestSegment() throws IOException {
        Path newest = lastSegment();
        for (Path file : filesOf(backups().resolve("log"))) {
            if (Files.getLastModifiedTime(file).compareTo(Files.getLastModifiedTime(newest)) > 0) {
                newest = file;
            }
        }
        return newest;
    }

    /** A table with a backup and a log behind it. */
    private Backup backedUp() {
        try (BackedUpTable it = open("data")) {
            it.put("d", "1", "base");
            Backup backup = it.backups.backUp();
            step();
            it.put("d", "2", "in the log");
            it.backups.ship();
            step();
            it.backups.ship();
            return backup;
        }
    }

    private BackedUpTable open(String data) {
        return new BackedUpTable(directory.resolve(data), backups(), clock);
    }

    private void step() {
        clock.advance(STEP);
    }

    private Path backups() {
        return directory.resolve("backups");
    }

    private Restore.Request request(String data, @Nullable Instant until, @Nullable String backup) {
        return new Restore.Request(backups(), directory.resolve(data), until, backup);
    }

    private Map<String, String> restored(String data, @Nullable Instant until, @Nullable String backup) {
        Restore.run(request(data, until, backup));
        return BackedUpTable.contents(directory.resolve(data), clock);
    }

    private List<String> damages() {
        try {
            return Verification.ofAll(backups()).backups().stream()
                    .flatMap(found -> found.damages().stream())
                    .toList();
        } catch (BackupException e) {
            return List.of(String.valueOf(e.getMessage()));
        }
    }

    private Path lastSegment() throws IOException {
        List<Path> segments = filesOf(backups().resolve("log"));
        return segments.get(segments.size() - 1);
    }

    private static List<Path> filesOf(Path root) throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        }
    }
}
