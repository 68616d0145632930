package io.hearth.ops;

import io.hearth.backup.Backup;
import io.hearth.backup.BackupRunningException;
import io.hearth.backup.Backups;
import io.hearth.concurrent.DaemonThreads;
import io.hearth.config.BackupConfig;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.vertx.http.HttpServerStart;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.ObservesAsync;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Makes backups when they are due, and has their log follow in between, on threads of its own. */
@Singleton
public class BackupSchedule {
    private static final Logger LOG = Logger.getLogger(BackupSchedule.class);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(3);

    /** How long after a failed backup the next is tried. */
    private static final Duration RETRY = Duration.ofMinutes(1);

    private final Optional<Backups> backups;
    private final BackupConfig config;
    private final InstantSource wallClock;
    private final MeterRegistry registry;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition stopping = lock.newCondition();
    private @Nullable Thread logThread;
    private volatile boolean stopped;
    private volatile boolean logFailing;

    BackupSchedule(Optional<Backups> backups, BackupConfig config, InstantSource wallClock, MeterRegistry registry) {
        this.backups = backups;
        this.config = config;
        this.wallClock = wallClock;
        this.registry = registry;
        FunctionCounter.builder(
                        "hearth.backup.failures",
                        this.backups,
                        made -> made.map(Backups::failures).orElse(0L))
                .description("Backups, and times that their log was to follow, that failed")
                .register(registry);
    }

    synchronized void start(@ObservesAsync HttpServerStart started) {
        if (backups.isEmpty() || stopped || logThread != null) {
            return;
        }
        Backups made = backups.get();
        Gauge.builder("hearth.backup.last.timestamp", () -> seconds(made.latestTaken()))
                .baseUnit("seconds")
                .description("When the latest backup was taken, since the epoch; 0 if there is none")
                .register(registry);
        Gauge.builder("hearth.backup.recoverable.until.timestamp", () -> seconds(made.recoverableUntil()))
                .baseUnit("seconds")
                .description("Whatever was acknowledged before can be recovered, since the epoch; 0 if nothing can")
                .register(registry);
        FunctionCounter.builder("hearth.backup.written", made, Backups::writtenBytes)
                .baseUnit("bytes")
                .description("What was written to the directory of backups")
                .register(registry);
        logThread = thread("hearth-backup-log", () -> follow(made));
        if (!config.interval().isZero()) {
            thread("hearth-backup", () -> backUp(made));
        }
    }

    private static Thread thread(String name, Runnable task) {
        Thread thread = DaemonThreads.thread(name, task);
        thread.start();
        return thread;
    }

    /** Before the transports stop, as they may take all the time there is; {@link #finish} adds what they settle. */
    void stop(@Observes @Priority(0) ShutdownEvent shutdown) {
        lock.lock();
        try {
            stopped = true;
            stopping.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Once ingest is closed and before the table is: the last commits are in the log, too. */
    public void finish() throws InterruptedException {
        Thread following = logThread;
        if (following != null && backups.isPresent()) {
            Backups made = backups.get();
            // A directory that hangs must not keep the service from ending.
            Thread last = thread("hearth-backup-end", () -> {
                ship(made);
                made.close();
            });
            last.join(STOP_LIMIT.toMillis());
        }
    }

    private void follow(Backups made) {
        Duration wait;
        do {
            ship(made);
            // A backup is too much to try as often as the log.
            boolean backupFailed = logFailing && !made.isFollowing();
            wait = backupFailed && RETRY.compareTo(config.logInterval()) > 0 ? RETRY : config.logInterval();
        } while (pause(wait));
    }

    private void ship(Backups made) {
        try {
            made.ship();
            if (logFailing) {
                LOG.info("The log of backups follows again");
            }
            logFailing = false;
        } catch (RuntimeException e) {
            if (!logFailing && !stopped) {
                LOG.errorf("%s; it is tried again by itself", e.getMessage());
            }
            logFailing = true;
        }
    }

    private void backUp(Backups made) {
        boolean more = true;
        while (more) {
            Duration wait;
            try {
                wait = untilDue(made);
                if (wait.isZero()) {
                    Backup backup = made.backUp();
                    LOG.infof(
                            "backup %s: %d files, %d bytes, of which %d were copied, in %s",
                            backup.id(), backup.files(), backup.bytes(), backup.copiedBytes(), backup.duration());
                    wait = config.interval();
                }
            } catch (BackupRunningException e) {
                wait = config.logInterval();
            } catch (RuntimeException e) {
                if (!stopped) {
                    LOG.errorf("%s; it is tried again in %s", e.getMessage(), RETRY);
                }
                wait = RETRY;
            }
            more = pause(wait);
        }
    }

    /** How long until the next backup; zero if it is due, or the last one is of a clock that was ahead. */
    private Duration untilDue(Backups made) {
        List<Backup> all = made.list();
        if (all.isEmpty()) {
            return Duration.ZERO;
        }
        Instant taken = all.get(all.size() - 1).taken();
        Duration age = Duration.between(taken, wallClock.instant());
        boolean isDue = age.isNegative() || age.compareTo(config.interval()) >= 0;
        return isDue ? Duration.ZERO : config.interval().minus(age);
    }

    /** Answers whether to go on. */
    private boolean pause(Duration duration) {
        lock.lock();
        try {
            long nanos = duration.toNanos();
            while (!stopped && nanos > 0) {
                nanos = stopping.awaitNanos(nanos);
            }
            return !stopped;
        } catch (InterruptedException e) {
            return false;
        } finally {
            lock.unlock();
        }
    }

    private static double seconds(@Nullable Instant instant) {
        return instant == null ? 0 : instant.toEpochMilli() / (double) TimeUnit.SECONDS.toMillis(1);
    }
}
