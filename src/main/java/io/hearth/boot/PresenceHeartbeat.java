package io.hearth.boot;

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

/** Where several processes use the table, lets the others know that this one, and who is connected to it, is still there. */
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
        if (!table.isShared()) {
            return;
        }
        beat();
        Thread beats = new Thread(
                () -> {
                    while (!stopped) {
                        LockSupport.parkNanos(INTERVAL.toNanos());
                        if (!stopped) {
                            beat();
                        }
                    }
                },
                "hearth-presence");
        beats.setDaemon(true);
        beats.start();
        thread = beats;
    }

    void stop(@Observes @Priority(0) ShutdownEvent shutdown) {
        stopped = true;
        LockSupport.unpark(thread);
    }

    private void beat() {
        try {
            presence.stillHere().await().indefinitely();
        } catch (TableException e) {
            LOG.warnf("Others could not be told that this process is there, which is tried again: %s", e.getMessage());
        }
    }
}
