package io.hearth.boot;

import io.hearth.config.BackupConfig;
import io.hearth.config.DynamoDbConfig;
import io.hearth.config.HearthConfig;
import io.hearth.config.ImportConfig;
import io.hearth.config.IngestConfig;
import io.hearth.config.LimitsConfig;
import io.hearth.config.LineProtocolConfig;
import io.hearth.config.MqttConfig;
import io.hearth.config.SeriesConfig;
import io.hearth.config.ShadowConfig;
import io.hearth.config.StartupRefusedException;
import io.hearth.config.StreamConfig;
import io.hearth.config.SyncConfig;
import io.hearth.config.TableConfig;
import io.hearth.ingest.DeadLetters;
import io.hearth.ingest.bulk.LineIntake;
import io.hearth.ingest.bulk.ParquetIntake;
import io.hearth.ops.SealSchedule;
import io.hearth.ops.SyncSchedule;
import io.hearth.presence.DevicePresence;
import io.hearth.rest.http.RequestBodies;
import io.hearth.rest.intake.IngestResource;
import io.hearth.rest.intake.LineProtocolResource;
import io.hearth.security.Credentials;
import io.hearth.series.SeriesStore;
import io.hearth.shadow.ShadowStore;
import io.hearth.sync.SyncService;
import io.hearth.sync.SyncSource;
import io.hearth.sync.SyncTarget;
import io.hearth.table.CommitListener;
import io.hearth.table.memory.MemoryTable;
import io.hearth.table.rocksdb.RocksDbTable;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import io.smallrye.config.SmallRyeConfig;
import java.time.Clock;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** All that is made of settings, as the service makes it when it starts, over a table in memory. */
final class WiredService implements AutoCloseable {
    private final InstantSource clock = Clock.systemUTC();
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

    /** By simple name of the class. */
    private final Map<String, Object> made = new HashMap<>();

    private final List<AutoCloseable> toClose = new ArrayList<>();

    /** What was made, by the simple name of its class. */
    Object part(String name) {
        return Objects.requireNonNull(made.get(name), name);
    }

    /**
     * Makes everything.
     *
     * @throws StartupRefusedException where the settings would stop the start
     */
    void make(SmallRyeConfig config) throws Exception {
        Wiring wiring = new Wiring();
        SyncWiring syncs = new SyncWiring();
        HearthConfig hearth = config.getConfigMapping(HearthConfig.class);
        IngestConfig ingest = config.getConfigMapping(IngestConfig.class);
        MqttConfig mqtt = config.getConfigMapping(MqttConfig.class);
        SeriesConfig seriesConfig = config.getConfigMapping(SeriesConfig.class);
        ShadowConfig shadow = config.getConfigMapping(ShadowConfig.class);
        StreamConfig stream = config.getConfigMapping(StreamConfig.class);
        SyncConfig sync = config.getConfigMapping(SyncConfig.class);
        TableConfig tableConfig = config.getConfigMapping(TableConfig.class);
        BackupConfig backup = config.getConfigMapping(BackupConfig.class);
        MemoryTable table = new MemoryTable(clock);

        LimitsConfig limits = config.getConfigMapping(LimitsConfig.class);
        made(Wiring.connectionLimits(limits));
        made(wiring.signInDelay(limits, registry));
        made(wiring.mqttLimits(limits));
        made(wiring.runningQueries(limits, registry));
        made(Wiring.rocksDbSettings(hearth, tableConfig));
        made(Wiring.dynamoDbSettings(config.getConfigMapping(DynamoDbConfig.class), tableConfig));
        SeriesStore series = made(wiring.series(table, hearth, seriesConfig, limits, clock, registry));
        DeadLetters deadLetters = made(wiring.deadLetters(table, ingest));
        made(new Credentials(hearth, sync));
        made(wiring.liveFeed(table, stream, limits, registry));
        DevicePresence presence = made(wiring.presence(table, hearth, clock, registry));
        ShadowStore shadows = made(wiring.shadows(table, hearth, shadow, clock));
        made(wiring.shadowService(shadows, shadow, registry));
        made(wiring.shadowTopics(shadow));
        var ingests = made(wiring.ingest(
                series,
                deadLetters,
                table,
                hearth,
                ingest,
                mqtt,
                clock,
                registry,
                OpenTelemetry.noop().getTracer("test"),
                true));
        SyncSource source = made(syncs.source(table, hearth));
        var feed = made(syncs.feed(source, stream, sync, registry));
        SyncTarget target = made(syncs.target(table, series, shadows, sync, clock));
        var shadowVerification = made(syncs.shadowVerification(table, shadows, target, shadow, clock));
        var verification = made(syncs.verification(series, target, shadowVerification, hearth, clock));
        SyncService service =
                made(syncs.service(table, series, target, verification, hearth, sync, limits, clock, registry));
        made(new SyncSchedule(service, feed, hearth, sync));
        made(new SealSchedule(wiring.sealing(series, service, registry), seriesConfig, clock, table, registry));
        made(new IngestResource(ingests, mqtt));
        RequestBodies bodies = made(new RequestBodies(limits));
        made(new ParquetIntake(ingests, hearth, config.getConfigMapping(ImportConfig.class)));
        made(new LineProtocolResource(
                new LineIntake(ingests), bodies, config.getConfigMapping(LineProtocolConfig.class)));
        try (RocksDbTable embedded =
                RocksDbTable.open(Wiring.rocksDbSettings(hearth, tableConfig), clock, CommitListener.NONE)) {
            new BackupWiring().backups(embedded, hearth, backup, clock).ifPresent(this::made);
        }
    }

    private <T> T made(T object) {
        made.put(object.getClass().getSimpleName(), object);
        if (object instanceof AutoCloseable closeable) {
            toClose.add(0, closeable);
        }
        return object;
    }

    @Override
    public void close() throws Exception {
        for (AutoCloseable closeable : toClose) {
            closeable.close();
        }
    }
}
