/** What is known of devices: first seen, metrics, regions. */
@NullMarked
package io.hearth.series.catalog;

import org.jspecify.annotations.NullMarked;
