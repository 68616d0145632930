package io.hearth;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * A service under the load of a fleet. A test ends the service in its own way and has it start again, as often as it likes; in the end
 * {@link #assertNothingLost} compares what was acknowledged with what is stored. Closing it ends both.
 */
public final class LoadedService implements AutoCloseable {
    private final Fleet fleet;
    private HearthProcess process;

    private LoadedService(HearthProcess process, Fleet fleet) {
        this.process = process;
        this.fleet = fleet;
    }

    /** Where the service of a test's directory is, for tests that prepare its data. */
    public static Path home(Path directory) throws IOException {
        return Files.createDirectories(directory.resolve("service"));
    }

    /** Starts a service below {@code directory}, and a fleet that publishes to it. */
    public static LoadedService start(Path directory, Map<String, String> environment, Fleet.Plan plan)
            throws IOException {
        HearthProcess process = HearthProcess.start(home(directory), environment);
        try {
            return new LoadedService(process, plan.publishTo(process, directory.resolve("fleet")));
        } catch (IOException | RuntimeException | Error e) {
            process.kill();
            throw e;
        }
    }

    /** A service that runs, and a fleet that publishes to its broker. */
    public static LoadedService behind(Mosquitto broker, HearthProcess process, Path directory, Fleet.Plan plan)
            throws IOException {
        try {
            return new LoadedService(process, plan.publishTo(broker, directory.resolve("fleet")));
        } catch (IOException | RuntimeException | Error e) {
            process.kill();
            throw e;
        }
    }

    /** The service as it runs, or has run last. */
    public HearthProcess process() {
        return process;
    }

    public HearthClient client() {
        return process.client();
    }

    public Fleet fleet() {
        return fleet;
    }

    /** Starts the service again, which must have ended. */
    public void startAgain() throws IOException {
        process = process.startAgain();
    }

    /** As {@code kill -9} and an orchestrator that starts it again. */
    public void killAndStartAgain() throws IOException {
        process.kill();
        startAgain();
    }

    /**
     * Has the fleet stop and checks that what was acknowledged to it is stored, once and unchanged.
     *
     * @return how many readings were acknowledged
     */
    public long assertNothingLost() throws IOException, InterruptedException {
        return assertNothingLost(Duration.ZERO);
    }

    /** As {@link #assertNothingLost()}, where a broker may still have messages that arrive within {@code patience}. */
    public long assertNothingLost(Duration patience) throws IOException, InterruptedException {
        long acknowledged = fleet.stop();
        fleet.verifyOnceCaughtUp(process, patience);
        return acknowledged;
    }

    @Override
    public void close() {
        fleet.close();
        process.kill();
    }
}
