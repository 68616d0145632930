package io.hearth.presence;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.presence.Presence.Cause;
import io.hearth.table.CommitListener;
import io.hearth.table.FakeClock;
import io.hearth.table.rocksdb.RocksDbSettings;
import io.hearth.table.rocksdb.RocksDbTable;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Presence on the embedded engine, which removes from the disk what has expired. */
class RocksDbPresenceTest {
    private static final Duration KEPT = Duration.ofDays(1);

    private final FakeClock clock = new FakeClock();

    @TempDir
    private Path directory;

    @Test
    void connection_longerThanPresenceIsKept_survivesTheSweepAndEndsWithTheProcess() {
        try (RocksDbTable table = open()) {
            DevicePresence presence = process(table);
            presence.connected(new DeviceId("online"), 1);
            presence.connected(new DeviceId("offline"), 2);
            presence.disconnected(new DeviceId("offline"), 2);
            presence.awaitWritten(Duration.ofSeconds(90));
            clock.advance(KEPT.multipliedBy(3));
            table.sweepNow();
        }
        long restartMicros = EpochMicros.of(clock.instant());
        try (RocksDbTable table = open()) {
            DevicePresence presence = process(table);
            assertThat(presence.endOthers()).isTrue();
            assertThat(presence.of(new DeviceId("online")))
                    .contains(new Presence(new DeviceId("online"), false, restartMicros, Cause.RESTART));
            assertThat(presence.of(new DeviceId("offline"))).isEmpty();
            clock.advance(KEPT);
            table.sweepNow();
            assertThat(presence.of(new DeviceId("online"))).isEmpty();
        }
    }

    private DevicePresence process(RocksDbTable table) {
        DevicePresence presence = new DevicePresence(table, clock, KEPT, () -> 0);
        presence.heartbeat();
        return presence;
    }

    private RocksDbTable open() {
        return RocksDbTable.open(
                new RocksDbSettings(directory, true, Duration.ofHours(1), Duration.ZERO, 4 << 20, 1 << 20, 64 << 20),
                clock,
                CommitListener.NONE);
    }
}
