package io.hearth.mqtt.endpoint;

/**
 * What a connection asked of one topic filter.
 *
 * @param qos 0 or 1
 * @param noLocal whether it does not want what it publishes itself (MQTT 5)
 * @param retainAsPublished whether it wants the retain flag as it was published (MQTT 5)
 */
record Subscription(int qos, boolean noLocal, boolean retainAsPublished) {
    /** One subscription that asks for what either does, as one message is sent once however many filters match. */
    Subscription or(Subscription other) {
        return new Subscription(
                Math.max(qos, other.qos), noLocal && other.noLocal, retainAsPublished || other.retainAsPublished);
    }
}
