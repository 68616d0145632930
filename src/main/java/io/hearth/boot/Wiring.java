package io.hearth.boot;

import io.hearth.concurrent.DaemonThreads;
import io.hearth.config.DynamoDbConfig;
import io.hearth.config.HearthConfig;
import io.hearth.config.IngestConfig;
import io.hearth.config.LimitsConfig;
import io.hearth.config.MqttConfig;
import io.hearth.config.SeriesConfig;
import io.hearth.config.ShadowConfig;
import io.hearth.config.StartupRefusedException;
import io.hearth.config.StreamConfig;
import io.hearth.config.TableConfig;
import io.hearth.erasure.DeviceEraser;
import io.hearth.ingest.DeadLetters;
import io.hearth.ingest.Ingest;
import io.hearth.ingest.IngestSettings;
import io.hearth.limits.ConnectionLimits;
import io.hearth.limits.Connections;
import io.hearth.limits.RunningQueries;
import io.hearth.limits.SignInDelay;
import io.hearth.live.LiveEvents;
import io.hearth.live.LiveFeed;
import io.hearth.live.LiveMetrics;
import io.hearth.model.RegionId;
import io.hearth.mqtt.ShadowTopics;
import io.hearth.mqtt.endpoint.KnownDevices;
import io.hearth.mqtt.endpoint.MqttLimits;
import io.hearth.mqtt.endpoint.RetainedMessages;
import io.hearth.presence.DevicePresence;
import io.hearth.rest.live.LiveEventJson;
import io.hearth.security.Listeners;
import io.hearth.series.FleetAggregates;
import io.hearth.series.Sealing;
import io.hearth.series.SeriesStore;
import io.hearth.series.rollup.RollupRules;
import io.hearth.shadow.ShadowService;
import io.hearth.shadow.ShadowStore;
import io.hearth.shadow.document.Limits;
import io.hearth.sync.SyncService;
import io.hearth.table.Table;
import io.hearth.table.dynamodb.DynamoDbMetrics;
import io.hearth.table.dynamodb.DynamoDbSettings;
import io.hearth.table.dynamodb.DynamoDbSettings.Capacity;
import io.hearth.table.dynamodb.DynamoDbSettings.Creation;
import io.hearth.table.dynamodb.DynamoDbTable;
import io.hearth.table.memory.MemoryTable;
import io.hearth.table.rocksdb.RocksDbSettings;
import io.hearth.table.rocksdb.RocksDbTable;
import io.hearth.table.rocksdb.TableMetrics;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.system.DiskSpaceMetrics;
import io.opentelemetry.api.trace.Tracer;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;

/** Makes the rooms that know nothing of Quarkus, from the settings. */
@Singleton
class Wiring {
    private static final Duration SLOW_STREAM = Duration.ofSeconds(5);
    private static final Duration LINGER_WHERE_ITEMS_COST = Duration.ofMillis(100);

    @Produces
    @Singleton
    InstantSource wallClock() {
        return Clock.systemUTC();
    }

    @Produces
    @Singleton
    Table table(
            HearthConfig hearth,
            TableConfig config,
            DynamoDbConfig dynamoDb,
            InstantSource wallClock,
            LimitsConfig limits,
            MeterRegistry registry,
            Listeners listeners) {
        // Before anything is created on disk.
        listeners.refuseIfOpenToStrangers();
        Connections.ofProcess().limitTo(connectionLimits(limits), registry);
        return switch (config.engine()) {
            case MEMORY -> new MemoryTable(wallClock);
            case DYNAMODB -> {
                DynamoDbMetrics metrics = new DynamoDbMetrics(registry);
                DynamoDbTable table = DynamoDbTable.open(dynamoDbSettings(dynamoDb, config), wallClock, metrics);
                metrics.watch(table);
                yield table;
            }
            case ROCKSDB -> {
                TableMetrics metrics = new TableMetrics(registry);
                new DiskSpaceMetrics(hearth.dataDir().toFile()).bindTo(registry);
                RocksDbTable table = RocksDbTable.open(rocksDbSettings(hearth, config), wallClock, metrics);
                metrics.watch(table);
                yield table;
            }
        };
    }

    static RocksDbSettings rocksDbSettings(HearthConfig hearth, TableConfig config) {
        return new RocksDbSettings(
                hearth.dataDir().resolve("table"),
                config.fsync(),
                config.changeRetention(),
                config.sweepInterval(),
                config.blockCache().asLongValue(),
                config.writeBuffer().asLongValue(),
                config.maxPending().asLongValue());
    }

    static DynamoDbSettings dynamoDbSettings(DynamoDbConfig dynamoDb, TableConfig config) {
        return new DynamoDbSettings(
                dynamoDb.endpoint().orElse(null),
                new DynamoDbSettings.Location(dynamoDb.region().orElse(null), dynamoDb.table()),
                creation(dynamoDb),
                dynamoDb.requestTimeout(),
                dynamoDb.deadline(),
                config.maxPending().asLongValue(),
                dynamoDb.maxConnections());
    }

    static ConnectionLimits connectionLimits(LimitsConfig limits) {
        return new ConnectionLimits(
                limits.connections(),
                limits.connectionsPerAddress(),
                limits.unauthenticatedConnections(),
                limits.unauthenticatedConnectionsPerAddress(),
                limits.unauthenticatedBytes().asLongValue(),
                limits.signInTimeout(),
                limits.unreadTimeout());
    }

    @Produces
    @Singleton
    SignInDelay signInDelay(LimitsConfig limits, MeterRegistry registry) {
        return new SignInDelay(limits.signInDelay(), registry);
    }

    @Produces
    @Singleton
    MqttLimits mqttLimits(LimitsConfig limits) {
        return MqttLimits.of(limits);
    }

    @Produces
    @Singleton
    RunningQueries runningQueries(LimitsConfig limits, MeterRegistry registry) {
        return new RunningQueries(limits.queries(), limits.queryBytes().asLongValue(), limits.queryWait(), registry);
    }

    private static @Nullable Creation creation(DynamoDbConfig config) {
        if (config.readUnits().isPresent() != config.writeUnits().isPresent()) {
            throw new StartupRefusedException(
                    "HEARTH_DYNAMODB_READ_UNITS and HEARTH_DYNAMODB_WRITE_UNITS go together: set both, or none", null);
        }
        if (!config.create()) {
            return null;
        }
        return new Creation(config.readUnits()
                .flatMap(read -> config.writeUnits().map(write -> new Capacity(read, write)))
                .orElse(null));
    }

    @Produces
    @Singleton
    SeriesStore series(
            Table table,
            HearthConfig config,
            SeriesConfig series,
            LimitsConfig limits,
            InstantSource wallClock,
            MeterRegistry registry) {
        SeriesStore store = new SeriesStore(
                table,
                new RegionId(config.region()),
                wallClock,
                config.retention(),
                rollupRules(series),
                limits.catalogBytes().asLongValue());
        Gauge.builder("hearth.series.catalog", store, SeriesStore::catalogBytes)
                .description("Memory of what is known of devices and their metrics")
                .baseUnit("bytes")
                .register(registry);
        return store;
    }

    private static RollupRules rollupRules(SeriesConfig series) {
        try {
            return RollupRules.parse(series.rollups().orElse(""), series.rollupZone());
        } catch (IllegalArgumentException e) {
            throw new StartupRefusedException("HEARTH_SERIES_ROLLUPS: " + e.getMessage(), e);
        }
    }

    @Produces
    @Singleton
    Sealing sealing(SeriesStore series, SyncService sync, MeterRegistry registry) {
        return new Sealing(series, sync::settledMillis, registry);
    }

    /** Helpers are daemons, as many as processors, for all answers together; what they read fails once the table is closed. */
    @Produces
    @Singleton
    FleetAggregates fleetAggregates(SeriesStore series) {
        int processors = Runtime.getRuntime().availableProcessors();
        ThreadPoolExecutor helpers = new ThreadPoolExecutor(
                processors,
                processors,
                1,
                TimeUnit.MINUTES,
                new LinkedBlockingQueue<>(),
                DaemonThreads.numbered("hearth-aggregate-"));
        helpers.allowCoreThreadTimeOut(true);
        return new FleetAggregates(series.reader(), helpers, processors);
    }

    @Produces
    @Singleton
    LiveFeed liveFeed(Table table, StreamConfig config, LimitsConfig limits, MeterRegistry registry) {
        LiveFeed feed = new LiveFeed(
                table,
                new LiveEvents(),
                LiveEventJson::of,
                new LiveFeed.Settings(
                        config.pollInterval(),
                        config.heartbeat(),
                        config.maxClients(),
                        Math.toIntExact(limits.streamQueue().asLongValue()),
                        limits.streamsBytes().asLongValue(),
                        SLOW_STREAM));
        LiveMetrics.watch(feed, registry);
        return feed;
    }

    @Produces
    @Singleton
    DevicePresence presence(Table table, HearthConfig config, InstantSource wallClock, MeterRegistry registry) {
        DevicePresence presence = new DevicePresence(table, wallClock, config.retention(), System::nanoTime);
        Gauge.builder("hearth.devices.online", presence, DevicePresence::online)
                .description("Devices that are online, as far as this process has heard")
                .register(registry);
        return presence;
    }

    @Produces
    @Singleton
    ShadowStore shadows(Table table, HearthConfig hearth, ShadowConfig config, InstantSource wallClock) {
        Limits limits;
        try {
            limits = new Limits(Math.toIntExact(config.maxState().asLongValue()), config.maxLevels());
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new StartupRefusedException("HEARTH_SHADOW_MAX_STATE must be 1 to 30K", e);
        }
        ShadowStore.Settings settings =
                new ShadowStore.Settings(limits, config.keptAfterDelete(), config.historyRetention());
        return new ShadowStore(table, new RegionId(hearth.region()), wallClock, settings);
    }

    /** Threads are daemons: what they are at when the service stops has been answered, or its client sends it again. */
    @Produces
    @Singleton
    ShadowService shadowService(ShadowStore store, ShadowConfig config, MeterRegistry registry) {
        int threads = 2 * Runtime.getRuntime().availableProcessors();
        ExecutorService executor = Executors.newFixedThreadPool(threads, DaemonThreads.numbered("hearth-shadow-"));
        ShadowService service = new ShadowService(store, executor, config.maxInFlight());
        Gauge.builder("hearth.shadow.busy", service, ShadowService::busyThings)
                .description("Things that have requests for shadows in flight")
                .register(registry);
        return service;
    }

    @Produces
    @Singleton
    ShadowTopics shadowTopics(ShadowConfig config) {
        try {
            return new ShadowTopics(config.topicPrefix());
        } catch (IllegalArgumentException e) {
            throw new StartupRefusedException("HEARTH_SHADOW_TOPIC_PREFIX: " + e.getMessage(), e);
        }
    }

    @Produces
    @Singleton
    RetainedMessages retainedMessages(
            Table table, InstantSource wallClock, MqttLimits limits, KnownDevices knownDevices) {
        return new RetainedMessages(table, wallClock, limits.retained(), knownDevices);
    }

    @Produces
    @Singleton
    KnownDevices knownDevices(SeriesStore series) {
        return series::isKnown;
    }

    @Produces
    @Singleton
    DeviceEraser deviceEraser(
            SeriesStore series,
            ShadowStore shadows,
            DevicePresence presence,
            DeadLetters deadLetters,
            RetainedMessages retained,
            HearthConfig hearth,
            InstantSource wallClock) {
        return new DeviceEraser(
                series,
                new DeviceEraser.Stores(shadows, presence, deadLetters, retained),
                new RegionId(hearth.region()),
                wallClock);
    }

    @Produces
    @Singleton
    DeadLetters deadLetters(Table table, IngestConfig config) {
        return new DeadLetters(table, config.deadLetterRetention());
    }

    @Produces
    @Singleton
    Ingest ingest(
            SeriesStore series,
            DeadLetters deadLetters,
            Table table,
            HearthConfig hearth,
            IngestConfig config,
            MqttConfig mqtt,
            InstantSource wallClock,
            MeterRegistry registry,
            Tracer tracer,
            @ConfigProperty(name = "quarkus.otel.sdk.disabled") boolean untraced) {
        IngestSettings settings = new IngestSettings(
                (int) mqtt.maxPayload().asLongValue(),
                config.clockAhead(),
                hearth.retention(),
                config.linger().orElse(table.isShared() ? LINGER_WHERE_ITEMS_COST : Duration.ZERO),
                config.redeliveryWindow());
        Ingest ingest = new Ingest(series, deadLetters, wallClock, settings, registry);
        if (!untraced) {
            ingest.traceWith(tracer);
        }
        return ingest;
    }
}
