package io.hearth.simulator.report;

import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;

/**
 * What shadow traffic came to.
 *
 * @param desired updates that apps sent
 * @param reported updates that devices sent in answer to deltas
 * @param accepted how many of both were accepted
 * @param deltas how many of the apps' updates reached their device as a delta
 * @param rejected updates refused, by code and message
 * @param deltaMicros from when an app meant to write until the device had the delta
 * @param answerMicros from when an update was meant to be sent until {@code accepted} came
 */
public record ShadowResult(
        long desired,
        long reported,
        long accepted,
        long deltas,
        Map<String, Long> rejected,
        Histogram deltaMicros,
        Histogram answerMicros) {

    ShadowResult mergedWith(ShadowResult other) {
        Map<String, Long> reasons = new TreeMap<>(rejected);
        other.rejected.forEach((reason, count) -> reasons.merge(reason, count, Long::sum));
        Histogram delta = deltaMicros.copy();
        delta.add(other.deltaMicros);
        Histogram answer = answerMicros.copy();
        answer.add(other.answerMicros);
        return new ShadowResult(
                desired + other.desired,
                reported + other.reported,
                accepted + other.accepted,
                deltas + other.deltas,
                reasons,
                delta,
                answer);
    }

    /** Updates that neither {@code accepted} nor {@code rejected} came for. */
    public long unanswered() {
        return Math.max(
                0,
                desired
                        + reported
                        - accepted
                        - rejected.values().stream().mapToLong(Long::longValue).sum());
    }
}
