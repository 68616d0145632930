package io.hearth.simulator.report;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What was asked for: enough to run the same again.
 *
 * @param target host and port of the endpoint, with {@code TLS} if it was secure
 * @param seeds of values, shares and moments
 * @param schedule how long or how many messages
 * @param commands the command lines of the simulators, without passwords
 */
public record RunSetup(
        String target, List<Long> seeds, long devices, long connections, String schedule, List<String> commands) {

    public RunSetup {
        seeds = List.copyOf(seeds);
        commands = List.copyOf(commands);
    }

    RunSetup mergedWith(RunSetup other) {
        List<String> all = new ArrayList<>(commands);
        all.addAll(other.commands);
        return new RunSetup(
                both(target, other.target),
                Stream.concat(seeds.stream(), other.seeds.stream()).distinct().toList(),
                devices + other.devices,
                connections + other.connections,
                both(schedule, other.schedule),
                all);
    }

    private static String both(String a, String b) {
        return Stream.of(a.split("; "), b.split("; "))
                .flatMap(Stream::of)
                .distinct()
                .collect(Collectors.joining("; "));
    }

    String seedText() {
        return seeds.stream().map(String::valueOf).collect(Collectors.joining(", "));
    }

    /** For people. */
    String size() {
        return devices + " devices, " + connections + " connections";
    }
}
