package io.hearth.mqtt.endpoint;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Tells of what clients do wrong in at most one line a second, as anybody can do any amount of it. */
final class QuietLog {
    private static final Logger LOG = Logger.getLogger("io.hearth.mqtt.endpoint.MqttEndpoint");
    private static final long INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final AtomicLong nextNanos = new AtomicLong(System.nanoTime());
    private final AtomicLong leftOut = new AtomicLong();

    /** Logs {@code what}, which a client caused and must not hold line breaks of its making, or counts it as left out. */
    void warn(String what) {
        log(what, null);
    }

    /** Logs, with its stack trace, a failure that no client should be able to cause. */
    void error(String what, Throwable cause) {
        log(what, cause);
    }

    private void log(String what, @Nullable Throwable cause) {
        long now = System.nanoTime();
        long next = nextNanos.get();
        if (now - next < 0 || !nextNanos.compareAndSet(next, now + INTERVAL_NANOS)) {
            leftOut.incrementAndGet();
            return;
        }
        long others = leftOut.getAndSet(0);
        LOG.log(
                cause == null ? Logger.Level.WARN : Logger.Level.ERROR,
                "MQTT: " + what + (others == 0 ? "" : " (and " + others + " more before)"),
                cause);
    }
}
