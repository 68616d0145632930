package io.hearth.boot;

import io.hearth.cli.CommandLineTool;
import io.hearth.config.SettingNames;
import io.hearth.config.StartupRefusedException;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
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
        try {
            SettingNames.refuseUnknown(System.getenv());
        } catch (StartupRefusedException e) {
            exit(1, e);
        }
        Quarkus.run(null, Main::exit, args);
    }

    private static void exit(int code, @Nullable Throwable failure) {
        if (failure != null) {
            StartFailure.reasonOf(failure)
                    .ifPresentOrElse(
                            reason -> System.err.println("Hearth cannot start: " + reason),
                            () -> LOG.error("Hearth cannot start, for a reason that it does not know", failure));
        }
        System.exit(code);
    }
}
