package io.hearth.boot;

import io.hearth.config.HearthConfig;
import io.hearth.config.MqttConfig;
import io.hearth.ingest.Ingest;
import io.hearth.live.LiveFeed;
import io.hearth.mqtt.endpoint.EmbeddedConnector;
import io.hearth.ops.BackupSchedule;
import io.hearth.presence.DevicePresence;
import io.hearth.table.Table;
import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.vertx.http.HttpServerStart;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.ObservesAsync;
import jakarta.inject.Singleton;
import java.time.Duration;
import org.eclipse.microprofile.reactive.messaging.spi.Connector;
import org.jboss.logging.Logger;

/** Says when the service serves, and stops the rooms in order: the transports first, then ingest, the table last. */
@Singleton
class Lifecycle {
    private static final Logger LOG = Logger.getLogger("io.hearth");

    /** Presence that is not written is found out of date at the next start, which is as good. */
    private static final Duration PRESENCE_PATIENCE = Duration.ofSeconds(1);

    private final HearthConfig hearth;
    private final MqttConfig mqtt;
    private final EmbeddedConnector embedded;
    private final Ingest ingest;
    private final LiveFeed liveFeed;
    private final DevicePresence presence;
    private final BackupSchedule backups;
    private final Table table;

    Lifecycle(
            HearthConfig hearth,
            MqttConfig mqtt,
            @Connector(EmbeddedConnector.NAME) EmbeddedConnector embedded,
            Ingest ingest,
            LiveFeed liveFeed,
            DevicePresence presence,
            BackupSchedule backups,
            Table table) {
        this.hearth = hearth;
        this.mqtt = mqtt;
        this.embedded = embedded;
        this.ingest = ingest;
        this.liveFeed = liveFeed;
        this.presence = presence;
        this.backups = backups;
        this.table = table;
    }

    /**
     * Makes this bean, and with it the table and ingest, before the channels are made: a data directory that cannot be opened
     * is then what ends the start, and nothing else.
     */
    void open(@Observes @Priority(1) StartupEvent startup) {
        if (!hearth.auth()) {
            LOG.warn(
                    "HEARTH_AUTH=off: everybody on this machine may read, write and erase everything without credentials");
        }
    }

    /** Other programs wait for this line, so its words are a promise. */
    void ready(@ObservesAsync HttpServerStart started) {
        int mqttPort =
                embedded.endpoint().map(endpoint -> endpoint.actualPort()).orElse(mqtt.port());
        LOG.infof(
                "ready: http://%s:%d, %s mqtt%s://%s:%d, region %s, data in %s%s",
                started.options().getHost(),
                started.options().getPort(),
                embedded.endpoint().isPresent() ? "embedded" : "external",
                mqtt.tls().enabled() ? "s" : "",
                mqtt.host(),
                mqttPort,
                hearth.region(),
                hearth.dataDir(),
                hearth.auth() ? "" : ", AUTHENTICATION IS OFF");
    }

    /**
     * Whoever follows the stream connects again, then to the service that takes over from this one. First of all, as these
     * requests never end by themselves, and the others are waited for.
     */
    void endStreams(@Observes ShutdownDelayInitiatedEvent stopping) {
        LOG.info("stopping: not ready any more; what has been received is still stored and acknowledged");
        liveFeed.close();
    }

    /** The connectors stop with priority 1, and wait until what they have received is settled. */
    void stop(@Observes @Priority(1000) ShutdownEvent shutdown) throws InterruptedException {
        ingest.close();
        presence.awaitWritten(PRESENCE_PATIENCE);
        backups.finish();
        table.close();
        LOG.info("stopped: all that was acknowledged is stored");
    }
}
