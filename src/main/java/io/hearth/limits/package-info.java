/**
 * What each kind of guest may hold, and who is told when it is reached. Connections are guarded from the moment at which they are
 * accepted, on every listener. Knows neither HTTP nor MQTT.
 */
@NullMarked
package io.hearth.limits;

import org.jspecify.annotations.NullMarked;
