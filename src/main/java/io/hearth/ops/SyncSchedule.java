package io.hearth.ops;

import io.hearth.concurrent.DaemonThreads;
import io.hearth.config.HearthConfig;
import io.hearth.config.SyncConfig;
import io.hearth.sync.Peer;
import io.hearth.sync.SyncService;
import io.hearth.sync.feed.FeedReader;
import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.vertx.http.HttpServerStart;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.ObservesAsync;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/** Begins to pull from peers when the service serves, and stops before the table does. */
@Singleton
public class SyncSchedule {
    private static final Logger LOG = Logger.getLogger(SyncSchedule.class);

    private final SyncService service;
    private final FeedReader feed;
    private final List<Peer> peers;
    private final SyncConfig config;
    private final ScheduledExecutorService verifier =
            Executors.newSingleThreadScheduledExecutor(DaemonThreads.named("hearth-sync-verify"));

    public SyncSchedule(SyncService service, FeedReader feed, HearthConfig hearth, SyncConfig config) {
        this.service = service;
        this.feed = feed;
        this.config = config;
        this.peers = PeerSettings.peersOf(hearth, config);
    }

    /** Makes this bean, so that wrong settings are what ends the start. */
    void open(@Observes @Priority(2) StartupEvent startup) {
        LOG.debugf("peers %s", peers);
    }

    void start(@ObservesAsync HttpServerStart started) {
        service.start(peers);
        long intervalMillis = config.verifyInterval().toMillis();
        if (intervalMillis > 0) {
            verifier.scheduleWithFixedDelay(this::verify, intervalMillis, intervalMillis, TimeUnit.MILLISECONDS);
        }
    }

    private void verify() {
        for (SyncService.PeerStatus peer : service.peers()) {
            try {
                service.verify(peer.peer().id());
            } catch (IOException | RuntimeException e) {
                LOG.warnf(
                        "Region %s could not be compared with: %s", peer.peer().id(), e.getMessage());
            }
        }
    }

    /** Before the requests under way are waited for: those of peers wait for changes, and would not end by themselves. */
    void stopWaiting(@Observes ShutdownDelayInitiatedEvent stopping) {
        feed.stopWaiting();
    }

    void stop(@Observes @Priority(0) ShutdownEvent shutdown) {
        verifier.shutdownNow();
        service.close();
        feed.close();
    }
}
