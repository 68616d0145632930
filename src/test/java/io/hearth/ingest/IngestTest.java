package io.hearth.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.hearth.codec.JsonLines;
import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.TimeRange;
import io.hearth.model.Value;
import io.hearth.series.SeriesFixture;
import io.hearth.series.SeriesStore;
import io.hearth.table.Consistency;
import io.hearth.table.Direction;
import io.hearth.table.Query;
import io.hearth.table.SharedTable;
import io.hearth.table.SortRange;
import io.hearth.table.memory.MemoryTable;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IngestTest {
    private static final long T0 = EpochMicros.of(SeriesFixture.START);
    private static final int MAX_PAYLOAD = 10_000;

    private final SeriesFixture fixture = new SeriesFixture();
    private final FaultyTable table = new FaultyTable(new MemoryTable(fixture));
    private final SeriesStore store = fixture.open(table, Duration.ofDays(30));
    private final DeadLetters deadLetters = new DeadLetters(table, Duration.ofDays(30));
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final List<String> receipts = Collections.synchronizedList(new ArrayList<>());
    private Ingest ingest = open(Duration.ZERO);

    private Ingest open(Duration linger) {
        return open(linger, MAX_PAYLOAD);
    }

    private Ingest open(Duration linger, int maxPayload) {
        IngestSettings settings = new IngestSettings(
                maxPayload, Duration.ofMinutes(10), Duration.ofDays(30), linger, Duration.ofHours(24));
        return new Ingest(store, deadLetters, fixture, settings, registry);
    }

    @AfterEach
    void close() {
        table.heal();
        ingest.close();
    }

    @Test
    void submit_withoutTimeAfterTheClockWasSetBack_isStoredAtTheNewTime_andOverwritesNothing() {
        fixture.setNow(SeriesFixture.START.plus(Duration.ofHours(5)));
        for (int i = 0; i < 20; i++) {
            submit("ahead" + i, "d1", "{\"a\":" + i + "}", null);
        }
        await().until(() -> receipts.size() == 20);
        // Back, and then over the same microseconds once more.
        fixture.setNow(SeriesFixture.START);
        submit("back", "d1", "{\"a\":100}", null);
        await().until(() -> receipts.size() == 21);
        fixture.setNow(SeriesFixture.START.plus(Duration.ofHours(5)));
        for (int i = 0; i < 20; i++) {
            submit("again" + i, "d1", "{\"a\":" + (200 + i) + "}", null);
        }
        await().until(() -> receipts.size() == 41);

        assertThat(readings("d1")).hasSize(41);
        assertThat(readings("d1").get(0).getValue()).isEqualTo(Map.of("a", 100.0));
        assertThat(deadLetters.list(10, null, null).letters()).isEmpty();
    }

    @Test
    void submit_readings_settlesInOrderOnceTheyAreStored() {
        for (int i = 0; i < 500; i++) {
            submit(
                    "m" + i,
                    "d1",
                    "{\"ts\":" + (1_000_000 + i + T0 / 1000 - 2_000_000) + ",\"values\":{\"a\":" + i + "}}",
                    null);
        }

        await().until(() -> receipts.size() == 500);
        assertThat(receipts)
                .isEqualTo(IntStream.range(0, 500)
                        .mapToObj(i -> "m" + i + " settled")
                        .toList());
        assertThat(readings("d1")).hasSize(500);
        assertThat(registry.get("hearth.ingest.readings.stored").counter().count())
                .isEqualTo(500);
    }

    @Test
    void submit_withinTheLinger_becomesOneRunPerDevice_andSettlesAfterwards() {
        linger(Duration.ofMinutes(5));
        for (int i = 0; i < 60; i++) {
            submit("m", i % 2 == 0 ? "d1" : "d2", "{\"a\":" + i + "}", null);
        }
        await().until(() ->
                registry.get("hearth.ingest.messages.received").counter().count() == 60);
        assertThat(receipts).isEmpty();
        assertThat(readings("d1")).isEmpty();

        ingest.close(); // which commits what lingers

        assertThat(receipts).hasSize(60).allMatch(receipt -> receipt.endsWith("settled"));
        assertThat(readings("d1")).hasSize(30);
        assertThat(runs("d1")).isEqualTo(1);
        assertThat(runs("d2")).isEqualTo(1);
    }

    @Test
    void submit_linger_endsByItself_andWithAFullGroup() {
        linger(Duration.ofMillis(50));
        submit("m", "d1", "{\"a\":1}", null);
        await().until(() -> receipts.size() == 1);

        linger(Duration.ofMinutes(5));
        for (int i = 0; i < 4096; i++) {
            submit("m", "d2", "{\"a\":1}", null);
        }
        await().until(() -> receipts.size() == 4097);
    }

    @Test
    void submit_malformed_isSettledOnceItsDeadLetterIsStored() {
        table.refuse();
        submit("malformed", "d1", "{", null);
        await().until(() -> table.refusals() > 1);
        assertThat(receipts).isEmpty();

        table.heal();

        await().until(() -> receipts.equals(List.of("malformed settled")));
        assertThat(deadLetters.list(10, null, null).letters()).hasSize(1);
    }

    @Test
    void submit_repeatedWhileItsFirstTransmissionLingers_isStoredOnceAndNeedNotWait() {
        linger(Duration.ofMinutes(5));
        submit("first", "d1", "{\"a\":1}", new Origin("client", 7, false));
        submit("again", "d1", "{\"a\":1}", new Origin("client", 7, true));

        await().until(() -> receipts.equals(List.of("first settled", "again settled")));
        assertThat(readings("d1")).hasSize(1);
    }

    @Test
    void submit_payloadsLargerThanAnItem_becomeDeadLettersWithTheirBeginning_andBlockNothing() {
        ingest.close();
        ingest = open(Duration.ZERO, 4 << 20);
        StringBuilder texts = new StringBuilder("{\"m\":1");
        for (int i = 0; i < 1500; i++) {
            texts.append(",\"m")
                    .append(i)
                    .append("\":\"")
                    .append("x".repeat(1000))
                    .append('"');
        }
        submit("malformed", "d1", "x".repeat(1 << 20), null);
        submit("one reading", "d1", texts.append('}').toString(), null);
        submit("good", "d1", "{\"a\":1}", null);

        await().until(() -> receipts.equals(List.of("malformed settled", "one reading settled", "good settled")));
        assertThat(deadLetters.list(10, null, null).letters())
                .extracting(DeadLetter::reason)
                .containsExactlyInAnyOrder(RejectionReason.MALFORMED, RejectionReason.INVALID_READING);
        assertThat(readings("d1"))
                .extracting(reading -> reading.getValue().size())
                .containsExactly(119, 1);
    }

    @Test
    void submit_timelessReadingsOfOneDeviceToTwoProcesses_inTheSameMicrosecond_areAllStored() {
        ingest.close();
        SharedTable shared = new SharedTable(table);
        for (int process = 0; process < 2; process++) {
            SeriesStore its = fixture.open(shared, Duration.ofDays(30));
            IngestSettings settings = new IngestSettings(
                    MAX_PAYLOAD, Duration.ofMinutes(10), Duration.ofDays(30), Duration.ZERO, Duration.ofHours(24));
            try (Ingest one = new Ingest(its, deadLetters, fixture, settings, new SimpleMeterRegistry())) {
                for (int i = 0; i < 50; i++) {
                    one.submit(delivery("d1", bytes("{\"a\":1}"), null), receipt("m"));
                }
                int sent = 50 * (process + 1);
                await().until(() -> receipts.size() == sent);
            }
        }
        assertThat(readings("d1")).hasSize(100);
    }

    private void linger(Duration linger) {
        ingest.close();
        ingest = open(linger);
    }

    private int runs(String device) {
        return (int) table
                .query(new Query(device, SortRange.ALL, Direction.ASCENDING, 1000, null, Consistency.STRONG))
                .await()
                .indefinitely()
                .items()
                .stream()
                .filter(item -> item.key().sortKey().array()[0] == 0x10)
                .count();
    }

    @Test
    void submit_tableRefuses_settlesNothingUntilItTakesThemAgain() {
        table.refuse();
        submit("m", "d1", "{\"a\":1}", null);

        await().until(() -> table.refusals() > 3);
        assertThat(receipts).isEmpty();
        table.heal();
        await().until(() -> receipts.equals(List.of("m settled")));
        assertThat(readings("d1")).hasSize(1);
    }

    @Test
    void submit_deadLetterCannotBeStored_isNotSettledUntilItIs() {
        table.refuse();
        submit("bad", "d1", "nonsense", null);

        await().until(() -> table.refusals() > 3);
        assertThat(receipts).isEmpty();
        assertThat(deadLetters.list(10, null, null).letters()).isEmpty();
        table.heal();
        await().until(() -> receipts.equals(List.of("bad settled")));
        assertThat(deadLetters.list(10, null, null).letters()).hasSize(1);
    }

    @Test
    void submit_readingsAreStoredAndTheirDeadLetterIsNot_isNotSettledUntilBothAre() {
        table.refusePartition("!dead-letters");
        submit("partly", "d1", "[{\"a\":1},{\"a\":[]}]", null);

        await().until(() -> table.refusals() > 3);
        assertThat(readings("d1")).hasSize(1);
        assertThat(receipts).isEmpty();
        table.heal();
        await().until(() -> receipts.equals(List.of("partly settled")));
        assertThat(readings("d1")).hasSize(1);
        assertThat(deadLetters.list(10, null, null).letters()).hasSize(1);
    }

    @Test
    void deadLetter_isKeptForItsRetention_andNoLonger() {
        submit("bad", "d1", "nonsense", null);
        await().until(() -> receipts.size() == 1);
        String id = deadLetters.list(10, null, null).letters().get(0).id();

        fixture.setNow(SeriesFixture.START.plus(Duration.ofDays(30)).minusSeconds(1));
        assertThat(deadLetters.get(id)).isPresent();

        fixture.setNow(SeriesFixture.START.plus(Duration.ofDays(30)).plusSeconds(1));
        assertThat(deadLetters.get(id)).isEmpty();
        assertThat(deadLetters.list(10, null, null).letters()).isEmpty();
    }

    @Test
    void submit_outcomeUnknownAlthoughWritten_storesOnce() {
        table.writeButFail(3);
        submit("m", "d1", "{\"a\":1}", null);

        await().until(() -> receipts.equals(List.of("m settled")));
        assertThat(readings("d1")).hasSize(1);
    }

    @Test
    void submit_groupsFailAndTheirReceiptsThrow_nextOnesAreStoredAllTheSame() {
        for (int i = 0; i < 5; i++) {
            table.breakNext();
            int sent = i;
            ingest.submit(delivery("d1", bytes("{\"a\":1}"), null), new Receipt() {
                @Override
                public void settled() {
                    receipts.add(sent + " settled");
                }

                @Override
                public void failed(Throwable cause) {
                    receipts.add(sent + " failed");
                    throw new IllegalStateException("on demand");
                }
            });
            await().until(() -> receipts.size() == sent + 1);
        }
        submit("m", "d1", "{\"a\":1}", null);

        await().until(() -> receipts.size() == 6);
        assertThat(receipts).containsExactly("0 failed", "1 failed", "2 failed", "3 failed", "4 failed", "m settled");
    }

    @Test
    void submit_recordOfADeviceIsOfALaterBuild_becomesADeadLetter_andNothingWaits() {
        table.tellUnsupported("d9");
        submit("later build", "d9", "{\"a\":1}", null);
        submit("good", "d1", "{\"a\":1}", null);

        await().until(() -> receipts.equals(List.of("later build settled", "good settled")));
        assertThat(deadLetters.list(10, null, RejectionReason.INTERNAL).letters())
                .hasSize(1);
    }

    @Test
    void submit_readingsWithoutTime_eachGetAMomentOfTheirOwn() {
        for (int i = 0; i < 200; i++) {
            submit("m", "d1", "[{\"a\":" + i + "},{\"a\":" + i + "}]", null);
        }

        await().until(() -> receipts.size() == 200);
        assertThat(readings("d1")).hasSize(400);
    }

    @Test
    void submit_timelessReadingSentAgain_isStoredOnce() {
        submit("first", "d1", "{\"a\":1}", new Origin("client", 7, false));
        // Again before the first can be durable, and once more afterwards.
        submit("again", "d1", "{\"a\":1}", new Origin("client", 7, true));
        await().until(() -> receipts.size() == 2);
        submit("later", "d1", "{\"a\":1}", new Origin("client", 7, true));
        await().until(() -> receipts.size() == 3);

        assertThat(readings("d1")).hasSize(1);
        assertThat(receipts).containsExactly("first settled", "again settled", "later settled");
        assertThat(registry.get("hearth.ingest.messages.duplicate").counter().count())
                .isEqualTo(2);
    }

    @Test
    void submit_payloadOfTheLargestSize_isStored_andOfOneByteMoreIsADeadLetter() {
        String reading = "{\"a\":1}";
        submit("largest", "d1", " ".repeat(MAX_PAYLOAD - reading.length()) + reading, null);
        submit("larger", "d1", " ".repeat(MAX_PAYLOAD - reading.length() + 1) + reading, null);

        await().until(() -> receipts.size() == 2);
        assertThat(readings("d1")).hasSize(1);
        assertThat(deadLetters.list(10, null, null).letters())
                .extracting(DeadLetter::reason)
                .containsExactly(RejectionReason.TOO_LARGE);
    }

    @Test
    void submit_timesAtTheEndsOfWhatIsTaken_areTold_toTheMicrosecond() {
        long now = EpochMicros.of(SeriesFixture.START);
        long mostAhead = now + Duration.ofMinutes(10).toSeconds() * 1_000_000;
        long expired = now - Duration.ofDays(30).toSeconds() * 1_000_000;
        for (long time : List.of(mostAhead, mostAhead + 1, expired, expired + 1)) {
            submit("m", "d1", "{\"ts\":\"" + EpochMicros.toInstant(time) + "\",\"values\":{\"a\":1}}", null);
        }

        await().until(() -> receipts.size() == 4);
        assertThat(readings("d1")).extracting(Map.Entry::getKey).containsExactly(expired + 1, mostAhead);
        assertThat(deadLetters.list(10, null, null).letters())
                .extracting(DeadLetter::reason)
                .containsExactlyInAnyOrder(RejectionReason.CLOCK_AHEAD, RejectionReason.CLOCK_BEHIND);
    }

    @Test
    void submit_timelessReadingSentAgain_isKnownForTheRedeliveryWindow_andNotLonger() {
        submit("first", "d1", "{\"a\":1}", new Origin("client", 7, false));
        await().until(() -> receipts.size() == 1);

        fixture.setNow(SeriesFixture.START.plus(Duration.ofHours(23)));
        submit("again", "d1", "{\"a\":1}", new Origin("client", 7, true));
        await().until(() -> receipts.size() == 2);
        assertThat(readings("d1")).hasSize(1);

        fixture.setNow(SeriesFixture.START.plus(Duration.ofHours(26)));
        submit("late", "d1", "{\"a\":1}", new Origin("client", 7, true));
        await().until(() -> receipts.size() == 3);
        assertThat(readings("d1")).hasSize(2);
    }

    @Test
    void deadLetter_isKeptForItsRetention_andNotLonger() {
        submit("malformed", "d1", "{", null);
        await().until(() -> receipts.size() == 1);

        fixture.setNow(SeriesFixture.START.plus(Duration.ofDays(30)).minusSeconds(1));
        assertThat(deadLetters.list(10, null, null).letters()).hasSize(1);
        fixture.setNow(SeriesFixture.START.plus(Duration.ofDays(30)).plusSeconds(1));
        assertThat(deadLetters.list(10, null, null).letters()).isEmpty();
    }

    @Test
    void submit_timelessReadingOfAnotherMeaning_isStoredAsWell() {
        submit("1", "d1", "{\"a\":1}", new Origin("client", 7, false));
        await().until(() -> receipts.size() == 1);
        submit("2", "d1", "{\"a\":2}", new Origin("client", 7, true));
        submit("3", "d1", "{\"a\":1}", new Origin("client", 8, true));
        submit("4", "d1", "{\"a\":1}", new Origin("other", 7, true));
        submit("5", "d1", "{\"a\":2}", new Origin("client", 7, false));
        await().until(() -> receipts.size() == 5);

        assertThat(readings("d1")).hasSize(5);
    }

    @Test
    void submit_timelessReadingOfAServiceThatDied_isRecognisedByTheNext() {
        submit("first", "d1", "{\"a\":1}", new Origin("client", 7, false));
        await().until(() -> receipts.size() == 1);

        try (Ingest next = open(Duration.ZERO)) {
            next.submit(delivery("d1", bytes("{\"a\":1}"), new Origin("client", 7, true)), receipt("again"));
            await().until(() -> receipts.size() == 2);
        }
        assertThat(readings("d1")).hasSize(1);
    }

    @Test
    void submit_everyKindOfBadInput_becomesADeadLetterWithItsReason() {
        long ahead = T0 / 1000 + Duration.ofMinutes(11).toMillis();
        long behind = T0 / 1000 - Duration.ofDays(31).toMillis();
        submit("1", "d1", "{not json", null);
        submit("2", "d1", "x".repeat(MAX_PAYLOAD + 1), null);
        submit("3", "bad id!", "{\"a\":1}", null);
        submit("4", "d1", "{\"a\":[]}", null);
        submit("5", "d1", "{\"ts\":" + ahead + ",\"a\":1}", null);
        submit("6", "d1", "{\"ts\":" + behind + ",\"a\":1}", null);
        submit("7", "d1", "{\"ts\":\"54448-01-01T00:00:00Z\",\"a\":1}", null);
        submit("8", "d1", "", null);
        submit("good", "d1", "{\"a\":1}", null);

        await().until(() -> receipts.size() == 9);
        assertThat(receipts).allMatch(receipt -> receipt.endsWith("settled"));
        assertThat(readings("d1")).hasSize(1);
        Map<RejectionReason, Long> reasons = deadLetters.list(100, null, null).letters().stream()
                .collect(Collectors.groupingBy(DeadLetter::reason, Collectors.counting()));
        assertThat(reasons)
                .isEqualTo(Map.of(
                        RejectionReason.MALFORMED, 2L,
                        RejectionReason.TOO_LARGE, 1L,
                        RejectionReason.INVALID_DEVICE, 1L,
                        RejectionReason.INVALID_READING, 2L,
                        RejectionReason.CLOCK_AHEAD, 1L,
                        RejectionReason.CLOCK_BEHIND, 1L));
        DeadLetter large =
                deadLetters.list(10, null, RejectionReason.TOO_LARGE).letters().get(0);
        assertThat(large.payload()).hasSize(DeadLetters.KEPT_OF_TOO_LARGE);
        assertThat(large.payloadBytes()).isEqualTo(MAX_PAYLOAD + 1);
        assertThat(deadLetters.get(large.id())).isPresent();
        assertThat(deadLetters.get("nonsense")).isEmpty();
    }

    @Test
    void submit_batchWithBadReadings_storesTheGoodOnesAndBuriesTheOthersTogether() {
        submit("m", "d1", "[{\"a\":1},{\"a\":[]},{\"a\":2},{\"ts\":1,\"a\":3}, 5]", null);

        await().until(() -> receipts.size() == 1);
        assertThat(readings("d1")).extracting(Map.Entry::getValue).containsExactly(Map.of("a", 1.0), Map.of("a", 2.0));
        DeadLetter letter = deadLetters.list(10, null, null).letters().get(0);
        assertThat(new String(letter.payload(), StandardCharsets.UTF_8)).isEqualTo("[{\"a\":[]},{\"ts\":1,\"a\":3},5]");
        assertThat(letter.detail()).contains("2 more");
    }

    /** A device cannot be told: the rest is stored, and what is kept of the reading does not bring the rest again. */
    @Test
    void submit_readingWithAValueThatCannotBeStored_storesTheRestAndBuriesTheValue() {
        String text = "x".repeat(Value.MAX_TEXT_BYTES + 1);
        submit("m", "d1", "[{\"a\":1},{\"b\":2,\"note\":\"" + text + "\"}]", null);
        await().until(() -> receipts.size() == 1);

        List<Map.Entry<Long, Map<String, Object>>> stored = readings("d1");
        assertThat(stored).extracting(Map.Entry::getValue).containsExactly(Map.of("a", 1.0), Map.of("b", 2.0));
        DeadLetter letter = deadLetters.list(10, null, null).letters().get(0);
        assertThat(new String(letter.payload(), StandardCharsets.UTF_8))
                .isEqualTo("[{\"ts\":" + stored.get(1).getKey() + ",\"b\":null,\"note\":\"" + text + "\"}]");
        assertThat(letter.reason()).isEqualTo(RejectionReason.INVALID_READING);
        assertThat(letter.detail()).isEqualTo("note: a string has at most 1024 bytes");

        submit("later", "d1", "{\"a\":3}", null);
        await().until(() -> receipts.size() == 2);
        assertThat(ingest.replay(letter).await().indefinitely().stored()).isZero();
        assertThat(deadLetters.get(letter.id())).isPresent();
        assertThat(readings("d1")).hasSize(3).startsWith(stored.get(0), stored.get(1));
    }

    @Test
    void submit_readingAheadOfTheClockWithAValueThatCannotBeStored_isBuriedAsAWhole() {
        long ahead = T0 / 1000 + Duration.ofMinutes(11).toMillis();
        String payload = "{\"ts\":" + ahead + ",\"a\":1,\"note\":\"" + "x".repeat(Value.MAX_TEXT_BYTES + 1) + "\"}";
        submit("m", "d1", payload, null);
        await().until(() -> receipts.size() == 1);

        assertThat(readings("d1")).isEmpty();
        DeadLetter letter = deadLetters.list(10, null, null).letters().get(0);
        assertThat(letter.reason()).isEqualTo(RejectionReason.CLOCK_AHEAD);
        assertThat(letter.payload()).isEqualTo(bytes(payload));
    }

    /** The reading may be durable and its letter not, when a process dies before it acknowledges. */
    @Test
    void submit_redeliveredReadingThatIsStored_buriesAgainWhatWasNotStored() {
        String payload = "{\"a\":1,\"note\":\"" + "x".repeat(Value.MAX_TEXT_BYTES + 1) + "\"}";
        submit("m", "d1", payload, new Origin("c", 5, false));
        await().until(() -> receipts.size() == 1);
        DeadLetter first = deadLetters.list(10, null, null).letters().get(0);
        deadLetters.remove(first).await().indefinitely();

        submit("m", "d1", payload, new Origin("c", 5, true));
        await().until(() -> receipts.size() == 2);

        assertThat(readings("d1")).hasSize(1);
        assertThat(deadLetters.list(10, null, null).letters())
                .extracting(DeadLetter::payload)
                .containsExactly(bytes(payload));
    }

    @Test
    void submit_refusedValuesThatWouldBeTooLongWrittenAnew_areKeptAsTheyCame() {
        ingest.close();
        ingest = open(Duration.ZERO, 4 << 20);
        String text = "é".repeat(Value.MAX_TEXT_BYTES);
        String payload = IntStream.range(0, 60)
                .mapToObj(i -> "\"t" + i + "\":\"" + text + "\"")
                .collect(Collectors.joining(",", "{\"ok\":1,", "}"));
        submit("m", "d1", payload, null);
        await().until(() -> receipts.size() == 1);

        assertThat(readings("d1")).extracting(Map.Entry::getValue).containsExactly(Map.of("ok", 1.0));
        DeadLetter letter = deadLetters.list(10, null, null).letters().get(0);
        assertThat(letter.payload()).isEqualTo(bytes(payload));
        assertThat(ingest.replay(letter).await().indefinitely().stored()).isZero();
        assertThat(readings("d1")).hasSize(1);
    }

    @Test
    void ingest_overHttp_readingWithAValueThatCannotBeStored_isRefusedAsAWhole() {
        String payload = "{\"a\":1,\"note\":\"" + "x".repeat(Value.MAX_TEXT_BYTES + 1) + "\"}";
        IngestResult result =
                ingest.ingest(new DeviceId("d1"), bytes(payload)).await().indefinitely();

        assertThat(result.stored()).isZero();
        assertThat(result.rejected()).hasSize(1);
        assertThat(readings("d1")).isEmpty();
    }

    @Test
    void submit_tooManyMetricsOfADevice_areRefused() {
        for (int message = 0; message < 3; message++) {
            int offset = message * 800;
            String fields = IntStream.range(offset, offset + 800)
                    .mapToObj(i -> "\"m" + i + "\":1")
                    .collect(Collectors.joining(","));
            submit("m" + message, "d1", "{" + fields + "}", null);
        }

        await().until(() -> receipts.size() == 3);
        assertThat(deadLetters.list(10, null, RejectionReason.TOO_MANY_METRICS).letters())
                .hasSize(1);
    }

    @Test
    void replay_letterThatFitsNow_storesItAndRemovesTheLetter() {
        long ahead = T0 / 1000 + Duration.ofMinutes(11).toMillis();
        submit("m", "d1", "{\"ts\":" + ahead + ",\"a\":1}", null);
        await().until(() -> receipts.size() == 1);
        DeadLetter letter = deadLetters.list(10, null, null).letters().get(0);

        assertThat(ingest.replay(letter).await().indefinitely().stored()).isZero();
        assertThat(deadLetters.get(letter.id())).isPresent();

        fixture.setNow(SeriesFixture.START.plus(Duration.ofMinutes(2)));
        assertThat(ingest.replay(letter).await().indefinitely().stored()).isEqualTo(1);
        assertThat(deadLetters.get(letter.id())).isEmpty();
        assertThat(readings("d1")).hasSize(1);
    }

    @Test
    void ingest_overHttp_tellsWhatWasRejectedAndBuriesNothing() {
        IngestResult result = ingest.ingest(new DeviceId("d1"), bytes("[{\"a\":1},{\"a\":[]}]"))
                .await()
                .indefinitely();

        assertThat(result.stored()).isEqualTo(1);
        assertThat(result.rejected()).extracting(Rejection::index).containsExactly(1);
        assertThat(deadLetters.list(10, null, null).letters()).isEmpty();
    }

    @Test
    void lines_ofManyDevices_storesTheGoodOnes() {
        byte[] lines = bytes(
                "{\"device\":\"d1\",\"a\":1}\r\n\n{\"device\":\"!\",\"a\":1}\nnonsense\n{\"device\":\"d2\",\"ts\":" + T0
                        + ",\"values\":{\"b\":2}}");

        IngestResult result = new LineSequence(ingest)
                .next(points -> new JsonLines().read(lines, lines.length, points), 1)
                .await()
                .indefinitely();

        assertThat(result.stored()).isEqualTo(2);
        assertThat(result.rejectedTotal()).isEqualTo(2);
        assertThat(result.rejected()).extracting(Rejection::index).containsExactly(2);
        assertThat(readings("d2")).containsExactly(Map.entry(T0, Map.of("b", 2.0)));
    }

    @Test
    void close_whatIsStillRefused_failsItsReceipt() {
        table.refuse();
        submit("m", "d1", "{\"a\":1}", null);
        await().until(() -> table.refusals() > 0);

        ingest.close();
        await().until(() -> receipts.equals(List.of("m failed")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "temperature | 21.5 | temperature | 21.5",
                "temperature |  -3  | temperature | -3.0",
                "relay/0/on | true | relay.0.on | true",
                "relay | ON | relay | ON",
                "relay | \"on\" | relay | on",
                "relay | 1 2 | relay | 1 2",
                "ts | 5 | ts | 5.0",
            })
    void submit_topicThatNamesAMetric_isStoredAsItsValue(String below, String payload, String metric, String value) {
        submitBelow("telemetry", below, payload);
        await().until(() -> receipts.size() == 1);

        assertThat(deadLetters.list(10, null, null).letters()).isEmpty();
        assertThat(readings("telemetry")).hasSize(1);
        Map<String, Object> values = readings("telemetry").get(0).getValue();
        assertThat(values).containsOnlyKeys(metric);
        assertThat(values.get(metric)).hasToString(value);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"value\":21.5}", "[1]", "", "null"})
    void submit_topicThatNamesAMetric_otherPayload_isADeadLetterWithWhatWasPublished(String payload) {
        submitBelow("d1", "temperature", payload);
        await().until(() -> receipts.size() == 1);

        assertThat(readings("d1")).isEmpty();
        DeadLetter letter = deadLetters.list(10, null, null).letters().get(0);
        assertThat(letter.topic()).isEqualTo("devices/d1/telemetry/temperature");
        assertThat(letter.payload()).isEqualTo(bytes(payload));
        assertThat(ingest.replay(letter).await().indefinitely().rejectedTotal()).isEqualTo(1);
    }

    @Test
    void replay_ofATopicThatNamesAMetric_storesItsValue() {
        submitBelow("d1", "a".repeat(129), "21.5");
        await().until(() -> receipts.size() == 1);
        DeadLetter refused = deadLetters.list(10, null, null).letters().get(0);
        DeadLetter letter = new DeadLetter(
                refused.id(),
                "devices/d1/telemetry/temperature",
                "d1",
                refused.payload(),
                refused.payloadBytes(),
                refused.reason(),
                refused.detail(),
                refused.timeMicros());

        assertThat(ingest.replay(letter).await().indefinitely().stored()).isEqualTo(1);
        assertThat(readings("d1").get(0).getValue()).isEqualTo(Map.of("temperature", 21.5));
    }

    @Test
    void submit_sameValueForAnotherMetricWithTheIdOfTheLast_isNotTakenForIt() {
        Origin first = new Origin("c", 5, false);
        Origin again = new Origin("c", 5, true);
        submitBelow("d1", "a", "1", first);
        await().until(() -> receipts.size() == 1);
        submitBelow("d1", "a", "1", again);
        submitBelow("d1", "b", "1", again);
        await().until(() -> receipts.size() == 3);

        assertThat(readings("d1").stream().map(Map.Entry::getValue))
                .containsExactlyInAnyOrder(Map.of("a", 1.0), Map.of("b", 1.0));
    }

    private void submitBelow(String device, String below, String payload) {
        submitBelow(device, below, payload, null);
    }

    private void submitBelow(String device, String below, String payload, @Nullable Origin origin) {
        Delivery plain = delivery(device, bytes(payload), origin);
        String topic = plain.topic() + "/" + below;
        ingest.submit(new Delivery(topic, device, plain.payload(), plain.ingestTimeMicros(), origin), receipt(below));
    }

    private void submit(String name, String device, String payload, @Nullable Origin origin) {
        ingest.submit(delivery(device, bytes(payload), origin), receipt(name));
    }

    private Delivery delivery(String device, byte[] payload, @Nullable Origin origin) {
        long now = EpochMicros.of(fixture.instant());
        return new Delivery("devices/" + device + "/telemetry", device, payload, now, origin);
    }

    private Receipt receipt(String name) {
        return new Receipt() {
            @Override
            public void settled() {
                receipts.add(name + " settled");
            }

            @Override
            public void failed(Throwable cause) {
                receipts.add(name + " failed");
            }
        };
    }

    private List<Map.Entry<Long, Map<String, Object>>> readings(String device) {
        return SeriesFixture.scan(store, device, TimeRange.ALL, Set.of(), Direction.ASCENDING);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
