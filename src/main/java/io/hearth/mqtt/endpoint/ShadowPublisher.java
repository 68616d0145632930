package io.hearth.mqtt.endpoint;

import io.hearth.mqtt.ShadowMessages;

/** Brings what shadows have to tell to the subscribers of this endpoint. */
record ShadowPublisher(Router router) implements ShadowMessages.Publisher {
    @Override
    public boolean isWanted(String topic) {
        return router.hasSubscribers(topic);
    }

    @Override
    public void publish(String topic, byte[] payload) {
        router.route(new Publish(topic, 1, false, false, 0, Publish.NO_BYTES, payload, payload.length), null);
    }
}
