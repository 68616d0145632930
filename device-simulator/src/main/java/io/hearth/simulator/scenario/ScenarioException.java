package io.hearth.simulator.scenario;

/** A scenario file is wrong; the message names file, line, column and field. */
public final class ScenarioException extends Exception {

    private static final long serialVersionUID = 1;

    public ScenarioException(String message) {
        super(message);
    }
}
