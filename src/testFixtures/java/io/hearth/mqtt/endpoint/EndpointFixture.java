package io.hearth.mqtt.endpoint;

import io.hearth.config.LimitsConfig;
import io.hearth.config.MqttConfig;
import io.hearth.identity.Principal;
import io.hearth.ingest.Delivery;
import io.hearth.limits.SignInDelay;
import io.hearth.model.DeviceId;
import io.hearth.model.RegionId;
import io.hearth.mqtt.InFlight;
import io.hearth.mqtt.ShadowTopics;
import io.hearth.mqtt.TelemetryMessage;
import io.hearth.mqtt.TelemetryStream;
import io.hearth.presence.DevicePresence;
import io.hearth.shadow.ShadowService;
import io.hearth.shadow.ShadowStore;
import io.hearth.shadow.document.Limits;
import io.hearth.table.Table;
import io.hearth.table.memory.MemoryTable;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.runtime.configuration.DurationConverter;
import io.quarkus.runtime.configuration.MemorySize;
import io.quarkus.runtime.configuration.MemorySizeConverter;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Flow;

/** A real endpoint on a free port, with an ingest that settles what it gets at once or when told. */
final class EndpointFixture implements AutoCloseable {
    static final String PASSWORD = "a-device-password";

    final Vertx vertx = Vertx.vertx();
    final InFlight inFlight;
    final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    final DevicePresence presence;
    final ShadowStore shadowStore;
    private final ExecutorService shadowThreads = Executors.newFixedThreadPool(4);
    final MqttEndpoint endpoint;
    private final List<TelemetryMessage> waiting = new ArrayList<>();
    private final List<Delivery> deliveries = new ArrayList<>();
    /** The devices that count as having stored readings. */
    final Set<DeviceId> known = ConcurrentHashMap.newKeySet();

    private boolean settleAtOnce = true;
    private boolean keepDeliveries = true;

    EndpointFixture() {
        this(Map.of());
    }

    EndpointFixture(Map<String, String> settings) {
        this(settings, new MemoryTable(Clock.systemUTC()));
    }

    EndpointFixture(Map<String, String> settings, Table table) {
        this(settings, table, Clock.systemUTC());
    }

    /** @param clock by which messages arrive */
    EndpointFixture(Map<String, String> settings, Table table, InstantSource clock) {
        MqttConfig config = config(settings);
        inFlight = new InFlight(
                config.maxInFlightMessages(), config.maxInFlightBytes().asLongValue());
        TelemetryStream telemetry = new TelemetryStream();
        telemetry.subscribe(new Ingest());
        presence = new DevicePresence(table, Clock.systemUTC(), Duration.ofDays(30), System::nanoTime);
        shadowStore = shadowStore(table);
        endpoint = new MqttEndpoint(
                vertx,
                config,
                (user, password) -> Arrays.equals(password, PASSWORD.getBytes(StandardCharsets.UTF_8))
                        ? Principal.DEVICE
                        : Principal.NOBODY,
                telemetry,
                inFlight,
                new RetainedMessages(table, Clock.systemUTC(), limits(settings).retained(), known::contains),
                presence,
                shadows(shadowStore, shadowThreads),
                new EndpointMetrics(registry, inFlight),
                new SignInDelay(Duration.ZERO, registry),
                limits(settings),
                known::contains,
                clock);
        endpoint.start();
    }

    static ShadowStore shadowStore(Table table) {
        return new ShadowStore(
                table,
                new RegionId("local"),
                Clock.systemUTC(),
                new ShadowStore.Settings(Limits.DEFAULT, Duration.ofDays(2), Duration.ofDays(7)));
    }

    static MqttEndpoint.Shadows shadows(ShadowStore store, Executor threads) {
        return new MqttEndpoint.Shadows(new ShadowService(store, threads, 10), new ShadowTopics("$aws/things"));
    }

    static MqttConfig config(Map<String, String> settings) {
        return mapping(settings, MqttConfig.class);
    }

    static MqttLimits limits(Map<String, String> settings) {
        return MqttLimits.of(mapping(settings, LimitsConfig.class));
    }

    private static <T> T mapping(Map<String, String> settings, Class<T> type) {
        Map<String, String> all = new HashMap<>(Map.of("hearth.mqtt.port", "0"));
        all.putAll(settings);
        SmallRyeConfig config = new SmallRyeConfigBuilder()
                .addDiscoveredConverters()
                .withConverter(MemorySize.class, 200, new MemorySizeConverter())
                .withConverter(Duration.class, 200, new DurationConverter())
                .withMapping(MqttConfig.class)
                .withMapping(LimitsConfig.class)
                .withSources(new PropertiesConfigSource(all, "test", 100))
                .build();
        return config.getConfigMapping(type);
    }

    int port() {
        return endpoint.actualPort();
    }

    /** Lets what comes in wait, until {@link #settleAll}. */
    synchronized void stall() {
        settleAtOnce = false;
    }

    /** Counts only from now on, so that a flood does not fill the test's own memory. */
    synchronized void forgetDeliveries() {
        keepDeliveries = false;
    }

    /** Settles what waits, and from now on everything at once. */
    void settleAll() {
        List<TelemetryMessage> now;
        synchronized (this) {
            settleAtOnce = true;
            now = List.copyOf(waiting);
            waiting.clear();
        }
        now.forEach(TelemetryMessage::ack);
    }

    /** The message that came in as number {@code index} and waits. */
    synchronized TelemetryMessage waiting(int index) {
        return waiting.get(index);
    }

    synchronized int waiting() {
        return waiting.size();
    }

    synchronized List<Delivery> deliveries() {
        return List.copyOf(deliveries);
    }

    double metric(String name, String tag, String value) {
        return registry.get(name).tag(tag, value).counter().count();
    }

    double connections() {
        return registry.get("hearth.mqtt.connections").gauge().value();
    }

    @Override
    public void close() {
        settleAll();
        endpoint.stop(Duration.ofSeconds(2));
        shadowThreads.shutdownNow();
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    private final class Ingest implements Flow.Subscriber<TelemetryMessage> {
        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            subscription.request(Long.MAX_VALUE);
        }

        @Override
        public void onNext(TelemetryMessage message) {
            synchronized (EndpointFixture.this) {
                if (keepDeliveries) {
                    deliveries.add(message.getPayload());
                }
                if (!settleAtOnce) {
                    waiting.add(message);
                    return;
                }
            }
            message.ack();
        }

        @Override
        public void onError(Throwable failure) {
            throw new AssertionError(failure);
        }

        @Override
        public void onComplete() {}
    }
}
