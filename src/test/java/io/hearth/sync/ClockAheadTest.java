package io.hearth.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.RegionId;
import io.hearth.series.SeriesFixture;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A peer whose clock is wrong must not make every later write of the others lose. */
@SuppressWarnings("NullAway")
class ClockAheadTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final DeviceId DEVICE = new DeviceId("d1");
    private static final Duration AHEAD = Duration.ofMinutes(20);

    private final Instant[] now = {Instant.parse("2026-11-22T10:00:00Z")};
    private final SimulatedRegion one = new SimulatedRegion(new RegionId("one"), now, Duration.ZERO);
    private final SimulatedRegion other = new SimulatedRegion(new RegionId("other"), now, Duration.ZERO);

    @Test
    void peer_whoseClockIsTooFarAhead_isHeldUntilTheClocksAgree() {
        SimulatedLink link = new SimulatedLink(
                one, new SyncSource.Wanted(Set.of(), Set.of(), SyncSource.Origin.OWN, other.id), new Random(0));
        link.faulty = false;
        one.clockOffsetMillis = AHEAD.toMillis();
        SeriesFixture.append(one.series, "d1", EpochMicros.of(now[0]), Map.of("n", 1));

        try (SyncService service = other.service(link)) {
            service.start(List.of(new Peer(one.id, URI.create("http://127.0.0.1:1"), "")));
            PeerProgress progress = service.progress(one.id).orElseThrow();
            await().atMost(PATIENCE).until(() -> progress.state() == PeerProgress.State.HELD_CLOCK_AHEAD);
            assertThat(progress.clockAheadMillis()).isEqualTo(AHEAD.toMillis());
            assertThat(progress.lastError()).contains("clock");
            assertThat(progress.errors()).isPositive();
            assertThat(other.readings(DEVICE)).isEmpty();

            now[0] = now[0].plus(AHEAD);

            await().atMost(PATIENCE).until(() -> progress.state() == PeerProgress.State.FOLLOWING);
            assertThat(progress.clockAheadMillis()).isZero();
            assertThat(progress.lastError()).isNull();
            assertThat(other.readings(DEVICE)).isEqualTo(one.readings(DEVICE)).hasSize(1);
        }
    }
}
