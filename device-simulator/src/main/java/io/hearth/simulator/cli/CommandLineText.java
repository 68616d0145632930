package io.hearth.simulator.cli;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** Command lines and their values as a report shows them. */
final class CommandLineText {

    private static final String PASSWORD = "--password";
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_@%+=:,./-]+");

    private CommandLineText() {}

    /** As for a shell, without the password. */
    static String of(List<String> arguments) {
        List<String> words = new ArrayList<>();
        boolean secret = false;
        for (String argument : arguments) {
            if (secret) {
                words.add("***");
            } else if (argument.startsWith(PASSWORD + "=")) {
                words.add(PASSWORD + "=***");
            } else {
                words.add(PLAIN.matcher(argument).matches() ? argument : "'" + argument.replace("'", "'\\''") + "'");
            }
            secret = argument.equals(PASSWORD);
        }
        return String.join(" ", words);
    }

    /** In whole or broken seconds. */
    static String duration(Duration duration) {
        return duration.toMillis() % 1_000 == 0
                ? duration.toSeconds() + " s"
                : String.format(Locale.ROOT, "%.3f s", duration.toMillis() / 1e3);
    }
}
