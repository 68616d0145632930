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

/** Checks every device of a ledger against the service. Memory holds the readings of as many devices as run in parallel. */
public final class Verifier {

    private final VerifySettings settings;

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
                    DeviceCheck check = new DeviceCheck(deviceId, tally);
                    ledger.read(deviceId, check::sent);
                    client.read(deviceId, check::stored);
                    check.finish();
                    return null;
                }));
            }
            for (Future<?> check : checks) {
                await(check);
            }
            return tally.report(checks.size());
        } finally {
            threads.shutdownNow();
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
