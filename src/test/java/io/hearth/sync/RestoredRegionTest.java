package io.hearth.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.backup.Backups;
import io.hearth.backup.Restore;
import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.RegionId;
import io.hearth.model.TimeRange;
import io.hearth.series.SeriesFixture;
import io.hearth.series.SeriesStore;
import io.hearth.shadow.ShadowStore;
import io.hearth.shadow.document.Limits;
import io.hearth.shadow.document.ShadowDocument;
import io.hearth.shadow.document.ShadowId;
import io.hearth.shadow.document.ShadowJson;
import io.hearth.shadow.document.ShadowRequest;
import io.hearth.sync.wire.PeerDigests;
import io.hearth.sync.wire.PeerPage;
import io.hearth.sync.wire.PeerStart;
import io.hearth.sync.wire.PeerTransport;
import io.hearth.sync.wire.RecordLines;
import io.hearth.sync.wire.SyncPage;
import io.hearth.table.CommitListener;
import io.hearth.table.Cursor;
import io.hearth.table.CursorExpiredException;
import io.hearth.table.Direction;
import io.hearth.table.FakeClock;
import io.hearth.table.rocksdb.RocksDbSettings;
import io.hearth.table.rocksdb.RocksDbTable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A region that was restored from a backup, and a peer that has what came after it. */
final class RestoredRegionTest {
    private static final RegionId ONE = new RegionId("one");
    private static final RegionId OTHER = new RegionId("other");
    private static final long DAY_BEFORE = EpochMicros.of(Instant.parse("2026-11-20T00:00:00Z"));
    private static final long SECOND = 1_000_000;
    private static final Duration MAX_CLOCK_AHEAD = Duration.ofMinutes(1);

    private final FakeClock clock = new FakeClock();

    @TempDir
    private Path directory;

    @Test
    void restoredRegion_getsBackItsOwnLaterWritesAndErasures() throws IOException {
        Path backups = directory.resolve("backups");
        try (Region other = new Region("other", OTHER)) {
            try (Region one = new Region("one", ONE)) {
                one.append("kept", DAY_BEFORE, "v", 1);
                one.append("erased", DAY_BEFORE, "secret", 1);
                one.append("partly", DAY_BEFORE, "secret", 1);
                one.append("partly", DAY_BEFORE + 3600 * SECOND, "v", 1);
                one.shadow("kept", "{\"color\":\"red\",\"power\":true}");
                one.shadow("erased", "{\"secret\":true}");
                other.append("kept", DAY_BEFORE + SECOND, "v", 2);
                exchange(one, other);
                one.backUp(backups);

                clock.advance(Duration.ofMinutes(1));
                one.append("kept", DAY_BEFORE, "v", 11);
                one.append("kept", DAY_BEFORE + 2 * SECOND, "v", 3);
                one.append("new", DAY_BEFORE, "v", 4);
                one.shadow("kept", "{\"color\":null,\"level\":7}");
                one.series.erase(new DeviceId("erased"));
                one.shadows.erase(new DeviceId("erased")).await().indefinitely();
                one.series.erase(new DeviceId("partly"), new TimeRange(DAY_BEFORE, DAY_BEFORE + SECOND));
                exchange(one, other);
            }
            // What is sealed comes as a chunk, and with stamps that are later than those of the writes.
            other.series.seal(EpochMicros.of(clock.instant()), nanos -> {});
            clock.advance(Duration.ofMinutes(10));
            Restore.run(new Restore.Request(backups, directory.resolve("restored"), null, null));

            try (Region one = new Region("restored", ONE)) {
                assertThat(one.readings("erased"))
                        .as("as it was when it was backed up")
                        .isNotEmpty();
                one.append("kept", DAY_BEFORE + 5 * SECOND, "v", 6);

                exchange(one, other);

                for (Region region : List.of(one, other)) {
                    assertThat(region.readings("kept"))
                            .as(region.id.value())
                            .isEqualTo(List.of(
                                    Map.entry(DAY_BEFORE, Map.of("v", 11.0)),
                                    Map.entry(DAY_BEFORE + SECOND, Map.of("v", 2.0)),
                                    Map.entry(DAY_BEFORE + 2 * SECOND, Map.of("v", 3.0)),
                                    Map.entry(DAY_BEFORE + 5 * SECOND, Map.of("v", 6.0))));
                    assertThat(region.readings("new")).as(region.id.value()).hasSize(1);
                    assertThat(region.readings("erased")).as(region.id.value()).isEmpty();
                    assertThat(region.series.devices(10, null).toString())
                            .as(region.id.value())
                            .doesNotContain("erased");
                    assertThat(region.readings("partly"))
                            .as(region.id.value())
                            .isEqualTo(List.of(Map.entry(DAY_BEFORE + 3600 * SECOND, Map.of("v", 1.0))));
                    assertThat(region.shadowOf("kept"))
                            .as(region.id.value())
                            .isEqualTo("{\"desired\":{\"level\":7,\"power\":true}");
                    assertThat(region.shadowOf("erased")).as(region.id.value()).isEqualTo("none");
                }
            }
        }
    }

    /** Has both pull until neither has anything new. */
    private static void exchange(Region one, Region other) throws IOException {
        PeerPull here = one.pullOf(other);
        PeerPull there = other.pullOf(one);
        long before;
        do {
            before = one.table.committedSequence() + other.table.committedSequence();
            for (int i = 0; i < 20; i++) {
                here.step();
                there.step();
            }
            here.save();
            there.save();
        } while (one.pulled.state() != PeerProgress.State.FOLLOWING
                || other.pulled.state() != PeerProgress.State.FOLLOWING
                || one.table.committedSequence() + other.table.committedSequence() - before > 4);
    }

    /** A region on a disk. */
    private final class Region implements AutoCloseable {
        final RegionId id;
        final Path data;
        final RocksDbTable table;
        final SeriesStore series;
        final ShadowStore shadows;
        final SyncSource source;
        final SyncTarget target;
        final PeerProgress pulled = new PeerProgress(clock);

        Region(String name, RegionId id) {
            this.id = id;
            data = directory.resolve(name);
            table = RocksDbTable.open(RocksDbSettings.of(data.resolve("table")), clock, CommitListener.NONE);
            series = new SeriesStore(table, id, clock, Duration.ofDays(30));
            shadows = new ShadowStore(
                    table, id, clock, new ShadowStore.Settings(Limits.DEFAULT, Duration.ofDays(2), Duration.ofDays(7)));
            series.remote().finishErasures();
            source = new SyncSource(table, id);
            target = new SyncTarget(table, series.remote(), shadows, clock, MAX_CLOCK_AHEAD);
        }

        PeerPull pullOf(Region peer) {
            return new PeerPull(
                    peer.id,
                    new Link(peer, id),
                    target,
                    new SyncItems(table),
                    pulled,
                    new PeerPull.Settings(100, Duration.ZERO),
                    null);
        }

        void append(String device, long timeMicros, String metric, Object value) {
            SeriesFixture.append(series, device, timeMicros, Map.of(metric, value));
        }

        void shadow(String thing, String desired) {
            String body = "{\"state\":{\"desired\":" + desired + "}}";
            shadows.update(
                            shadowId(thing),
                            ShadowRequest.update(body.getBytes(StandardCharsets.UTF_8), Limits.DEFAULT),
                            "test")
                    .await()
                    .indefinitely();
        }

        String shadowOf(String thing) {
            ShadowDocument document =
                    shadows.stored(shadowId(thing)).await().indefinitely().document();
            String json = new String(ShadowJson.whole(document, 0, null), StandardCharsets.UTF_8);
            return document.exists()
                    ? json.substring(json.indexOf("{\"desired\""), json.indexOf(",\"delta\""))
                    : "none";
        }

        List<Map.Entry<Long, Map<String, Object>>> readings(String device) {
            return SeriesFixture.scan(series, device, TimeRange.ALL, Set.of(), Direction.ASCENDING);
        }

        void backUp(Path backups) {
            Backups.Settings settings =
                    new Backups.Settings(backups, data.resolve("backup-staging"), Duration.ofDays(7));
            try (Backups made = new Backups(table, settings, clock)) {
                made.backUp();
            }
        }

        @Override
        public void close() {
            table.close();
        }
    }

    private static ShadowId shadowId(String thing) {
        return new ShadowId(new DeviceId(thing), "");
    }

    /** How a region asks another one: for what began there, less what it wrote itself. */
    private record Link(Region peer, RegionId asks) implements PeerTransport {
        @Override
        public PeerStart start() {
            return new PeerStart(peer.id.value(), peer.source.now().value(), 4);
        }

        @Override
        public PeerPage changes(String after, int limit, Duration wait) throws IOException {
            SyncSource.Wanted wanted = new SyncSource.Wanted(Set.of(), Set.of(), SyncSource.Origin.OWN, asks);
            try {
                return arrived(peer.source.changes(new Cursor(after), limit, wanted));
            } catch (CursorExpiredException e) {
                throw new PlaceGoneException("gone");
            }
        }

        @Override
        public PeerPage snapshot(int segment, int segments, @Nullable String after) throws IOException {
            return arrived(peer.source.snapshot(segment, segments, after == null ? null : new Cursor(after)));
        }

        private PeerPage arrived(SyncPage page) throws IOException {
            return RecordLines.read(RecordLines.write(page, 0));
        }

        @Override
        public PeerDigests digests(int segment, int segments, TimeRange range, long tombstonesFromMillis) {
            throw new UnsupportedOperationException();
        }

        @Override
        public PeerPage shadow(DeviceId thing, String name) {
            throw new UnsupportedOperationException();
        }

        @Override
        public PeerPage window(DeviceId device, long startMicros) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() {}
    }
}
