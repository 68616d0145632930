package io.hearth.simulator.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class CommandLineTextTest {

    @Test
    void of_passwords_areLeftOutAndWordsAreQuotedForAShell() {
        assertEquals(
                "simulate --password *** --password=*** --host a.example --chaos-command 'kill -9 '\\''1'\\'''",
                CommandLineText.of(List.of(
                        "simulate",
                        "--password",
                        "secret",
                        "--password=secret",
                        "--host",
                        "a.example",
                        "--chaos-command",
                        "kill -9 '1'")));
    }
}
