package io.hearth.mqtt.external;

import io.hearth.concurrent.DaemonThreads;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Keeps one connection to the broker: makes it again, after growing pauses, for as long as the service runs. */
final class BrokerConnection {
    private static final Logger LOG = Logger.getLogger(BrokerConnection.class);
    private static final Backoff BACKOFF = new Backoff(Duration.ofMillis(200), Duration.ofSeconds(20));

    /** A connection that lasts so long was a good one: the next pause is short again. */
    private static final Duration GOOD = Duration.ofSeconds(10);

    /** So many connections in a row that were lost soon after they worked. */
    private static final int SUSPICIOUS = 3;

    private static final Duration SAME_PROBLEM_LOGGED_EVERY = Duration.ofMinutes(1);
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(5);

    private final BrokerOptions options;
    private final int number;
    private final String clientId;
    private final Intake intake;
    private final BrokerMetrics metrics;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread;
    private volatile @Nullable BrokerSession session;
    private volatile BrokerStatus status;
    private boolean everSubscribed;
    private volatile boolean wasSubscribed;
    private long problemLoggedNanos;

    BrokerConnection(BrokerOptions options, int number, Intake intake, BrokerMetrics metrics) {
        this.options = options;
        this.number = number;
        this.clientId = options.clientId(number);
        this.intake = intake;
        this.metrics = metrics;
        status = new BrokerStatus(clientId, false, null);
        thread = DaemonThreads.thread("hearth-broker-" + number, this::run);
        // Paho's threads inherit this.
    }

    void start() {
        thread.start();
    }

    BrokerStatus status() {
        return status;
    }

    private void run() {
        int failures = 0;
        int shortLived = 0;
        try {
            while (!isClosing()) {
                // After a stall; what the broker would send meanwhile could not be taken.
                intake.awaitRoom(() -> !isClosing());
                long startNanos = System.nanoTime();
                String problem = runOne();
                if (isClosing()) {
                    return;
                }
                boolean wasGood = System.nanoTime() - startNanos > GOOD.toNanos();
                failures = wasGood ? 1 : failures + 1;
                shortLived = wasGood || !wasSubscribed ? 0 : shortLived + 1;
                Duration pause = BACKOFF.after(failures, ThreadLocalRandom.current());
                // Not every broker says so when it closes a connection for that reason; Mosquitto does not.
                report(shortLived < SUSPICIOUS ? problem : problem + "; does another client use this client id?");
                if (closing.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            LOG.errorf(
                    e, "The connection %s to the broker failed and is given up until the service restarts", clientId);
            status = new BrokerStatus(clientId, false, "failed: " + e);
        }
    }

    private String runOne() throws InterruptedException {
        BrokerSession running;
        try {
            running = new BrokerSession(options, number, intake, this::subscribed);
        } catch (MqttException e) {
            return options.explain(e);
        }
        synchronized (this) {
            wasSubscribed = false;
            session = running;
        }
        if (isClosing()) {
            running.end("closing");
        }
        try {
            return running.run();
        } finally {
            ended();
        }
    }

    private synchronized void subscribed(BrokerSession by, boolean resumed) {
        if (by != session) {
            return; // It came too late: that session has ended.
        }
        if (everSubscribed) {
            metrics.reconnected();
        }
        everSubscribed = true;
        wasSubscribed = true;
        metrics.connected();
        status = new BrokerStatus(clientId, true, null);
        LOG.infof(
                "Connected to the broker at %s as %s, subscribed to %s", options.address(), clientId, options.filter());
        if (!resumed) {
            metrics.sessionBegun();
            LOG.warnf(
                    "The broker had no session for %s and began one; unless this is the first connection ever, it may have dropped messages",
                    clientId);
        }
    }

    private synchronized void ended() {
        session = null;
        if (status.connected()) {
            metrics.disconnected();
            status = new BrokerStatus(clientId, false, null);
        }
    }

    private void report(String problem) {
        long now = System.nanoTime();
        boolean told =
                problem.equals(status.problem()) && now - problemLoggedNanos < SAME_PROBLEM_LOGGED_EVERY.toNanos();
        status = new BrokerStatus(clientId, false, problem);
        if (!told) {
            problemLoggedNanos = now;
            LOG.warnf("No connection to the broker as %s, which is tried again: %s", clientId, problem);
        }
    }

    private boolean isClosing() {
        return closing.getCount() == 0;
    }

    void stopTaking() {
        BrokerSession running = session;
        if (running != null) {
            running.stopTaking();
        }
    }

    /** Closes the connection and waits a little until it is; the broker keeps the session. */
    void close() {
        closing.countDown();
        intake.wake();
        BrokerSession running = session;
        if (running != null) {
            running.end("closing");
        }
        try {
            thread.join(CLOSE_PATIENCE.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
