package io.hearth.mqtt.endpoint;

import io.hearth.ingest.Delivery;
import io.hearth.mqtt.TelemetryMessage;

/**
 * What a client waits for after a PUBLISH. It is settled on whatever thread makes things durable, and sent by the event loop
 * when everything before it on the connection has been answered [MQTT-4.6.0-2, -3].
 */
final class Answer {
    private enum State {
        WAITING,
        SETTLED,
        FAILED
    }

    private final Inbound inbound;
    private final Publish publish;
    private final long receivedNanos;
    private volatile State state = State.WAITING;

    Answer(Inbound inbound, Publish publish, long receivedNanos) {
        this.inbound = inbound;
        this.publish = publish;
        this.receivedNanos = receivedNanos;
    }

    /** The publish is durable, or does not have to be: the client may be told. */
    void settle() {
        state = State.SETTLED;
        inbound.answerReady();
    }

    /** The publish was not kept: the client must not be told, and its connection is closed so that it sends again. */
    void fail() {
        state = State.FAILED;
        inbound.answerReady();
    }

    boolean isWaiting() {
        return state == State.WAITING;
    }

    boolean isSettled() {
        return state == State.SETTLED;
    }

    Publish publish() {
        return publish;
    }

    long receivedNanos() {
        return receivedNanos;
    }

    /** The message of a telemetry publish, whose acknowledgement settles the answer, once it is retained if that is asked for. */
    static final class Telemetry extends TelemetryMessage {
        private final Answer answer;
        private final Router router;

        Telemetry(Answer answer, Delivery delivery, Router router) {
            super(delivery);
            this.answer = answer;
            this.router = router;
        }

        @Override
        protected void settled() {
            if (answer.publish.retain()) {
                router.retain(answer.publish, answer);
            } else {
                answer.settle();
            }
        }

        @Override
        protected void failed(Throwable cause) {
            answer.fail();
        }
    }
}
