package io.hearth.ops;

import io.hearth.concurrent.DaemonThreads;
import io.hearth.presence.DevicePresence;
import io.hearth.table.Table;
import io.hearth.table.TableException;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Takes the devices of processes that have ended offline; where several processes use the table, lets the others know that
 * this one, and with it the devices that are connected to it, is still there.
 */
@Singleton
class PresenceHeartbeat {
    private static final Logger LOG = Logger.getLogger(PresenceHeartbeat.class);
    private static final Duration INTERVAL = DevicePresence.SILENCE.dividedBy(3);

    private final DevicePresence presence;
    private final Table table;
    private @Nullable Thread thread;
    private volatile boolean stopped;

    PresenceHeartbeat(DevicePresence presence, Table table) {
        this.presence = presence;
        this.table = table;
    }

    /** Before devices can connect. */
    void start(@Observes @Priority(2) StartupEvent startup) {
        boolean isKnown = beats();
        Thread beats = DaemonThreads.thread("hearth-presence", () -> run(isKnown));
        beats.start();
        thread = beats;
    }

    void stop(@Observes @Priority(0) ShutdownEvent shutdown) {
        stopped = true;
        LockSupport.unpark(thread);
    }

    /** A process that has the table to itself is done once it is known to the next one, and has cleared up after the last. */
    private void run(boolean isKnown) {
        boolean known = isKnown;
        while (!stopped) {
            boolean cleared = clearsUp();
            if (known && cleared && !table.isShared()) {
                return;
            }
            LockSupport.parkNanos(INTERVAL.toNanos());
            if (!stopped && (!known || table.isShared())) {
                known = beats();
            }
        }
    }

    private boolean beats() {
        try {
            presence.heartbeat();
            return true;
        } catch (TableException e) {
            LOG.warnf("Cannot store that this process is there, which is tried again: %s", e.getMessage());
            return false;
        }
    }

    private boolean clearsUp() {
        try {
            return presence.endOthers();
        } catch (TableException e) {
            LOG.warnf("Cannot take devices of ended processes offline, which is tried again: %s", e.getMessage());
            return false;
        }
    }
}
