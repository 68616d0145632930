package io.hearth.simulator.chaos;

import java.time.Duration;
import java.util.List;

/**
 * Commands to run at random moments.
 *
 * @param commands for {@code sh -c}; each time one of them is chosen
 * @param every from half to one and a half of this lies between two
 * @param after nothing happens before this much of the run has passed
 * @param times how often at most
 * @param seed of the moments and the choice
 */
public record ChaosPlan(List<String> commands, Duration every, Duration after, int times, long seed) {

    public ChaosPlan {
        commands = List.copyOf(commands);
        if (commands.isEmpty()) {
            throw new IllegalArgumentException("chaos needs a command");
        }
        if (every.isZero() || every.isNegative()) {
            throw new IllegalArgumentException("the time between chaos commands must be above 0");
        }
        if (times < 1) {
            throw new IllegalArgumentException("chaos commands run at least once, not " + times + " times");
        }
    }
}
