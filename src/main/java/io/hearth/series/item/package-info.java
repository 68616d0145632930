/** What is stored of a device, and how: keys, runs, sealed transmissions, and how runs become readings. */
@NullMarked
package io.hearth.series.item;

import org.jspecify.annotations.NullMarked;
