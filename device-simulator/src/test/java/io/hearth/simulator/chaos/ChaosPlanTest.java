package io.hearth.simulator.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ChaosPlanTest {

    private static ChaosPlan plan(String command) {
        return new ChaosPlan(List.of(command), Duration.ofSeconds(1), Duration.ZERO, 1, 7);
    }

    @Test
    void withVariables_setOrDefaulted_putsTheirValuesIntoTheCommand() {
        Map<String, String> environment = Map.of("RESTART", "kill -9 $(cat 'a pid')", "EMPTY", "");

        assertEquals(
                List.of("kill -9 $(cat 'a pid') && true ${local} $HOME ${X%.pid}"),
                plan("${RESTART} && ${EMPTY:-true} ${local} $HOME ${X%.pid}")
                        .withVariables(environment)
                        .commands());
    }

    @Test
    void withVariables_notSet_namesTheVariable() {
        for (Map<String, String> environment : List.of(Map.<String, String>of(), Map.of("RESTART", ""))) {
            String message = String.valueOf(assertThrows(
                            IllegalArgumentException.class,
                            () -> plan("${RESTART}").withVariables(environment))
                    .getMessage());
            assertTrue(message.contains("needs the environment variable RESTART"), message);
        }
    }
}
