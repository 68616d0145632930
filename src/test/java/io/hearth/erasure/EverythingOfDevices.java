package io.hearth.erasure;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.ingest.DeadLetter;
import io.hearth.ingest.DeadLetters;
import io.hearth.ingest.Delivery;
import io.hearth.ingest.Ingest;
import io.hearth.ingest.IngestResult;
import io.hearth.ingest.IngestSettings;
import io.hearth.ingest.Receipt;
import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.RegionId;
import io.hearth.model.TimeRange;
import io.hearth.mqtt.endpoint.RetainedMessages;
import io.hearth.mqtt.endpoint.RetainedTexts;
import io.hearth.presence.DevicePresence;
import io.hearth.series.SeriesFixture;
import io.hearth.series.SeriesStore;
import io.hearth.shadow.HistoryPage;
import io.hearth.shadow.ShadowStore;
import io.hearth.shadow.document.Limits;
import io.hearth.shadow.document.ShadowException;
import io.hearth.shadow.document.ShadowId;
import io.hearth.shadow.document.ShadowRequest;
import io.hearth.table.Direction;
import io.hearth.table.FakeClock;
import io.hearth.table.Item;
import io.hearth.table.Scan;
import io.hearth.table.Table;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** One process with every store that keeps something of devices. */
final class EverythingOfDevices implements AutoCloseable {
    static final RegionId REGION = new RegionId("local");
    private static final Duration KEPT = Duration.ofDays(30);

    final SeriesStore series;
    final ShadowStore shadows;
    final DevicePresence presence;
    final DeadLetters deadLetters;
    final RetainedMessages retained;
    final DeviceEraser eraser;
    private final Ingest ingest;
    private final FakeClock clock;

    /** Starts a process, as the service does, up to where it finishes what the last one has left. */
    EverythingOfDevices(Table table, FakeClock clock) {
        this.clock = clock;
        series = new SeriesStore(table, REGION, clock, KEPT);
        shadows = new ShadowStore(
                table, REGION, clock, new ShadowStore.Settings(Limits.DEFAULT, Duration.ofDays(2), KEPT));
        presence = new DevicePresence(table, clock, KEPT, () -> 0);
        deadLetters = new DeadLetters(table, KEPT);
        retained = RetainedTexts.messages(table, clock);
        eraser = new DeviceEraser(
                series, new DeviceEraser.Stores(shadows, presence, deadLetters, retained), REGION, clock);
        eraser.listen();
        ingest = new Ingest(
                series,
                deadLetters,
                clock,
                new IngestSettings(100_000, Duration.ofMinutes(10), KEPT, Duration.ZERO, Duration.ofHours(24)),
                new SimpleMeterRegistry());
    }

    void start() {
        RetainedTexts.load(retained);
        series.finishErasures();
        presence.heartbeat();
        presence.endOthers();
    }

    /** Something of a device in every store, each with {@code text} in it. */
    void fill(DeviceId device, String text) {
        submit(device, "{\"values\":{\"" + text + "\":1}}");
        submit(device, "{\"" + text);
        update(device, "{\"state\":{\"desired\":{\"" + text + "\":1}}}");
        update(device, "{\"state\":{\"desired\":{\"" + text + "\":2}}}");
        presence.said(device, true, 1).toCompletableFuture().join();
        RetainedTexts.keep(retained, "devices/" + device.value() + "/status", text);
    }

    /** Takes in a payload of telemetry; returns when it is durable, as readings or as a dead letter. */
    void submit(DeviceId device, String payload) {
        CompletableFuture<Void> settled = new CompletableFuture<>();
        Receipt receipt = new Receipt() {
            @Override
            public void settled() {
                settled.complete(null);
            }

            @Override
            public void failed(Throwable cause) {
                settled.completeExceptionally(cause);
            }
        };
        ingest.submit(
                new Delivery(
                        "devices/" + device.value() + "/telemetry",
                        device.value(),
                        payload.getBytes(StandardCharsets.UTF_8),
                        EpochMicros.of(clock.instant()),
                        null),
                receipt);
        settled.orTimeout(60, TimeUnit.SECONDS).join();
    }

    IngestResult replay(DeadLetter letter) {
        return ingest.replay(letter).await().indefinitely();
    }

    void update(DeviceId device, String body) {
        shadows.update(
                        ShadowId.classic(device),
                        ShadowRequest.update(body.getBytes(StandardCharsets.UTF_8), Limits.DEFAULT),
                        "test")
                .await()
                .indefinitely();
    }

    List<DeadLetter> letters(DeviceId device) {
        return deadLetters.list(1000, null, null).letters().stream()
                .filter(letter -> letter.device().equals(device.value()))
                .toList();
    }

    List<Map.Entry<Long, Map<String, Object>>> readings(DeviceId device) {
        return SeriesFixture.scan(series, device.value(), TimeRange.ALL, Set.of(), Direction.ASCENDING);
    }

    boolean hasShadow(DeviceId device) {
        try {
            shadows.get(ShadowId.classic(device), ShadowRequest.BARE).await().indefinitely();
            return true;
        } catch (ShadowException e) {
            return false;
        }
    }

    void assertThatNothingIsLeftOf(DeviceId device, String text, Table table) {
        assertThat(readings(device)).isEmpty();
        assertThat(series.device(device)).isEmpty();
        assertThat(letters(device)).isEmpty();
        assertThat(hasShadow(device)).isFalse();
        HistoryPage history =
                shadows.history(ShadowId.classic(device), null, 100).await().indefinitely();
        assertThat(history.changes())
                .allSatisfy(change -> assertThat(change.fields()).isEmpty());
        assertThat(presence.of(device)).isEmpty();
        assertThat(RetainedTexts.of(retained)).doesNotContainKey("devices/" + device.value() + "/status");
        assertThat(table.scan(new Scan(0, 1, 10_000, null))
                        .await()
                        .indefinitely()
                        .items())
                .as("items with a text of the device")
                .extracting(EverythingOfDevices::text)
                .noneMatch(body -> body.contains(text));
    }

    private static String text(Item item) {
        return new String(item.body().array(), StandardCharsets.ISO_8859_1);
    }

    @Override
    public void close() {
        ingest.close();
    }
}
