package io.hearth.series.erase;

import io.hearth.model.ReadingBlock;
import io.hearth.model.TimeRange;
import io.hearth.series.chunk.ChunkWriter;
import io.hearth.series.chunk.Span;
import io.hearth.series.item.BlockBuilder;
import io.hearth.series.item.Hidden;
import io.hearth.series.item.StoredRun;
import io.hearth.series.window.Windows;
import io.hearth.table.Item;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What an erasure has left of runs and chunks of a window, to be stored as chunks. Every reading keeps the stamp that it has:
 * sealing may give it a later one, as nothing that is older can still come by then; but here an earlier erasure may still come, and
 * has to cover it. So in one chunk there are no two writes of one time, and no more writes than a chunk can tell apart.
 */
final class Remainders {
    private final TimeRange range;
    private final Hidden hidden;
    private final List<BlockBuilder> ofChunks = new ArrayList<>();
    private final List<OfRuns> ofRuns = new ArrayList<>();

    /** Runs that go into one chunk. */
    private static final class OfRuns {
        private final BlockBuilder builder;
        private final Set<Long> times = new HashSet<>();

        OfRuns(BlockBuilder builder) {
            this.builder = builder;
        }

        boolean hasRoomFor(Set<Long> others) {
            return times.size() + others.size() <= ChunkWriter.MAX_SPANS
                    && others.stream().noneMatch(times::contains);
        }
    }

    /** @param hidden is left out */
    Remainders(TimeRange range, Hidden hidden) {
        this.range = range;
        this.hidden = hidden;
    }

    void addRun(Item run) {
        ReadingBlock block = StoredRun.readings(run);
        Set<Long> times = new HashSet<>();
        for (int row = 0; row < block.size(); row++) {
            times.add(block.timesMicros()[row]);
        }
        OfRuns same = ofRuns.stream()
                .filter(one -> one.hasRoomFor(times))
                .findFirst()
                .orElseGet(() -> {
                    OfRuns next = new OfRuns(newBuilder());
                    ofRuns.add(next);
                    return next;
                });
        same.builder.addRun(run);
        same.times.addAll(times);
    }

    void addChunk(ReadingBlock block, List<Span> spans) {
        BlockBuilder builder = newBuilder();
        builder.addChunk(block, spans);
        ofChunks.add(builder);
    }

    private BlockBuilder newBuilder() {
        return new BlockBuilder(Set.of(), range, Windows.KEPT, 0, hidden);
    }

    /** Each to become a chunk, or several if it is too large for one. */
    List<BlockBuilder> builders() {
        List<BlockBuilder> all = new ArrayList<>(ofChunks);
        ofRuns.forEach(one -> all.add(one.builder));
        return all;
    }
}
