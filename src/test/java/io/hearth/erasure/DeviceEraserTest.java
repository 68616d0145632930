package io.hearth.erasure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import io.hearth.ingest.DeadLetter;
import io.hearth.ingest.IngestResult;
import io.hearth.ingest.Rejection;
import io.hearth.ingest.RejectionReason;
import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.HybridTime;
import io.hearth.model.RegionId;
import io.hearth.model.TimeRange;
import io.hearth.model.WriteStamp;
import io.hearth.mqtt.endpoint.RetainedTexts;
import io.hearth.rest.admin.ErasureResource;
import io.hearth.rest.problem.ProblemException;
import io.hearth.series.value.Erasure;
import io.hearth.table.FakeClock;
import io.hearth.table.ForwardingTable;
import io.hearth.table.SharedTable;
import io.hearth.table.Table;
import io.hearth.table.TableException;
import io.hearth.table.Write;
import io.hearth.table.memory.MemoryTable;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DeviceEraserTest {
    private static final DeviceId D1 = new DeviceId("d1");
    private static final DeviceId D2 = new DeviceId("d2");
    private static final RegionId ELSEWHERE = new RegionId("elsewhere");

    private final FakeClock clock = new FakeClock();
    private final MemoryTable table = new MemoryTable(clock);
    private EverythingOfDevices process = new EverythingOfDevices(table, clock);

    @AfterEach
    void close() {
        process.close();
    }

    @Test
    void erase_removesEverythingOfTheDeviceAndNothingElse() {
        process.fill(D1, "s3cret");
        process.fill(D2, "other");

        assertThat(process.eraser.erase(D1)).isTrue();

        process.assertThatNothingIsLeftOf(D1, "s3cret", table);
        assertThat(process.readings(D2)).hasSize(1);
        assertThat(process.letters(D2)).hasSize(1);
        assertThat(process.hasShadow(D2)).isTrue();
        assertThat(process.presence.of(D2)).isPresent();
        assertThat(RetainedTexts.of(process.retained)).containsOnlyKeys("devices/d2/status");
        assertThat(process.eraser.erase(D1)).isFalse();
    }

    @Test
    void erase_ofWhatAnotherProcessWroteMoreThanAYearAhead_isAProblem_andErasesNothing() {
        FakeClock ahead = new FakeClock();
        ahead.advance(Duration.ofDays(366));
        try (EverythingOfDevices here = new EverythingOfDevices(new SharedTable(table), clock);
                EverythingOfDevices other = new EverythingOfDevices(new SharedTable(table), ahead)) {
            other.fill(D1, "text");
            ErasureResource resource = new ErasureResource(here.series, here.eraser, clock);

            assertThatThrownBy(() -> resource.eraseDevice("d1"))
                    .isInstanceOf(ProblemException.class)
                    .hasMessageContaining("days ahead of the clock here")
                    .hasMessageContaining("Nothing was erased");
            assertThatThrownBy(() -> resource.eraseReadings("d1", "2020-01-01T00:00:00Z", "2030-01-01T00:00:00Z"))
                    .isInstanceOf(ProblemException.class)
                    .hasMessageContaining("Nothing was erased");

            assertThat(here.readings(D1)).hasSize(1);
            assertThat(here.letters(D1)).hasSize(1);
            assertThat(here.hasShadow(D1)).isTrue();
        }
    }

    @Test
    void erase_thatEndsHalfWay_isFinishedByTheNextProcess() {
        Table failing = new ForwardingTable(table) {
            @Override
            public Uni<Void> write(List<Write> writes) {
                boolean deletes = writes.stream().anyMatch(Write.Delete.class::isInstance);
                return deletes && writes.get(0).key().partitionKey().equals("!dead-letters")
                        ? Uni.createFrom().failure(new TableException("out of order", null))
                        : table.write(writes);
            }
        };
        try (EverythingOfDevices dying = new EverythingOfDevices(failing, clock)) {
            dying.fill(D1, "s3cret");
            assertThatThrownBy(() -> dying.eraser.erase(D1)).isInstanceOf(TableException.class);
        }
        assertThat(process.letters(D1)).hasSize(1);

        clock.advance(Duration.ofSeconds(1));
        process.fill(D1, "new");
        process = restarted();

        assertThat(process.letters(D1)).hasSize(1);
        assertThat(process.readings(D1)).hasSize(1);
        assertThat(process.hasShadow(D1)).isTrue();
        assertThat(RetainedTexts.of(process.retained)).containsEntry("devices/d1/status", "new");
    }

    @Test
    void erase_ofADeviceWhoseIdBeginsAnother_leavesTheOther() {
        RetainedTexts.keep(process.retained, "devices/d1/status", "online");
        RetainedTexts.keep(process.retained, "devices/d10/status", "online");
        assertThat(process.eraser.erase(D1)).isTrue();
        assertThat(RetainedTexts.of(process.retained)).containsOnlyKeys("devices/d10/status");
    }

    @Test
    void erase_ofADeviceOfWhichOnlyOneThingIsKnown_removesThat() {
        process.submit(D1, "no json");
        assertThat(process.eraser.erase(D1)).isTrue();
        assertThat(process.letters(D1)).isEmpty();

        RetainedTexts.keep(process.retained, "devices/d1/status", "online");
        assertThat(process.eraser.erase(D1)).isTrue();
        assertThat(RetainedTexts.of(process.retained)).isEmpty();

        process.presence.connected(D1, 1);
        assertThat(process.eraser.erase(D1)).isTrue();
        assertThat(process.presence.of(D1)).isEmpty();

        process.update(D1, "{\"state\":{\"desired\":{\"a\":1}}}");
        assertThat(process.eraser.erase(D1)).isTrue();
        assertThat(process.hasShadow(D1)).isFalse();

        assertThat(process.eraser.erase(D1)).isFalse();
    }

    @Test
    void erase_whileADeadLetterIsOnItsWay_removesItAsSoonAsItIsThere() {
        CompletableFuture<Void> released = new CompletableFuture<>();
        AtomicBoolean isHeld = new AtomicBoolean(true);
        Table slow = new ForwardingTable(table) {
            @Override
            public Uni<Void> write(List<Write> writes) {
                if (!writes.get(0).key().partitionKey().equals("!dead-letters") || isHeld.getAndSet(true)) {
                    return table.write(writes);
                }
                return Uni.createFrom().completionStage(released).chain(() -> table.write(writes));
            }
        };
        try (EverythingOfDevices slowly = new EverythingOfDevices(slow, clock)) {
            slowly.fill(D2, "other");
            isHeld.set(false);
            CompletableFuture<Void> submitting = CompletableFuture.runAsync(() -> slowly.submit(D1, "{\"s3cret"));
            await().untilTrue(isHeld);
            slowly.presence.connected(D1, 1);
            assertThat(slowly.eraser.erase(D1)).isTrue();
            released.complete(null);
            submitting.orTimeout(60, TimeUnit.SECONDS).join();
            slowly.assertThatNothingIsLeftOf(D1, "s3cret", table);
            assertThat(slowly.letters(D2)).hasSize(1);
        }
    }

    @Test
    void deadLetterAfterTheErasure_isListed() {
        process.fill(D1, "s3cret");
        process.eraser.erase(D1);
        clock.advance(Duration.ofMillis(1));
        process.submit(D1, "{\"new");
        assertThat(process.letters(D1)).hasSize(1);
    }

    @Test
    void erasureOfAnotherRegion_removesWhatOnlyThisRegionKeeps() {
        process.fill(D1, "s3cret");
        clock.advance(Duration.ofSeconds(1));
        Erasure erasure =
                new Erasure(D1, TimeRange.ALL, true, new WriteStamp(HybridTime.of(clock.millis(), 0), ELSEWHERE));
        assertThat(process.series.remote().apply(erasure, Duration.ofMinutes(1)))
                .isTrue();

        assertThat(process.letters(D1)).isEmpty();
        assertThat(process.readings(D1)).isEmpty();
        assertThat(process.presence.of(D1)).isEmpty();
        assertThat(RetainedTexts.of(process.retained)).isEmpty();
        // It is deleted by the document of the other region, which comes, too.
        assertThat(process.hasShadow(D1)).isTrue();
    }

    @Test
    void erasureOfAnotherRegion_thatComesLate_leavesThatTheDeviceHasConnectedSince() {
        Erasure erasure =
                new Erasure(D1, TimeRange.ALL, true, new WriteStamp(HybridTime.of(clock.millis(), 0), ELSEWHERE));
        clock.advance(Duration.ofSeconds(1));
        process.presence.said(D1, true, 1).toCompletableFuture().join();

        assertThat(process.series.remote().apply(erasure, Duration.ofMinutes(1)))
                .isTrue();

        assertThat(process.presence.of(D1)).isPresent();
    }

    @Test
    void erasureOfARange_leavesDeadLetters_butTheirReplayDoesNotBringItBack() {
        DeadLetter letter = letterOfReadingsAhead(15, 16);
        long erasedMicros =
                EpochMicros.of(clock.instant()) + Duration.ofMinutes(15).toNanos() / 1000;
        clock.advance(Duration.ofMinutes(20));
        process.series.erase(D1, new TimeRange(erasedMicros, erasedMicros + 1));

        IngestResult result = process.replay(letter);

        assertThat(result.stored()).isEqualTo(1);
        assertThat(result.rejected())
                .extracting(Rejection::index, Rejection::reason)
                .containsExactly(tuple(0, RejectionReason.ERASED));
        assertThat(process.readings(D1)).hasSize(1);
        assertThat(process.letters(D1)).as("it still has what was erased").hasSize(1);
    }

    @Test
    void replayOfALetterThatCameAfterTheErasure_storesAllOfIt() {
        process.series.erase(D1, TimeRange.ALL);
        clock.advance(Duration.ofMillis(1));
        DeadLetter letter = letterOfReadingsAhead(15, 16);
        clock.advance(Duration.ofMinutes(20));

        assertThat(process.replay(letter).stored()).isEqualTo(2);
        assertThat(process.readings(D1)).hasSize(2);
        assertThat(process.letters(D1)).isEmpty();
    }

    /** A letter of readings that are too far ahead of the clock when they come. */
    private DeadLetter letterOfReadingsAhead(int oneMinutes, int otherMinutes) {
        process.submit(
                D1,
                "[{\"ts\":" + (clock.millis() + Duration.ofMinutes(oneMinutes).toMillis())
                        + ",\"values\":{\"a\":1}},{\"ts\":"
                        + (clock.millis() + Duration.ofMinutes(otherMinutes).toMillis()) + ",\"values\":{\"a\":2}}]");
        return process.letters(D1).get(0);
    }

    @Test
    void replayOfALetterOfADeviceThatWasErasedMeanwhile_storesNothing() {
        long ahead = clock.millis() + Duration.ofMinutes(15).toMillis();
        process.submit(D1, "{\"ts\":" + ahead + ",\"values\":{\"a\":1}}");
        DeadLetter letter = process.letters(D1).get(0);
        clock.advance(Duration.ofMinutes(20));
        process.eraser.erase(D1);

        assertThat(process.replay(letter).stored()).isZero();
        assertThat(process.readings(D1)).isEmpty();
    }

    private EverythingOfDevices restarted() {
        process.close();
        EverythingOfDevices next = new EverythingOfDevices(table, clock);
        next.start();
        return next;
    }
}
