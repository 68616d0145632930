package io.hearth.boot;

import io.hearth.bytes.UnsupportedFormatException;
import io.hearth.config.SettingNames;
import io.hearth.config.StartupRefusedException;
import io.hearth.table.TableException;
import io.quarkus.runtime.QuarkusBindException;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.smallrye.config.ConfigValidationException;
import java.net.BindException;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Says in one line why the service cannot start. */
final class StartFailure {
    /** What the library says of a value that it cannot convert: message SRCFG00039. */
    private static final Pattern NOT_CONVERTED = Pattern.compile(
            ".*SRCFG00039: The config property (\\S+) with the config value \"(.*)\" threw an Exception whilst being"
                    + " converted ?(.*)",
            Pattern.DOTALL);

    /** What it says of a word that is none of an enum: message SRCFG00049. */
    private static final Pattern NO_SUCH_WORD =
            Pattern.compile("SRCFG00049: Cannot convert \\S+ to enum class \\S+, allowed values: (.*)", Pattern.DOTALL);

    /** What may stand before the reason: the number of a message, the name of an exception. */
    private static final Pattern PREFIX = Pattern.compile("^(SRCFG\\d+: |[a-z]+(\\.[a-zA-Z]+)+: )+");

    /** How a name of a setting begins a message about its value. */
    private static final Pattern NAMED = Pattern.compile("(hearth\\.[a-z0-9.-]+) (.*)", Pattern.DOTALL);

    private StartFailure() {}

    /** What an operator can do something about, in a sentence; empty if the failure is a defect. */
    static Optional<String> reasonOf(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof ConfigValidationException invalid) {
                return Optional.of(reasonOf(invalid));
            }
            if (cause instanceof QuarkusBindException taken) {
                return Optional.of("cannot listen for HTTP on " + taken.getHost() + ":" + taken.getPort()
                        + ": another program does; choose another QUARKUS_HTTP_PORT");
            }
            boolean known = cause instanceof StartupRefusedException
                    || cause instanceof TableException
                    || cause instanceof UnsupportedFormatException
                    || cause instanceof ConfigurationException
                    || cause instanceof BindException;
            if (known) {
                return Optional.of(inOneLine(String.valueOf(cause.getMessage())));
            }
            Matcher notConverted = NOT_CONVERTED.matcher(String.valueOf(cause.getMessage()));
            if (notConverted.matches()) {
                return Optional.of(inOneLine(ofValue(notConverted)));
            }
        }
        return Optional.empty();
    }

    private static String reasonOf(ConfigValidationException invalid) {
        StringBuilder reasons = new StringBuilder();
        for (int i = 0; i < invalid.getProblemCount(); i++) {
            String message = invalid.getProblem(i).getMessage();
            Matcher notConverted = NOT_CONVERTED.matcher(message);
            Matcher named = NAMED.matcher(message);
            reasons.append(i == 0 ? "" : "; ");
            if (notConverted.matches()) {
                reasons.append(ofValue(notConverted));
            } else if (named.matches()) {
                reasons.append(SettingNames.variableOf(named.group(1)))
                        .append(' ')
                        .append(named.group(2));
            } else {
                reasons.append(message);
            }
        }
        return inOneLine(reasons.toString());
    }

    private static String ofValue(Matcher notConverted) {
        String why = notConverted.group(3);
        Matcher words = NO_SUCH_WORD.matcher(why);
        return SettingNames.variableOf(notConverted.group(1)) + "=" + notConverted.group(2) + ": "
                + (words.matches()
                        ? "it must be one of " + inOrder(words.group(1))
                        : PREFIX.matcher(why).replaceFirst(""));
    }

    private static String inOrder(String words) {
        return Arrays.stream(words.strip().split("\\s*,\\s*")).sorted().collect(Collectors.joining(", "));
    }

    private static String inOneLine(String text) {
        return text.strip().replaceAll("\\s*\\R\\s*", " ");
    }
}
