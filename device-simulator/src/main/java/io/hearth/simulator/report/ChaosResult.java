package io.hearth.simulator.report;

/**
 * What the chaos commands of a run did.
 *
 * @param commandsRun how many were started
 * @param commandsFailed how many of these did not end with exit code 0
 * @param connectionsLost connections that the server or the network ended since the first command was started
 */
public record ChaosResult(long commandsRun, long commandsFailed, long connectionsLost) {

    ChaosResult mergedWith(ChaosResult other) {
        return new ChaosResult(
                commandsRun + other.commandsRun,
                commandsFailed + other.commandsFailed,
                connectionsLost + other.connectionsLost);
    }

    /** For people. */
    String text() {
        return commandsRun + " commands run, " + commandsFailed + " failed, " + connectionsLost
                + " connections lost since the first";
    }
}
