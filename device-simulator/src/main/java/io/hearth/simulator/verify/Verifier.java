package io.hearth.simulator.verify;

import io.hearth.simulator.ledger.Ledger;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Checks every device of a ledger against the service. Memory holds the readings of as many devices as run in parallel. */
public final class Verifier {

    private static final long ASK_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    private final VerifySettings settings;
    /** When to stop asking again, {@link System#nanoTime()}; 0 while nothing was missing. */
    private final AtomicLong lateDeadline = new AtomicLong();

    public Verifier(VerifySettings settings) {
        this.settings = settings;
    }

    /**
     * Reads back what the ledger says was sent.
     *
     * @param now readings with a device time up to a day after it are asked for
     * @throws VerificationFailedException there is no verdict
     */
    public VerifyReport verify(Ledger ledger, Instant now)
            throws VerificationFailedException, IOException, InterruptedException {
        ReadingsClient client = new ReadingsClient(settings, now.plus(Duration.ofDays(1)));
        client.awaitReady();
        VerifyTally tally = new VerifyTally();
        ExecutorService threads = Executors.newFixedThreadPool(settings.parallel());
        try {
            List<Future<?>> checks = new ArrayList<>();
            for (String deviceId : ledger.deviceIds()) {
                checks.add(threads.submit(() -> {
                    DeviceCheck check = new DeviceCheck(deviceId, settings.until(), tally);
                    ledger.read(deviceId, check::sent);
                    client.read(deviceId, check::stored);
                    askAgain(client, deviceId, check);
                    check.finish();
                    return null;
                }));
            }
            for (Future<?> check : checks) {
                await(check);
            }
            return tally.report(checks.size(), ledger.incomplete(), settings);
        } finally {
            threads.shutdownNow();
        }
    }

    /** Tells what is lost from what is only late: a write that was acknowledged must be visible to the next read. */
    private void askAgain(ReadingsClient client, String deviceId, DeviceCheck check)
            throws VerificationFailedException, InterruptedException {
        if (settings.lateWait().isZero() || !check.isMissingSomething()) {
            return;
        }
        long now = System.nanoTime();
        // One wait for all devices, as it need not be longer for being asked about a thousand.
        long deadline = lateDeadline.updateAndGet(
                set -> set == 0 ? now + settings.lateWait().toNanos() : set);
        while (true) {
            boolean last = System.nanoTime() - deadline >= 0;
            client.read(deviceId, check::storedLater);
            if (last || !check.isMissingSomething()) {
                return;
            }
            TimeUnit.NANOSECONDS.sleep(ASK_AGAIN_NANOS);
        }
    }

    private static void await(Future<?> check) throws VerificationFailedException, IOException, InterruptedException {
        try {
            check.get();
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            if (cause instanceof VerificationFailedException failed) {
                throw failed;
            }
            if (cause instanceof IOException io) {
                throw io;
            }
            throw new IllegalStateException(cause);
        }
    }
}
