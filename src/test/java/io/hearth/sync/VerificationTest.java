package io.hearth.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.RegionId;
import io.hearth.series.SeriesFixture;
import io.hearth.series.WindowDigests;
import io.hearth.shadow.StoredShadow;
import io.hearth.shadow.document.Limits;
import io.hearth.shadow.document.ShadowId;
import io.hearth.shadow.document.ShadowRequest;
import io.hearth.table.Item;
import io.hearth.table.Scan;
import io.hearth.table.Write;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
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

    private static final ShadowRequest BARE = new ShadowRequest(null, null, null);

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

    @Test
    void verify_ofShadowsThatAreTheSame_findsNoDifference() throws Exception {
        update(one, "lamp", "{\"on\":true,\"level\":7}");
        update(one, "lamp", "{\"level\":null}");
        update(one, "", "{\"x\":0.1}");
        update(one, "gone", "{\"x\":1}");
        one.shadows.delete(id("gone"), BARE, "test").await().indefinitely();
        pull();
        settle();

        Verification.Shadows report = verify().shadows();

        assertThat(report.compared()).isEqualTo(3);
        assertThat(report.differing()).isZero();
    }

    @Test
    void verify_afterShadowsWereLost_namesAndRepairsThem() throws Exception {
        update(one, "", "{\"x\":0.1}");
        update(one, "lamp", "{\"on\":true}");
        update(one, "kept", "{\"on\":true}");
        pull();
        other.table
                .write(List.of(
                        new Write.Delete(stored(other, id("")).key()),
                        new Write.Delete(stored(other, id("lamp")).key())))
                .await()
                .indefinitely();
        settle();

        Verification.Report report = verify();

        assertThat(report.shadows().differences())
                .containsExactlyInAnyOrder(
                        new ShadowVerification.Difference(id(""), true, true),
                        new ShadowVerification.Difference(id("lamp"), true, true));
        assertThat(report.lost()).isEqualTo(2);
        assertThat(root(other, id("lamp"))).isEqualTo(root(one, id("lamp")));
        assertThat(verify().shadows().differing()).isZero();
    }

    @Test
    void verify_afterADeletionAndARemovalWereLost_repeatsThem() throws Exception {
        update(one, "gone", "{\"x\":1}");
        update(one, "lamp", "{\"on\":true,\"level\":7}");
        pull();
        Item gone = stored(other, id("gone"));
        Item lamp = stored(other, id("lamp"));
        one.shadows.delete(id("gone"), BARE, "test").await().indefinitely();
        update(one, "lamp", "{\"level\":null}");
        pull();
        other.table
                .write(List.of(new Write.Put(gone), new Write.Put(lamp)))
                .await()
                .indefinitely();
        settle();

        Verification.Shadows report = verify().shadows();

        assertThat(report.differing()).isEqualTo(2);
        assertThat(report.repaired()).isEqualTo(2);
        assertThat(StoredShadow.of(stored(other, id("gone"))).document().exists())
                .isFalse();
        assertThat(root(other, id("lamp"))).isEqualTo(root(one, id("lamp")));
    }

    @Test
    void verify_ofAShadowThatOnlyThisRegionHasWritten_keepsItAndLeavesItToThePeer() throws Exception {
        update(one, "lamp", "{\"on\":true}");
        pull();
        update(other, "lamp", "{\"on\":false}");
        Item written = stored(other, id("lamp"));
        settle();

        Verification.Shadows report = verify().shadows();

        assertThat(report.differences()).containsExactly(new ShadowVerification.Difference(id("lamp"), true, false));
        assertThat(stored(other, id("lamp")).body()).isEqualTo(written.body());
    }

    @Test
    void verify_ofAWriteThatIsOnItsWay_takesItInAndDoesNotCallItLost() throws Exception {
        pull();
        update(one, "lamp", "{\"on\":true}");

        Verification.Report report = verify();

        assertThat(report.shadows().differences())
                .containsExactly(new ShadowVerification.Difference(id("lamp"), false, true));
        assertThat(report.lost()).isZero();
    }

    @Test
    void verify_ofADeletionThatIsAboutToBeForgotten_passesItOver() throws Exception {
        update(one, "lamp", "{\"on\":true}");
        update(one, "gone", "{\"x\":1}");
        one.shadows.delete(id("gone"), BARE, "test").await().indefinitely();
        now[0] = now[0].plus(Duration.ofMinutes(47 * 60 + 30));

        Verification.Shadows report = verify().shadows();

        assertThat(report.compared()).isEqualTo(1);
        assertThat(report.differences()).containsExactly(new ShadowVerification.Difference(id("lamp"), true, true));
    }

    private void settle() {
        now[0] = now[0].plus(Duration.ofHours(2));
    }

    private static ShadowId id(String name) {
        return new ShadowId(DEVICE, name);
    }

    private static void update(SimulatedRegion region, String name, String desired) {
        byte[] body = ("{\"state\":{\"desired\":" + desired + "}}").getBytes(StandardCharsets.UTF_8);
        region.shadows
                .update(id(name), ShadowRequest.update(body, Limits.DEFAULT), "test")
                .await()
                .indefinitely();
    }

    /** The item of a shadow in the table of a region. */
    private static Item stored(SimulatedRegion region, ShadowId id) {
        return region.table.scan(new Scan(0, 1, 1000, null)).await().indefinitely().items().stream()
                .filter(item -> StoredShadow.isShadow(item.key())
                        && StoredShadow.idOf(item.key()).equals(id))
                .findFirst()
                .orElseThrow();
    }

    private static Object root(SimulatedRegion region, ShadowId id) {
        return StoredShadow.of(stored(region, id)).document().root();
    }
}
