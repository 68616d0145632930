package io.hearth.simulator.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hearth.simulator.fleet.Metric;
import io.hearth.simulator.fleet.MetricKind;
import io.hearth.simulator.fleet.Shape;
import io.hearth.simulator.ledger.Delivery;
import io.hearth.simulator.ledger.Ledger;
import io.hearth.simulator.ledger.LedgerWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class VerifierIT {

    private static final Shape SHAPE =
            new Shape(List.of(new Metric("temperature", MetricKind.TENTHS), new Metric("heating", MetricKind.FLAG)));
    private static final Shape UNTIMED =
            new Shape(List.of(new Metric("co2", MetricKind.INTEGER), new Metric("seq", MetricKind.INTEGER)));
    private static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");
    private static final long START_MICROS = 1_795_337_246_988_000L;
    private static final int READINGS = 10;
    private static final int UNCERTAIN_READING = 4;

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    private Path directory;

    @SuppressWarnings("NullAway.Init") // set by start
    private FakeService service;

    private static long time(int reading) {
        return START_MICROS + reading * 10_000_000L;
    }

    /** Epoch milliseconds. */
    private static long sent(int reading) {
        return time(reading) / 1_000 + 100;
    }

    /** Device "timed" and device "untimed" sent ten readings each, all stored but the one that nobody acknowledged. */
    @BeforeEach
    void start() throws IOException {
        service = new FakeService("secret");
        try (LedgerWriter ledger = LedgerWriter.create(directory)) {
            int timed = ledger.register("timed", SHAPE);
            int untimed = ledger.register("untimed", UNTIMED);
            for (int i = 0; i < READINGS; i++) {
                Delivery delivery = i == UNCERTAIN_READING ? Delivery.UNCERTAIN : Delivery.ACKNOWLEDGED;
                ledger.appendTimed(timed, delivery, sent(i), sent(i) + 5, time(i), new long[] {200 + i, i % 2}, 0);
                ledger.appendUntimed(untimed, delivery, sent(i), sent(i) + 5, new long[] {400 + i, i}, 0);
                if (i != UNCERTAIN_READING) {
                    storeTimed(i);
                    storeUntimed(i, time(i) + 123_456);
                }
            }
        }
    }

    private void storeTimed(int i) {
        service.store("timed", time(i), Map.of("temperature", (200 + i) / 10.0, "heating", i % 2 == 1));
    }

    private void storeUntimed(int i, long micros) {
        service.store("untimed", micros, Map.of("co2", 400 + i, "seq", i));
    }

    @AfterEach
    void stop() {
        service.close();
    }

    private VerifyReport verify(@Nullable String token) throws Exception {
        return verify(token, null, Duration.ZERO, Map.of());
    }

    private VerifyReport verify(
            @Nullable String token, @Nullable Instant until, Duration lateWait, Map<FindingClass, Long> allowed)
            throws Exception {
        return verify(directory, settings(token, until, lateWait, allowed, 1, false));
    }

    private static VerifyReport verify(Path directory, VerifySettings settings) throws Exception {
        try (Ledger ledger = Ledger.open(directory)) {
            return new Verifier(settings).verify(ledger, NOW);
        }
    }

    private VerifySettings settings(
            @Nullable String token,
            @Nullable Instant until,
            Duration lateWait,
            Map<FindingClass, Long> allowed,
            long minAcknowledged,
            boolean incompleteAllowed) {
        return new VerifySettings(
                service.url(),
                token,
                FakeService.PAGE,
                2,
                Duration.ofSeconds(10),
                Duration.ofSeconds(10),
                until,
                lateWait,
                allowed,
                incompleteAllowed,
                minAcknowledged);
    }

    private List<FakeService.Row> rows(String deviceId) {
        return Objects.requireNonNull(service.rows.get(deviceId));
    }

    private static void assertFindings(VerifyReport report, Map<FindingClass, Long> expected) {
        Map<FindingClass, Long> found = new EnumMap<>(report.counts());
        found.values().removeIf(count -> count == 0);
        assertEquals(expected, found, report::text);
        assertEquals(expected.isEmpty(), report.passed());
    }

    @Test
    void verify_everythingThere_passes() throws Exception {
        VerifyReport report = verify("secret");

        assertFindings(report, Map.of());
        assertEquals(18, report.acknowledged());
        assertEquals(18, report.acknowledgedStored());
        assertEquals(2, report.uncertain());
        assertEquals(0, report.uncertainStored());
    }

    @Test
    void verify_fewerAcknowledgedThanNeeded_fails() throws Exception {
        VerifyReport report = verify(directory, settings("secret", null, Duration.ZERO, Map.of(), 19, false));

        assertFalse(report.passed());
        assertTrue(report.text().contains("18 readings were acknowledged, at least 19"), report::text);
    }

    @Test
    void verify_nothingAcknowledged_fails() throws Exception {
        Path empty = Files.createDirectory(directory.resolve("empty"));
        LedgerWriter.create(empty).close();

        assertFalse(verify(empty, settings("secret", null, Duration.ZERO, Map.of(), 1, false))
                .passed());
    }

    @Test
    void verify_ledgerIsCutShort_fails_unlessThatIsAllowed() throws Exception {
        Path file;
        try (Stream<Path> files = Files.list(directory)) {
            file = files.findAny().orElseThrow();
        }
        byte[] whole = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(whole, whole.length - 3));

        VerifyReport report = verify("secret");

        assertFalse(report.passed());
        assertTrue(report.text().contains("INCOMPLETE"), report::text);
        assertTrue(verify(directory, settings("secret", null, Duration.ZERO, Map.of(), 1, true))
                .passed());
    }

    @Test
    void verify_unacknowledgedIsThereOnce_passesAndCountsIt() throws Exception {
        rows("timed").clear();
        for (int i = 0; i < READINGS; i++) {
            storeTimed(i);
        }

        VerifyReport report = verify("secret");

        assertFindings(report, Map.of());
        assertEquals(1, report.uncertainStored());
    }

    @Test
    void verify_acknowledgedIsMissing_findsItLost() throws Exception {
        rows("timed").remove(2);
        rows("untimed").remove(8);

        VerifyReport report = verify("secret");

        assertFindings(report, Map.of(FindingClass.LOST, 2L));
        assertTrue(
                report.text().contains("timed 2026-11-22T08:47:46.988Z was acknowledged and is not stored"),
                report::text);
        assertTrue(report.text().contains("untimed seq 9 was acknowledged and is not stored"), report::text);
    }

    @Test
    void verify_unknownDevice_findsAllOfItLost() throws Exception {
        service.rows.remove("timed");

        assertFindings(verify("secret"), Map.of(FindingClass.LOST, 9L));
    }

    @Test
    void verify_readingTwice_findsItDoubled() throws Exception {
        rows("timed").add(3, rows("timed").get(3));
        storeUntimed(1, time(50));

        assertFindings(verify("secret"), Map.of(FindingClass.DOUBLED, 2L));
    }

    @Test
    void verify_unacknowledgedTwice_findsItDoubled() throws Exception {
        storeUntimed(UNCERTAIN_READING, time(50));
        storeUntimed(UNCERTAIN_READING, time(51));

        assertFindings(verify("secret"), Map.of(FindingClass.DOUBLED, 1L));
    }

    @Test
    void verify_otherValues_findsThemChanged() throws Exception {
        rows("timed").set(0, new FakeService.Row(time(0), Map.of("temperature", 20.05, "heating", false)));
        rows("timed").set(1, new FakeService.Row(time(1), Map.of("temperature", 20.1, "heating", "true")));
        rows("timed").set(2, new FakeService.Row(time(2), Map.of("temperature", 20.2)));
        rows("timed").set(3, new FakeService.Row(time(3), Map.of("temperature", 20.3, "heating", true, "extra", 1)));
        rows("untimed").set(5, new FakeService.Row(time(6), Map.of("co2", List.of(406), "seq", 6)));

        assertFindings(verify("secret"), Map.of(FindingClass.CHANGED, 5L));
    }

    @Test
    void verify_neverSent_findsItUnexpected() throws Exception {
        rows("timed").add(new FakeService.Row(time(99) + 1, Map.of("temperature", 1)));
        storeUntimed(77, time(99));

        assertFindings(verify("secret"), Map.of(FindingClass.UNEXPECTED, 2L));
    }

    @Test
    void verify_microsecondOff_findsLostAndUnexpected() throws Exception {
        FakeService.Row row = rows("timed").get(0);
        rows("timed").set(0, new FakeService.Row(row.micros() + 1, row.values()));

        assertFindings(verify("secret"), Map.of(FindingClass.LOST, 1L, FindingClass.UNEXPECTED, 1L));
    }

    @Test
    void verify_descending_findsItOutOfOrder() throws Exception {
        Collections.swap(rows("timed"), 0, 1);

        assertFindings(verify("secret"), Map.of(FindingClass.OUT_OF_ORDER, 1L));
    }

    @Test
    void verify_serviceIsStillStarting_waits() throws Exception {
        service.notReady.set(3);

        assertFindings(verify("secret"), Map.of());
    }

    @Test
    void verify_wrongToken_hasNoVerdict() {
        VerificationFailedException e = assertThrows(VerificationFailedException.class, () -> verify("wrong"));
        assertTrue(String.valueOf(e.getMessage()).contains("answers 401 (check the token)"), e.getMessage());
    }

    @Test
    void verify_missingAtFirstAndThereLater_findsItLateVisibleAndNotLost() throws Exception {
        FakeService.Row late = rows("timed").remove(2);
        service.rows.remove("untimed");
        service.appearAfterFirstAnswer("timed", 2, late);

        VerifyReport report = verify("secret", null, Duration.ofMillis(500), Map.of());

        assertFindings(report, Map.of(FindingClass.LATE_VISIBLE, 1L, FindingClass.LOST, 9L));
        assertEquals(9, report.acknowledgedStored());
    }

    @Test
    void verify_untilAnInstant_asksForWhatWasAcknowledgedByThenAndNothingSentLater() throws Exception {
        // Restored to just after reading 5 was acknowledged: 6 was on its way, 7 to 9 came later.
        Instant until = Instant.ofEpochMilli(sent(6) + 2);
        rows("timed").subList(6 - 1, rows("timed").size()).clear();
        rows("untimed").subList(6 - 1, rows("untimed").size()).clear();

        VerifyReport complete = verify("secret", until, Duration.ZERO, Map.of());

        assertFindings(complete, Map.of());
        assertEquals(10, complete.acknowledged());
        assertEquals(4, complete.uncertain());
        assertEquals(6, complete.afterUntil());

        storeTimed(6);
        assertFindings(verify("secret", until, Duration.ZERO, Map.of()), Map.of());
        storeTimed(8);
        assertFindings(verify("secret", until, Duration.ZERO, Map.of()), Map.of(FindingClass.UNEXPECTED, 1L));
        rows("timed").remove(0);
        assertFindings(
                verify("secret", until, Duration.ZERO, Map.of()),
                Map.of(FindingClass.UNEXPECTED, 1L, FindingClass.LOST, 1L));
    }

    @Test
    void verify_findingsWithinWhatIsAllowed_passes() throws Exception {
        rows("timed").remove(2);

        assertTrue(verify("secret", null, Duration.ZERO, Map.of(FindingClass.LOST, 1L))
                .passed());
        assertTrue(!verify("secret", null, Duration.ZERO, Map.of(FindingClass.DOUBLED, 1L))
                .passed());
    }
}
