package io.hearth.simulator.publish;

/** A way to bring a workload to an MQTT endpoint. */
public interface Publisher {

    /**
     * Connects, sends the workload at its pace, resends after lost connections what was not acknowledged, and returns
     * when all is acknowledged, when the drain timeout has passed, or shortly after {@code stop} was requested. Whatever
     * happens, each message sent is then in the recorder, as acknowledged or as uncertain.
     *
     * @throws PublishFailedException could not connect at the start, or refused
     */
    void publish(Workload workload, DeliveryRecorder recorder, StopSignal stop)
            throws PublishFailedException, InterruptedException;
}
