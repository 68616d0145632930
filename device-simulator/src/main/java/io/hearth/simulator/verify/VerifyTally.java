package io.hearth.simulator.verify;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** Counts over all devices, with the first few findings of each class. Safe for many threads. */
final class VerifyTally {

    private static final int EXAMPLES_PER_CLASS = 5;

    private final Map<FindingClass, Long> counts = new EnumMap<>(FindingClass.class);
    private final List<Finding> examples = new ArrayList<>();
    private long acknowledged;
    private long acknowledgedStored;
    private long uncertain;
    private long uncertainStored;
    private long afterUntil;

    VerifyTally() {
        for (FindingClass findingClass : FindingClass.values()) {
            counts.put(findingClass, 0L);
        }
    }

    synchronized void found(FindingClass findingClass, Supplier<String> reading) {
        if (counts.merge(findingClass, 1L, Long::sum) <= EXAMPLES_PER_CLASS) {
            examples.add(new Finding(findingClass, reading.get()));
        }
    }

    synchronized void acknowledged(boolean stored) {
        acknowledged++;
        acknowledgedStored += stored ? 1 : 0;
    }

    synchronized void uncertain(boolean stored) {
        uncertain++;
        uncertainStored += stored ? 1 : 0;
    }

    synchronized void afterUntil() {
        afterUntil++;
    }

    synchronized VerifyReport report(int devices, List<String> incomplete, VerifySettings settings) {
        return new VerifyReport(
                devices,
                acknowledged,
                acknowledgedStored,
                uncertain,
                uncertainStored,
                afterUntil,
                counts,
                settings.allowed(),
                examples,
                incomplete,
                settings.incompleteAllowed(),
                settings.minAcknowledged());
    }
}
