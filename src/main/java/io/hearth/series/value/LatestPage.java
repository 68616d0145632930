package io.hearth.series.value;

import java.util.List;

/**
 * The latest readings of some of the devices, by id ascending.
 *
 * @param more whether there are devices behind the last one
 */
public record LatestPage(List<LatestReadings> devices, boolean more) {}
