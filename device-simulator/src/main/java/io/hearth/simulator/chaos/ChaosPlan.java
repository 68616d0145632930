package io.hearth.simulator.chaos;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

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

    /** As in {@code ${RESTART}} and {@code ${RESTART:-reboot}}; other forms are the shell's. */
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{([A-Z_][A-Z0-9_]*)(?::-([^}]*))?}");

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

    /**
     * The same with the values of these variables in its commands, so that logs and reports say what was run.
     *
     * @throws IllegalArgumentException a command needs a variable that is not set; the message names it
     */
    public ChaosPlan withVariables(Map<String, String> environment) {
        return new ChaosPlan(
                commands.stream().map(command -> expand(command, environment)).collect(Collectors.toList()),
                every,
                after,
                times,
                seed);
    }

    private static String expand(String command, Map<String, String> environment) {
        return VARIABLE.matcher(command).replaceAll(match -> {
            String value = environment.getOrDefault(match.group(1), "");
            if (value.isEmpty() && match.group(2) != null) {
                value = match.group(2);
            }
            if (value.isEmpty()) {
                throw new IllegalArgumentException("the chaos command \"" + command
                        + "\" needs the environment variable " + match.group(1) + ", which is not set");
            }
            return Matcher.quoteReplacement(value);
        });
    }
}
