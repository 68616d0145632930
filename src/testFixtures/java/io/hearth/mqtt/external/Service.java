package io.hearth.mqtt.external;

import io.hearth.config.MqttConfig;
import io.hearth.lease.Lease;
import io.hearth.model.RegionId;
import io.hearth.mqtt.InFlight;
import io.hearth.mqtt.ShadowTopics;
import io.hearth.shadow.ShadowService;
import io.hearth.shadow.ShadowStore;
import io.hearth.shadow.document.Limits;
import io.hearth.table.memory.MemoryTable;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.runtime.configuration.MemorySize;
import io.quarkus.runtime.configuration.MemorySizeConverter;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.vertx.core.Vertx;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ForkJoinPool;

/** The client of the broker as the service has it, with a {@link Sink} in the place of ingest. */
final class Service implements AutoCloseable {
    final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    final InFlight inFlight;
    private final BrokerClient client;
    private final Vertx vertx = Vertx.vertx();

    private Service(MqttConfig config, Sink sink) {
        inFlight = new InFlight(
                config.maxInFlightMessages(), config.maxInFlightBytes().asLongValue());
        MemoryTable table = new MemoryTable(Clock.systemUTC());
        ShadowStore store = new ShadowStore(
                table,
                new RegionId("local"),
                Clock.systemUTC(),
                new ShadowStore.Settings(Limits.DEFAULT, Duration.ofHours(48), Duration.ofDays(7)));
        BrokerClient.Shadows shadows = new BrokerClient.Shadows(
                new ShadowService(store, ForkJoinPool.commonPool(), 10),
                new ShadowTopics("$aws/things"),
                new Lease(table, "shadow-requests", ShadowTurn.TERM, System::nanoTime, Clock.systemUTC()));
        client = new BrokerClient(config, vertx, sink.stream(), shadows, inFlight, registry, Clock.systemUTC());
        client.start();
    }

    /** Starts one with settings such as {@code external.client-id}, as they stand below {@code hearth.mqtt}. */
    static Service start(int port, Sink sink, Map<String, String> settings) {
        return new Service(config(port, settings), sink);
    }

    static Service start(int port, Sink sink) {
        return start(port, sink, Map.of());
    }

    static MqttConfig config(int port, Map<String, String> settings) {
        Map<String, String> keys = new HashMap<>();
        keys.put("hearth.mqtt.port", String.valueOf(port));
        settings.forEach((key, value) -> keys.put("hearth.mqtt." + key, value));
        return new SmallRyeConfigBuilder()
                .addDiscoveredConverters()
                .withConverter(MemorySize.class, 200, new MemorySizeConverter())
                .withMapping(MqttConfig.class)
                .withSources(new PropertiesConfigSource(keys, "test", 100))
                .withValidateUnknown(false)
                .build()
                .getConfigMapping(MqttConfig.class);
    }

    boolean isConnected() {
        return client.connections().stream().allMatch(BrokerStatus::connected);
    }

    /** What the connections say is wrong, in one text. */
    String problems() {
        return String.valueOf(
                client.connections().stream().map(BrokerStatus::problem).toList());
    }

    double metric(String name) {
        return registry.get(name).meter().measure().iterator().next().getValue();
    }

    /** Stops in order. */
    void stop() {
        client.stop(Duration.ofSeconds(5));
    }

    /** Stops without waiting for anything, so that what is not settled stays with the broker. */
    void abandon() {
        client.stop(Duration.ZERO);
    }

    @Override
    public void close() {
        abandon();
        vertx.close();
    }
}
