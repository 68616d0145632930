package io.hearth.table;

import java.util.List;

/**
 * A part of the change feed.
 *
 * @param changes in commit order per key, as durable as the commits were; empty if there was nothing new
 * @param next where to go on, now or later; also across restarts
 */
public record ChangePage(List<Change> changes, Cursor next) {}
