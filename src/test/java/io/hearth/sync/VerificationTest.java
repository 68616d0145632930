package io.hearth.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.RegionId;
import io.hearth.series.SeriesFixture;
import io.hearth.series.WindowDigests;
import io.hearth.table.Item;
import io.hearth.table.Write;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

@SuppressWarnings("NullAway")
class VerificationTest {
    private static final DeviceId DEVICE = new DeviceId("d1");
    private static final long DAY = EpochMicros.of(Instant.parse("2026-11-20T00:00:00Z"));
    private static final long SECOND = 1_000_000;

    private final Instant[] now = {Instant.parse("2026-11-22T10:00:00Z")};
    private final SimulatedRegion one = new SimulatedRegion(new RegionId("one"), now, Duration.ZERO);
    private final SimulatedRegion other = new SimulatedRegion(new RegionId("other"), now, Duration.ZERO);
    private final SimulatedLink link = new SimulatedLink(
            one, new SyncSource.Wanted(Set.of(), Set.of(), SyncSource.Origin.OWN, other.id), new Random(0));

    VerificationTest() {
        link.faulty = false;
    }

    private void pull() throws IOException {
        do {
            other.pull(one.id, link).step();
        } while (other.progress.get(one.id).state() != PeerProgress.State.FOLLOWING);
    }

    private Verification.Report verify() throws IOException {
        return other.verification().run(one.id, link);
    }

    @Test
    void verify_ofRegionsThatAreStoredDifferently_findsNoDifference() throws Exception {
        for (int i = 0; i < 50; i++) {
            SeriesFixture.append(one.series, "d1", DAY + i * SECOND, Map.of("n", i, "on", i % 2 == 0, "text", "t" + i));
        }
        pull();
        one.series.seal(EpochMicros.of(now[0]), nanos -> {});

        Verification.Report report = verify();

        assertThat(report.windows()).isEqualTo(1);
        assertThat(report.differing()).isZero();
    }

    @Test
    void verify_afterReadingsWereLost_namesAndRepairsTheDay() throws Exception {
        for (int i = 0; i < 3 * 24; i++) {
            SeriesFixture.append(one.series, "d1", DAY - 86400 * SECOND + i * 1800 * SECOND, Map.of("n", i));
        }
        pull();
        Item lost = WindowDigests.stored(other.table, DEVICE, DAY).get(3);
        other.table.write(List.of(new Write.Delete(lost.key()))).await().indefinitely();
        one.series.seal(EpochMicros.of(now[0]), nanos -> {});

        Verification.Report report = verify();

        assertThat(report.differences()).containsExactly(new Verification.Difference(DEVICE, DAY, true));
        assertThat(other.readings(DEVICE)).isEqualTo(one.readings(DEVICE));
        assertThat(verify().differing()).isZero();
    }

    @Test
    void verify_ofWhatOnlyThisRegionHas_leavesItToThePeer() throws Exception {
        SeriesFixture.append(one.series, "d1", DAY, Map.of("n", 1));
        pull();
        SeriesFixture.append(other.series, "d1", DAY + SECOND, Map.of("n", 2));

        Verification.Report report = verify();

        assertThat(report.differing()).isEqualTo(1);
        assertThat(report.repaired()).isZero();
        assertThat(other.readings(DEVICE)).hasSize(2);
    }
}
