package io.hearth.boot;

import io.hearth.cli.CommandLineTool;
import io.hearth.config.StartupRefusedException;
import io.hearth.table.TableException;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.smallrye.config.ConfigValidationException;
import java.net.BindException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Starts the service, or runs a command on what it keeps; if it cannot start, says why in one line and exits with 1. */
@QuarkusMain
public final class Main {
    private static final Logger LOG = Logger.getLogger(Main.class);

    private Main() {}

    public static void main(String... args) {
        if (CommandLineTool.takes(args)) {
            System.exit(CommandLineTool.run(args));
        }
        Quarkus.run(null, Main::exit, args);
    }

    private static void exit(int code, @Nullable Throwable failure) {
        if (failure != null) {
            String reason = reasonOf(failure);
            if (reason == null) {
                LOG.error("Hearth cannot start, for a reason that it does not know", failure);
            } else {
                System.err.println("Hearth cannot start: " + reason);
            }
        }
        System.exit(code);
    }

    /** What an operator can do something about, in a sentence; null if the failure is a defect. */
    private static @Nullable String reasonOf(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            boolean known = cause instanceof StartupRefusedException
                    || cause instanceof TableException
                    || cause instanceof ConfigurationException
                    || cause instanceof ConfigValidationException
                    || cause instanceof BindException;
            if (known) {
                return String.valueOf(cause.getMessage()).replaceAll("\\s*\\R\\s*", " ");
            }
        }
        return null;
    }
}
