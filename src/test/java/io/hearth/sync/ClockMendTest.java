package io.hearth.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.RegionId;
import io.hearth.model.TimeRange;
import io.hearth.model.WriteStamp;
import io.hearth.series.value.ClockAheadException;
import io.hearth.shadow.document.Limits;
import io.hearth.shadow.document.ShadowId;
import io.hearth.shadow.document.ShadowJson;
import io.hearth.shadow.document.ShadowRequest;
import io.hearth.table.Table;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A region whose clock was wrong once is brought back to its peers, with all that it wrote, and all that they wrote. */
@SuppressWarnings("NullAway")
class ClockMendTest {
    private static final Duration TEN_YEARS = Duration.ofDays(3652);
    private static final DeviceId LAMP = new DeviceId("lamp");
    private static final DeviceId HEATER = new DeviceId("heater");
    private static final long SECOND = 1_000_000;

    private final Instant[] now = {Instant.parse("2026-11-22T10:00:00Z")};
    private final SimulatedRegion hub = new SimulatedRegion(new RegionId("hub"), now, Duration.ZERO);
    private final SimulatedRegion cloud = new SimulatedRegion(new RegionId("cloud"), now, Duration.ZERO);
    private final SimulatedLink toHub = link(hub, cloud);
    private final SimulatedLink toCloud = link(cloud, hub);

    private static SimulatedLink link(SimulatedRegion to, SimulatedRegion from) {
        SimulatedLink link = new SimulatedLink(
                to, new SyncSource.Wanted(Set.of(), Set.of(), SyncSource.Origin.OWN, from.id), new Random(0));
        link.faulty = false;
        return link;
    }

    private static void pull(SimulatedRegion region, SimulatedRegion peer, SimulatedLink link) throws IOException {
        do {
            region.pull(peer.id, link).step();
        } while (region.progress.get(peer.id).state() != PeerProgress.State.FOLLOWING);
    }

    private void sync() throws IOException {
        for (int round = 0; round < 2; round++) {
            pull(cloud, hub, toHub);
            pull(hub, cloud, toCloud);
        }
    }

    private void advance(Duration time) {
        now[0] = now[0].plus(time);
    }

    private long time() {
        return EpochMicros.of(now[0]);
    }

    private static void append(SimulatedRegion region, DeviceId device, long time, int value) {
        region.append(device, time, Map.of("n", value));
    }

    private static void desire(SimulatedRegion region, String fields) {
        byte[] body = ("{\"state\":{\"desired\":" + fields + "}}").getBytes(StandardCharsets.UTF_8);
        region.shadows
                .update(ShadowId.classic(LAMP), ShadowRequest.update(body, Limits.DEFAULT), "test")
                .await()
                .indefinitely();
    }

    private static String desired(SimulatedRegion region) {
        byte[] json = ShadowJson.whole(
                region.shadows
                        .stored(ShadowId.classic(LAMP))
                        .await()
                        .indefinitely()
                        .document(),
                0,
                null);
        String text = new String(json, StandardCharsets.UTF_8);
        return text.substring(text.indexOf("\"desired\":") + 10, text.indexOf('}') + 1);
    }

    /** The hub boots ten years ahead, stores and erases, its clock is mended, and it goes on. */
    private long theHubIsWrong() throws IOException {
        long t = time();
        append(hub, LAMP, t, 1);
        append(cloud, HEATER, t, 1);
        desire(cloud, "{\"a\":1,\"b\":1}");
        sync();
        advance(Duration.ofHours(1));

        hub.clockOffsetMillis = TEN_YEARS.toMillis();
        hub.restart();
        append(hub, LAMP, t + SECOND, 2);
        append(hub, LAMP, t, 3); // a correction
        hub.append(LAMP, EpochMicros.of(hub.instant()), Map.of("wrongTime", true));
        hub.series.erase(HEATER, new TimeRange(t, t + 10 * SECOND));
        desire(hub, "{\"a\":2}");
        advance(Duration.ofHours(1));
        append(hub, LAMP, t + SECOND, 4);

        hub.clockOffsetMillis = 0;
        hub.restart();
        append(hub, LAMP, t + 2 * SECOND, 5);
        desire(hub, "{\"c\":2}");
        return t;
    }

    @Test
    void peer_ofARegionWhoseClockWasAhead_staysHeldAlthoughTheClockIsMended() throws Exception {
        theHubIsWrong();
        advance(Duration.ofDays(1));

        assertThatThrownBy(() -> pull(cloud, hub, toHub)).isInstanceOf(ClockAheadException.class);
    }

    @Test
    void mend_bringsTheRegionBack_withTheOrderOfItsWritesAndOfItsErasure() throws Exception {
        long t = theHubIsWrong();
        long wrongTime = EpochMicros.of(now[0].minus(Duration.ofHours(1)).plus(TEN_YEARS));
        advance(Duration.ofHours(1));
        append(cloud, HEATER, t + SECOND, 7); // written after the erasure, so it stays
        append(cloud, LAMP, t, 8); // a later correction, so it wins
        desire(cloud, "{\"a\":3}");
        advance(Duration.ofHours(1));

        ClockMend.Report report = hub.mendClock(null);
        sync();

        assertThat(report.damaged()).isEmpty();
        assertThat(report.ahead()).isBetween(TEN_YEARS.minusSeconds(5), TEN_YEARS.plusSeconds(5));
        assertThat(report.moved()).isEqualTo(1);
        for (SimulatedRegion region : List.of(hub, cloud)) {
            Map<Long, Map<String, Object>> lamp = region.readings(LAMP);
            assertThat(lamp)
                    .contains(
                            entry(t, Map.of("n", 8.0)),
                            entry(t + SECOND, Map.of("n", 4.0)),
                            entry(t + 2 * SECOND, Map.of("n", 5.0)));
            assertThat(lamp).hasSize(4);
            assertThat(lamp.keySet()).allMatch(time -> time < time());
            assertThat(lamp).containsEntry(wrongTime - report.ahead().toMillis() * 1000, Map.of("wrongTime", true));
            assertThat(region.readings(HEATER)).containsOnly(entry(t + SECOND, Map.of("n", 7.0)));
            assertThat(desired(region)).isEqualTo("{\"a\":3,\"b\":1,\"c\":2}");
            assertThat(region.series.device(LAMP).orElseThrow().firstSeenMicros())
                    .isEqualTo(t);
        }
    }

    @Test
    void mend_ofSealedDays_keepsTheirReadingsAndLeavesNoStampAhead() throws Exception {
        long day = EpochMicros.of(Instant.parse("2026-11-20T00:00:00Z"));
        hub.clockOffsetMillis = TEN_YEARS.toMillis();
        hub.restart();
        for (int i = 0; i < 200; i++) {
            append(hub, LAMP, day + i * SECOND, i);
            append(hub, LAMP, day + TEN_YEARS.toMillis() * 1000 + i * SECOND, i);
        }
        advance(Duration.ofDays(2));
        hub.series.seal(EpochMicros.of(hub.instant()), nanos -> {});
        hub.clockOffsetMillis = 0;
        hub.restart();
        append(hub, LAMP, day + SECOND, -1);
        Map<Long, Map<String, Object>> before = hub.readings(LAMP);
        assertThat(before).hasSize(400);

        ClockMend.Report report = hub.mendClock(TEN_YEARS);
        assertThat(report.moved()).isEqualTo(200);
        assertThat(hub.readings(LAMP)).hasSize(200).containsEntry(day + SECOND, Map.of("n", -1.0));
        assertThat(hub.mendClock(null).stamps())
                .as("nothing is left to be mended")
                .isZero();

        hub.series.seal(EpochMicros.of(hub.instant()), nanos -> {});
        sync();
        assertThat(cloud.readings(LAMP)).isEqualTo(hub.readings(LAMP)).hasSize(200);
    }

    /** By the clock that was ahead the readings seemed to have expired, so nobody found them. */
    @Test
    void mend_ofWhatWasErasedWhileItSeemedToHaveExpired_erasesIt() throws Exception {
        SimulatedRegion keeper = new SimulatedRegion(new RegionId("keeper"), now, Duration.ofDays(30));
        SimulatedLink toKeeper = link(keeper, cloud);
        SimulatedLink fromCloud = link(cloud, keeper);
        long t = time();
        append(keeper, LAMP, t, 1);
        append(keeper, HEATER, t, 1);
        pull(cloud, keeper, toKeeper);
        advance(Duration.ofHours(1));
        keeper.clockOffsetMillis = TEN_YEARS.toMillis();
        keeper.restart();
        keeper.series.erase(LAMP, new TimeRange(t, t + SECOND));
        cloud.series.erase(HEATER, new TimeRange(t, t + SECOND));
        pull(keeper, cloud, fromCloud);
        advance(Duration.ofHours(1));
        keeper.clockOffsetMillis = 0;
        keeper.restart();

        keeper.mendClock(null);

        assertThat(keeper.readings(LAMP)).isEmpty();
        assertThat(keeper.readings(HEATER)).isEmpty();
        pull(cloud, keeper, toKeeper);
        assertThat(cloud.readings(LAMP)).isEmpty();
    }

    /** Then the writes do not show how far it was ahead. */
    @Test
    void mend_ofAClockThatWasAheadAndThenBehind_keepsErasures() throws Exception {
        SimulatedRegion keeper = new SimulatedRegion(new RegionId("keeper"), now, Duration.ofDays(30));
        SimulatedLink toKeeper = link(keeper, cloud);
        SimulatedLink fromCloud = link(cloud, keeper);
        long t = time();
        append(cloud, LAMP, t, 1);
        advance(Duration.ofHours(1));
        append(keeper, HEATER, t, 0);
        keeper.clockOffsetMillis = Duration.ofHours(7).toMillis();
        keeper.restart();
        keeper.series.erase(LAMP, new TimeRange(t, t + SECOND));
        keeper.clockOffsetMillis = -TEN_YEARS.toMillis();
        keeper.restart();
        append(keeper, HEATER, t + SECOND, 1);
        advance(Duration.ofHours(1));
        keeper.clockOffsetMillis = 0;
        keeper.restart();

        keeper.mendClock(null);

        pull(keeper, cloud, fromCloud);
        pull(cloud, keeper, toKeeper);
        assertThat(keeper.readings(LAMP)).isEmpty();
        assertThat(cloud.readings(LAMP)).isEmpty();
    }

    @Test
    void mend_ofAClockThatWasAheadWhileNothingWasWritten_bringsWhatWasPassedOver() throws Exception {
        SimulatedRegion keeper = new SimulatedRegion(new RegionId("keeper"), now, Duration.ofDays(30));
        SimulatedRegion other = new SimulatedRegion(new RegionId("other"), now, Duration.ofDays(30));
        SimulatedLink fromOther = link(other, keeper);
        append(other, LAMP, time(), 1);
        keeper.clockOffsetMillis = Duration.ofDays(40).toMillis();
        pull(keeper, other, fromOther);
        keeper.clockOffsetMillis = 0;
        keeper.restart();
        pull(keeper, other, fromOther);
        assertThat(keeper.readings(LAMP)).isEmpty();

        assertThat(keeper.mendClock(null).stamps()).isZero();
        pull(keeper, other, fromOther);

        assertThat(keeper.readings(LAMP)).isEqualTo(other.readings(LAMP));
    }

    @Test
    void mend_writesOfTheTimeAfter_winAgainstAllThatWasMoved() throws Exception {
        long t = theHubIsWrong();
        hub.mendClock(null);

        append(hub, LAMP, t, 42);
        desire(hub, "{\"a\":42}");
        sync();

        assertThat(cloud.readings(LAMP)).containsEntry(t, Map.of("n", 42.0));
        assertThat(desired(cloud)).contains("\"a\":42");
    }

    @Test
    void mend_ofATableWithoutStampsAhead_takesThePeersOverAnew() throws Exception {
        append(hub, LAMP, time(), 1);
        desire(hub, "{\"a\":1}");
        hub.series.erase(HEATER);
        sync();
        Table before = hub.table;

        ClockMend.Report report =
                new ClockMend(before, hub.id, List.of()).run(now[0], ClockMend.TOLERANCE, null, false);

        assertThat(report.stamps()).isZero();
        assertThat(report.items())
                .as("the erasure, which is carried out once more")
                .isEqualTo(1);
        assertThat(new SyncItems(before).checkpoint(cloud.id)).isEmpty();
    }

    @Test
    void mend_asADryRun_saysWhatItWouldDo() throws Exception {
        theHubIsWrong();
        Map<Long, Map<String, Object>> before = hub.readings(LAMP);

        ClockMend.Report report =
                new ClockMend(hub.table, hub.id, List.of()).run(now[0], ClockMend.TOLERANCE, null, true);

        assertThat(report.stamps()).isPositive();
        assertThat(report.items()).isGreaterThan(5);
        assertThat(report.latest()).isAfter(now[0].plus(TEN_YEARS).minusSeconds(7200));
        assertThat(hub.readings(LAMP)).isEqualTo(before);
        WriteStamp last = hub.shadows
                .stored(ShadowId.classic(LAMP))
                .await()
                .indefinitely()
                .document()
                .lastWrite();
        assertThat(last.time().physicalMillis()).isGreaterThan(now[0].toEpochMilli());
    }
}
