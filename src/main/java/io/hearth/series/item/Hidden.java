package io.hearth.series.item;

import io.hearth.model.RegionId;
import io.hearth.model.WriteStamp;
import io.hearth.series.erase.ErasureLog;
import io.hearth.series.value.Erasure;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What no answer may show of a device although it may still be stored: what is covered by erasures that have not been carried out
 * completely. Immutable.
 */
public final class Hidden {
    public static final Hidden NOTHING = new Hidden(List.of(), List.of(), null);

    private final List<Erasure> erasures;
    private final List<Erasure> butOwnRuns;
    private final @Nullable RegionId own;

    private Hidden(List<Erasure> erasures, List<Erasure> butOwnRuns, @Nullable RegionId own) {
        this.erasures = erasures;
        this.butOwnRuns = butOwnRuns;
        this.own = own;
    }

    /** All that some erasures cover. */
    public static Hidden of(List<Erasure> erasures) {
        return erasures.isEmpty() ? NOTHING : new Hidden(erasures, List.of(), null);
    }

    /**
     * All that some erasures cover.
     *
     * @param butOwnRuns erasures of which runs of this region are not hidden: see {@link ErasureLog.State#REMOVED}
     */
    public static Hidden of(List<Erasure> erasures, List<Erasure> butOwnRuns, RegionId own) {
        return erasures.isEmpty() && butOwnRuns.isEmpty() ? NOTHING : new Hidden(erasures, butOwnRuns, own);
    }

    boolean isEmpty() {
        return erasures.isEmpty() && butOwnRuns.isEmpty();
    }

    /** Whether anything of a range of device times may be hidden. */
    public boolean reaches(long startMicros, long endMicros) {
        return reaches(erasures, startMicros, endMicros) || reaches(butOwnRuns, startMicros, endMicros);
    }

    private static boolean reaches(List<Erasure> erasures, long startMicros, long endMicros) {
        for (Erasure erasure : erasures) {
            if (erasure.range().startMicros() < endMicros && erasure.range().endMicros() > startMicros) {
                return true;
            }
        }
        return false;
    }

    /** The erasures whose ranges are hidden of a run. */
    List<Erasure> ofRun(WriteStamp stamp) {
        return stamp.region().equals(own) ? covering(erasures, List.of(), stamp) : ofSpan(stamp);
    }

    /** The erasures whose ranges are hidden of readings of a chunk that share a stamp. */
    List<Erasure> ofSpan(WriteStamp stamp) {
        return covering(erasures, butOwnRuns, stamp);
    }

    private static List<Erasure> covering(List<Erasure> some, List<Erasure> more, WriteStamp stamp) {
        List<Erasure> covering = new ArrayList<>();
        some.stream().filter(erasure -> erasure.covers(stamp)).forEach(covering::add);
        more.stream().filter(erasure -> erasure.covers(stamp)).forEach(covering::add);
        return covering;
    }
}
