/**
 * Time series on a table. The partition key is the device, the sort key the time: readings that were committed together lie
 * in a <em>run</em>; readers merge whatever overlaps, so that each (device, time, metric) has one value, the latest written.
 *
 * <p>Knows nothing of MQTT, HTTP or payload formats.
 */
@NullMarked
package io.hearth.series;

import org.jspecify.annotations.NullMarked;
