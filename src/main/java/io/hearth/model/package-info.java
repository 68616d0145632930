/** The words of the domain as values: devices, readings, points, times. Pure; uses nothing but the JDK. */
@NullMarked
package io.hearth.model;

import org.jspecify.annotations.NullMarked;
