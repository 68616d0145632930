package io.hearth.table.dynamodb;

/** Is told what requests came to, on the threads of the SDK: it must be quick. */
public interface RequestListener {
    /** Listens to nothing. */
    RequestListener NONE = new RequestListener() {
        @Override
        public void answered(Operation operation, double capacityUnits, long nanos) {}

        @Override
        public void throttled(Operation operation) {}

        @Override
        public void failed(Operation operation) {}
    };

    /**
     * A request was answered.
     *
     * @param capacityUnits what it consumed, as the answer says: write units if the operation writes, else read units
     * @param nanos how long it took
     */
    void answered(Operation operation, double capacityUnits, long nanos);

    /** A request, or a part of one, was refused for load. */
    void throttled(Operation operation);

    /** A request failed otherwise, or was not answered in time. */
    void failed(Operation operation);
}
