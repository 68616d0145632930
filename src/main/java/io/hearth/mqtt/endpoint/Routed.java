package io.hearth.mqtt.endpoint;

/**
 * A publish on its way to one subscriber.
 *
 * @param qos what it is sent with: 0 or 1
 * @param retain whether the subscriber is told that it is a retained message
 * @param bytes what it costs in memory while it waits, beside what other subscribers hold of it
 */
record Routed(Publish publish, int qos, boolean retain, int bytes) {}
