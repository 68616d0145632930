package io.hearth.model;

import java.util.List;

/**
 * Consecutive readings of one device, column by column: each device time once, ascending. The form in which readings
 * leave the time series, as a scan must not make an object per point. Arrays are shared and only to be read.
 *
 * @param size how many readings; the arrays may be longer
 * @param timesMicros device times, ascending, each once
 * @param columns one per metric that any of the readings has, by name ascending
 */
public record ReadingBlock(int size, long[] timesMicros, List<Column> columns) {
    public ReadingBlock {
        if (size < 0 || timesMicros.length < size) {
            throw new IllegalArgumentException(size + " readings, " + timesMicros.length + " times");
        }
    }
}
