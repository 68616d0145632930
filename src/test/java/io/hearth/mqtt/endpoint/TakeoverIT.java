package io.hearth.mqtt.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.hearth.mqtt.endpoint.RawClient.Hello;
import io.hearth.table.ForwardingTable;
import io.hearth.table.Write;
import io.hearth.table.memory.MemoryTable;
import io.smallrye.mutiny.Uni;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The last will of a session comes before anything of the next session with its client id, however long it takes to store. */
class TakeoverIT {
    private static final String STATUS = "devices/d1/status";

    private final CompletableFuture<Void> stored = new CompletableFuture<>();
    private final SlowTable table = new SlowTable();
    private final EndpointFixture fixture = new EndpointFixture(Map.of(), table);
    private final RawClient watcher = RawClient.connected(fixture.port(), "watcher");

    @AfterEach
    void close() {
        stored.complete(null);
        watcher.close();
        fixture.close();
    }

    @Test
    void will_ofTheFirst_comesBeforeTheSecondIsLetIn() {
        watcher.subscribed(STATUS, 0);
        try (RawClient first =
                RawClient.connected(fixture.port(), Hello.mqtt3("d1").retainedWill(STATUS))) {
            CompletableFuture<RawClient> second = letInAndOnline();
            first.readToEnd();
            assertThatOrderIsKept(second);
        }
    }

    @Test
    void will_ofTheFirst_comesBeforeTheThirdIsLetIn() {
        watcher.subscribed(STATUS, 0);
        try (RawClient first =
                        RawClient.connected(fixture.port(), Hello.mqtt3("d1").retainedWill(STATUS));
                RawClient second = new RawClient(fixture.port())) {
            second.send(RawClient.connect(Hello.mqtt3("d1")));
            first.readToEnd();
            CompletableFuture<RawClient> third = letInAndOnline();
            assertThat(second.readToEnd()).isEmpty();
            assertThatOrderIsKept(third);
        }
    }

    @Test
    void will_ofTheFirst_comesBeforeTheThirdIsLetInAlsoIfTheSecondHasGone() {
        watcher.subscribed(STATUS, 0);
        try (RawClient first =
                RawClient.connected(fixture.port(), Hello.mqtt3("d1").retainedWill(STATUS))) {
            try (RawClient second = new RawClient(fixture.port())) {
                second.send(RawClient.connect(Hello.mqtt3("d1")));
                first.readToEnd();
            }
            await().until(() -> fixture.connections() == 1);
            assertThatOrderIsKept(letInAndOnline());
        }
    }

    /** A client that says that it is online as soon as it is let in. */
    private CompletableFuture<RawClient> letInAndOnline() {
        return CompletableFuture.supplyAsync(() -> {
            RawClient client = RawClient.connected(fixture.port(), "d1");
            client.send(client.publish(STATUS, 1, 1, "online"));
            assertThat(client.read().type()).isEqualTo(RawClient.PUBACK);
            return client;
        });
    }

    private void assertThatOrderIsKept(CompletableFuture<RawClient> last) {
        // Long enough for it to be let in too early; if it is not, the order below is right all the same.
        last.copy().completeOnTimeout(null, 300, TimeUnit.MILLISECONDS).join();
        stored.complete(null);
        assertThat(watcher.read().payload()).isEqualTo("offline");
        assertThat(watcher.read().payload()).isEqualTo("online");
        last.join().close();
    }

    /** Stores retained messages when it is told to. */
    private final class SlowTable extends ForwardingTable {
        SlowTable() {
            super(new MemoryTable(Clock.systemUTC()));
        }

        @Override
        public Uni<Void> write(List<Write> writes) {
            boolean isRetained = writes.get(0).key().partitionKey().equals("mqtt/retained");
            return isRetained
                    ? Uni.createFrom().completionStage(stored).chain(() -> table.write(writes))
                    : table.write(writes);
        }
    }
}
