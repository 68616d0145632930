package io.hearth.table;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A part of an answer.
 *
 * @param items none of them expired when they were read; may be empty although more pages follow
 * @param next where to go on; null at the end
 */
public record Page(List<Item> items, @Nullable Cursor next) {}
