package io.hearth.sync.wire;

import io.hearth.table.Cursor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A part of a feed or of a snapshot, as the region that has it answers it.
 *
 * @param next where to go on; null at the end of a segment of a snapshot
 * @param more whether there was more when the page was made
 * @param behind how many changes lie behind the page, at most {@link io.hearth.sync.SyncSource#MOST_COUNTED}; -1 if nobody counted
 */
public record SyncPage(List<SyncRecord> records, @Nullable Cursor next, boolean more, long behind) {}
