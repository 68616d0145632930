package io.hearth.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.hearth.model.EpochMicros;
import io.hearth.series.SeriesFixture;
import io.hearth.series.SeriesStore;
import io.hearth.table.memory.MemoryTable;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a table does that fails now and then is tested through {@link Ingest}, in IngestTest and IngestReceiptsTest. */
class GroupCommitTest {
    private static final long T0 = EpochMicros.of(SeriesFixture.START);

    private final SeriesFixture clock = new SeriesFixture();
    private final FaultyTable table = new FaultyTable(new MemoryTable(clock));
    private final SeriesStore store = clock.open(table, Duration.ofDays(30));
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final List<String> outcomes = new CopyOnWriteArrayList<>();
    private final GroupCommit commits = open();

    private GroupCommit open() {
        IngestMetrics metrics = new IngestMetrics(registry);
        DeadLetters deadLetters = new DeadLetters(table, Duration.ofDays(30));
        Redeliveries redeliveries = new Redeliveries(store, clock, Duration.ofHours(1));
        Admission admission = new Admission(store, clock, Duration.ofMinutes(10), Duration.ofDays(30));
        DeliveryDecoder decoder = new DeliveryDecoder(admission, deadLetters, redeliveries, 1_000, metrics);
        return new GroupCommit(store, deadLetters, decoder, redeliveries, Duration.ZERO, metrics);
    }

    @AfterEach
    void close() {
        table.heal();
        commits.close();
    }

    @Test
    void submit_whileGroupsAreBeingCommitted_waitsInTheQueue_andIsSettledInOrder() {
        table.refuse();
        AtomicInteger sent = new AtomicInteger();
        // Two groups may be under way; what follows waits behind them.
        await().until(() -> {
            int number = sent.getAndIncrement();
            commits.submit(delivery(number), receipt(number));
            return table.refusals() > 0 && queued() >= 3;
        });
        assertThat(outcomes).isEmpty();

        table.heal();

        await().until(() -> outcomes.size() == sent.get());
        assertThat(outcomes)
                .isEqualTo(IntStream.range(0, sent.get())
                        .mapToObj(number -> number + " settled")
                        .toList());
        assertThat(queued()).isZero();
    }

    @Test
    void submit_afterTheEnd_failsItsReceiptAtOnce() {
        commits.submit(delivery(0), receipt(0));
        await().until(() -> outcomes.size() == 1);
        commits.close();

        commits.submit(delivery(1), receipt(1));

        assertThat(outcomes).containsExactly("0 settled", "1 failed");
        assertThat(queued()).isZero();
    }

    private double queued() {
        return registry.get("hearth.ingest.queue.messages").gauge().value();
    }

    private static Delivery delivery(int number) {
        byte[] payload = ("{\"a\":" + number + "}").getBytes(UTF_8);
        return new Delivery("devices/d1/telemetry", "d1", payload, T0 + number, null);
    }

    private Receipt receipt(int number) {
        return new Receipt() {
            @Override
            public void settled() {
                outcomes.add(number + " settled");
            }

            @Override
            public void failed(Throwable cause) {
                outcomes.add(number + " failed");
            }
        };
    }
}
