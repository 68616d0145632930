package io.hearth.series.value;

import io.hearth.model.DeviceId;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What sealing did.
 *
 * @param readings readings that were merged into chunks, those of chunks that were made anew included
 * @param chunks chunks that were made
 * @param bytesBefore bodies of the runs and chunks that were taken in
 * @param bytesAfter bodies of the chunks that were made
 * @param unsealed the first {@value #MAX_LISTED} windows that could not be sealed, and are left as they were
 * @param unsealedTotal how many those were
 */
public record SealResult(
        long readings, long chunks, long bytesBefore, long bytesAfter, List<Unsealed> unsealed, long unsealedTotal) {
    static final int MAX_LISTED = 100;

    public static final SealResult NOTHING = new SealResult(0, 0, 0, 0, List.of(), 0);

    /**
     * A window that could not be sealed.
     *
     * @param windowStartMicros null if it is not known which of the device's windows it was
     */
    public record Unsealed(DeviceId device, @Nullable Long windowStartMicros, String reason) {}

    public static SealResult of(Unsealed window) {
        return new SealResult(0, 0, 0, 0, List.of(window), 1);
    }

    public SealResult plus(SealResult other) {
        List<Unsealed> both = unsealed;
        if (!other.unsealed.isEmpty() && unsealed.size() < MAX_LISTED) {
            both = new ArrayList<>(unsealed);
            both.addAll(other.unsealed.subList(0, Math.min(other.unsealed.size(), MAX_LISTED - unsealed.size())));
        }
        return new SealResult(
                readings + other.readings,
                chunks + other.chunks,
                bytesBefore + other.bytesBefore,
                bytesAfter + other.bytesAfter,
                List.copyOf(both),
                unsealedTotal + other.unsealedTotal);
    }
}
