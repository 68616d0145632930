/**
 * Whether devices are there: what their connections tell and what they say of themselves on their status topic, kept in the
 * table as the state of the device.
 */
@NullMarked
package io.hearth.presence;

import org.jspecify.annotations.NullMarked;
