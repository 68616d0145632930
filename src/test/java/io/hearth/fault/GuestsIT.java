package io.hearth.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.hearth.HearthProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each limit of docs/limits.md is driven to its bound and kept there, with 512 MiB of heap, while a device that publishes and
 * somebody who reads are served: 99 of 100 acknowledgements within 250 ms, each answer right, what was acknowledged stored
 * once. What other processes take of the machine counts: with half of it, acknowledgements may take twice as long, and where they
 * are slow without any guest, what counts is how much slower they become. All guests call on the same process, one after the
 * other, so what one of them leaves behind is there for the next.
 *
 * <p>The bounds are the defaults, but for numbers of connections, of which a test cannot make as many, and for times.
 */
@Timeout(300)
@Tag("alone")
class GuestsIT {
    private static final double MOST_P99_MILLIS = 250;
    private static final int FEWEST_ACKNOWLEDGED = 400;
    private static final int WARM_UP_ACKNOWLEDGED = 1_500;

    /** On a machine that is so busy that acknowledgements take long without any guest, they may take so many times as long. */
    private static final int QUIET_FACTOR = 5;

    private static final int QUIET_ACKNOWLEDGED = 100;
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private static final Map<String, String> SETTINGS = Map.of(
            "JAVA_TOOL_OPTIONS", "-Xmx512m -XX:+ExitOnOutOfMemoryError",
            "HEARTH_REGION", "here",
            "HEARTH_LIMITS_CONNECTIONS", "1500",
            "HEARTH_LIMITS_CONNECTIONS_PER_ADDRESS", "1000",
            "HEARTH_LIMITS_UNAUTHENTICATED_CONNECTIONS", "800",
            "HEARTH_LIMITS_UNAUTHENTICATED_CONNECTIONS_PER_ADDRESS", "500",
            "HEARTH_LIMITS_SIGN_IN_TIMEOUT", "1s",
            "HEARTH_LIMITS_SIGN_IN_DELAY", "500ms",
            "HEARTH_LIMITS_UNREAD_TIMEOUT", "8s");

    private interface Begin {
        void on(Attack attack) throws Exception;
    }

    /**
     * @param counters metrics that count what is refused, with a part of their labels
     * @param any whether it is enough that one of them grows: one bound is reached before another one, or after it
     * @param gauge what the guests hold, or empty
     * @param mostBytes what that may be
     */
    private record Guest(String name, Begin begin, List<String> counters, boolean any, String gauge, long mostBytes) {
        /** Guests of whom only what is refused can be counted. */
        Guest(String name, Begin begin, String... counters) {
            this(name, begin, List.of(counters), false, "", 0);
        }

        /** Adds what they hold. */
        Guest holding(String bytes, int mostMebibytes) {
            return new Guest(name, begin, counters, any, bytes, (long) mostMebibytes << 20);
        }

        /** One counter is enough. */
        Guest countedByAny() {
            return new Guest(name, begin, counters, true, gauge, mostBytes);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static final String CLOSED = "hearth_connections_closed_total reason=";
    private static final String LIMITED = "hearth_mqtt_limited_total what=";

    /** All, or with {@code -DGuestsIT.guest=streams} the one of that name. */
    static Stream<Guest> guests() {
        String only = System.getProperty("GuestsIT.guest");
        return all().filter(guest -> only == null || guest.name().equals(only));
    }

    private static Stream<Guest> all() {
        return Stream.of(
                new Guest("silent connections", Guests::connectAndSayNothing, CLOSED + "too_many_unauthenticated"),
                new Guest("CONNECTs without an end", Guests::connectAlmost, CLOSED + "unauthenticated_bytes"),
                new Guest("requests without an end", Guests::beginRequests, CLOSED + "sign_in_timeout"),
                new Guest("clients", Guests::signIn, CLOSED + "too_many", CLOSED + "too_many_from_address"),
                new Guest("passwords", Guests::guessPasswords, "hearth_sign_in_delayed_total"),
                new Guest("topic filters", Guests::subscribeToMuch, LIMITED + "filter")
                        .holding("hearth_mqtt_filters_bytes", 64),
                new Guest(
                                "slow subscribers",
                                Guests::subscribeAndReadNothing,
                                "hearth_mqtt_dropped_total",
                                "hearth_mqtt_connections_closed_total reason=slow_subscriber")
                        .holding("hearth_mqtt_queues_bytes", 65),
                new Guest("retained messages", Guests::retainMuch, LIMITED + "retained")
                        .holding("hearth_mqtt_retained_bytes", 64),
                new Guest("last wills", Guests::leaveWills, "hearth_mqtt_connections_refused_total reason=will")
                        .holding("hearth_mqtt_wills_bytes", 16),
                new Guest("unknown devices", Guests::inventDevices, LIMITED + "status"),
                new Guest(
                        "metrics of a device",
                        Guests::inventMetrics,
                        "hearth_ingest_readings_rejected_total reason=too_many_metrics"),
                new Guest("devices with long metrics", Guests::sendFromManyDevices)
                        .holding("hearth_series_catalog_bytes", 40),
                new Guest("packed bodies", Guests::packMuch, "http_server_requests_seconds_count status=413"),
                new Guest("peers", Guests::answerWithoutEnd, "hearth_sync_errors_total"),
                new Guest("queries", Guests::queryMuch, "hearth_queries_refused_total")
                        .holding("hearth_queries_held_bytes", 128),
                new Guest("streams", Guests::followAndReadNothing, "hearth_stream_cut_total", CLOSED + "unread")
                        .holding("hearth_stream_waiting_bytes", 34)
                        .countedByAny(),
                new Guest("requests whose answers nobody reads", Guests::askAndReadNothing, CLOSED + "unread"));
    }

    @TempDir
    static Path directory;

    private static HearthProcess hearth;
    private static SteadyPublisher publisher;
    private static SteadyReader reader;

    @BeforeAll
    static void start() throws Exception {
        hearth = HearthProcess.start(directory, SETTINGS);
        reader = new SteadyReader(hearth);
        publisher = new SteadyPublisher(hearth);
        await().atMost(PATIENCE).until(() -> publisher.acknowledged() > WARM_UP_ACKNOWLEDGED);
    }

    @AfterAll
    static void everythingAcknowledgedIsThere() throws Exception {
        try {
            assertThat(hearth.isRunning()).as(hearth.log()).isTrue();
            publisher.stopAndVerify(hearth.client());
            assertThat(hearth.log()).doesNotContain("java.lang.OutOfMemoryError");
        } finally {
            publisher.close();
            reader.close();
            hearth.kill();
        }
    }

    @ParameterizedTest
    @MethodSource("guests")
    void guest_atTheLimit_slowsNobodyAndIsCounted(Guest guest) throws Exception {
        double[] before = new double[guest.counters().size()];
        for (int i = 0; i < before.length; i++) {
            before[i] = metric(guest.counters().get(i));
        }
        double mostMillis = Math.max(MOST_P99_MILLIS, QUIET_FACTOR * p99WithoutGuests());
        int from = publisher.sent();
        int answers = reader.answers();
        reader.longestMillis();
        double most = 0;
        boolean reached = false;
        double p99Millis;
        int to;
        Attack attack = new Attack(hearth);
        ForeignLoad others =
                new ForeignLoad(hearth.pid(), ProcessHandle.current().pid());
        long begun = System.nanoTime();
        try {
            guest.begin().on(attack);
            long end = begun + PATIENCE.toNanos();
            // A machine that stands still for a moment slows some answers. A guest that slows others slows them all the
            // time.
            // Where too many were slow, the attack goes on, and what counts is the whole of it.
            while (System.nanoTime() < end
                    && (!reached
                            || publisher.acknowledged() < from + FEWEST_ACKNOWLEDGED
                            || publisher.p99Millis(from) > Math.max(mostMillis, mostMillisBeside(others)))) {
                LockSupport.parkNanos(POLL_NANOS);
                assertThat(hearth.isRunning()).as(hearth.log()).isTrue();
                assertThat(attack.failure()).isNull();
                publisher.assertServed();
                reader.assertServed();
                if (!guest.gauge().isEmpty()) {
                    most = Math.max(most, metric(guest.gauge()));
                }
                reached = reached || isReached(guest, before, most);
            }
        } finally {
            to = publisher.sent();
            p99Millis = publisher.p99Millis(from);
            mostMillis = Math.max(mostMillis, mostMillisBeside(others));
            attack.end();
            System.out.printf(
                    "GuestsIT: %s, %s after %.1f s: p99 of %d acknowledgements %.1f ms, at most %.0f; %d answers, the slowest in %.0f ms; held"
                            + " %.1f MiB at most%n",
                    guest.name(),
                    reached ? "at the limit" : "NOT at the limit",
                    (System.nanoTime() - begun) / 1e9,
                    to - from,
                    p99Millis,
                    mostMillis,
                    reader.answers() - answers,
                    reader.longestMillis(),
                    most / (1 << 20));
        }
        // All that was due while the attack lasted is answered in the end.
        await().atMost(PATIENCE).until(() -> publisher.acknowledged() >= to);
        publisher.assertServed();
        reader.assertServed();
        assertThat(reached).as("the limit is reached and counted").isTrue();
        if (p99Millis > mostMillis) {
            mostMillis = Math.max(mostMillis, QUIET_FACTOR * p99WithoutGuests());
        }
        assertThat(p99Millis).as("p99 of acknowledgements, ms").isLessThanOrEqualTo(mostMillis);
        assertThat(most).isLessThanOrEqualTo(guest.mostBytes());
        assertThat(reader.answers()).isGreaterThan(answers);
    }

    /** What others take of the processors makes everything slower in proportion. */
    private static double mostMillisBeside(ForeignLoad others) {
        return MOST_P99_MILLIS / (1 - others.share());
    }

    /** What the machine does to acknowledgements by itself at this moment. */
    private static double p99WithoutGuests() {
        int from = publisher.sent();
        await().atMost(PATIENCE).until(() -> publisher.acknowledged() >= from + QUIET_ACKNOWLEDGED);
        return publisher.p99Millis(from);
    }

    /** Whether each counter has grown, or what has none is about full. */
    private static boolean isReached(Guest guest, double[] before, double held) throws Exception {
        int grown = 0;
        for (int i = 0; i < before.length; i++) {
            grown += metric(guest.counters().get(i)) > before[i] ? 1 : 0;
        }
        boolean isFull = held >= 0.9 * (double) guest.mostBytes();
        if (guest.any()) {
            return grown > 0 && isFull;
        }
        return before.length == 0 ? isFull : grown == before.length;
    }

    /** A metric by its name, and behind a blank by a label and its value. */
    private static double metric(String nameAndLabel) throws Exception {
        String[] parts = nameAndLabel.split(" ", 2);
        String label = parts.length == 1 ? "" : parts[1].replace("=", "=\"") + "\"";
        return hearth.client().metric(parts[0], label);
    }
}
