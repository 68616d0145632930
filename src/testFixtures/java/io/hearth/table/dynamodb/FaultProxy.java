package io.hearth.table.dynamodb;

import static io.hearth.table.dynamodb.DynamoDbHttp.JSON;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.hearth.table.dynamodb.DynamoDbHttp.Answer;
import io.hearth.table.dynamodb.DynamoDbHttp.Call;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Stands before the DynamoDB API and answers some of the requests for data as DynamoDB does on a bad day. Requests about
 * tables pass untouched.
 */
public final class FaultProxy implements AutoCloseable {
    /** What may become of a request. */
    public enum Fault {
        /** Refused for load; nothing is done. */
        THROTTLE,
        /** Answered with an internal error; nothing is done. */
        ERROR_BEFORE,
        /** Done, and answered with an internal error. */
        ERROR_AFTER,
        /** Done, and the connection is closed without an answer. */
        NO_ANSWER,
        /** Done, and answered when nobody waits any more. */
        TIME_OUT,
        /** Done, and answered late. */
        SLOW,
        /** The first half of a batch is done, and the rest is handed back. */
        HALF_BATCH
    }

    private static final Answer THROTTLED =
            Answer.error(400, "ProvisionedThroughputExceededException", "a fault of the test");
    private static final Answer FAILED = Answer.error(500, "InternalServerError", "a fault of the test");
    private static final Set<String> DATA =
            Set.of("BatchWriteItem", "PutItem", "DeleteItem", "GetItem", "Query", "Scan");
    private static final Duration SLOW = Duration.ofMillis(150);

    private final DynamoDbHttp http;
    private final Duration timeOut;
    private final Random random;
    private final Map<Fault, Integer> counts = new EnumMap<>(Fault.class);
    private final AtomicReference<@Nullable Duration> delayed = new AtomicReference<>();
    private @Nullable Fault scripted;
    private volatile boolean delayedIsDone;
    private volatile double share;
    private volatile boolean throttling;

    /** @param timeOut longer than clients wait for an answer */
    public FaultProxy(URI target, Duration timeOut, long seed) throws IOException {
        this.timeOut = timeOut;
        random = new Random(seed);
        http = new DynamoDbHttp(target, this::handle);
    }

    public URI endpoint() {
        return http.endpoint();
    }

    /** From now on this share of the requests for data meets a fault. */
    public void faults(double newShare) {
        share = newShare;
    }

    /** Whether from now on every request for data is refused for load. */
    public void throttleEverything(boolean on) {
        throttling = on;
    }

    public synchronized int count(Fault fault) {
        return counts.getOrDefault(fault, 0);
    }

    @Override
    public synchronized String toString() {
        return counts.toString();
    }

    @Override
    public void close() {
        http.close();
    }

    /** The next request for data meets this fault. */
    public synchronized void next(Fault fault) {
        scripted = fault;
    }

    /** The next request for data is done only then, and never answered. */
    public void delayNext(Duration delay) {
        delayedIsDone = false;
        delayed.set(delay);
    }

    public boolean delayedIsDone() {
        return delayedIsDone;
    }

    private void handle(Call call) throws IOException, InterruptedException {
        boolean ofData = DATA.contains(call.operation());
        if (ofData && throttling) {
            DynamoDbHttp.answer(call, THROTTLED);
            return;
        }
        Duration delay = ofData ? delayed.getAndSet(null) : null;
        if (delay != null) {
            TimeUnit.NANOSECONDS.sleep(delay.toNanos());
            http.forward(call);
            delayedIsDone = true;
        } else if (ofData && isDue()) {
            fail(call);
        } else {
            DynamoDbHttp.answer(call, http.forward(call));
        }
    }

    private synchronized boolean isDue() {
        return scripted != null || random.nextDouble() < share;
    }

    /** One of those that have occurred least, so that each occurs once there have been a few. */
    private synchronized Fault next(boolean ofBatch) {
        Fault first = scripted;
        if (first != null) {
            scripted = null;
            counts.merge(first, 1, Integer::sum);
            return first;
        }
        List<Fault> possible = new ArrayList<>(List.of(Fault.values()));
        if (!ofBatch) {
            possible.remove(Fault.HALF_BATCH);
        }
        int least = possible.stream().mapToInt(this::count).min().orElseThrow();
        possible.removeIf(fault -> count(fault) > least);
        Fault fault = possible.get(random.nextInt(possible.size()));
        counts.merge(fault, 1, Integer::sum);
        return fault;
    }

    private void fail(Call call) throws IOException, InterruptedException {
        Fault fault = next(call.operation().equals("BatchWriteItem"));
        switch (fault) {
            case THROTTLE -> DynamoDbHttp.answer(call, THROTTLED);
            case ERROR_BEFORE -> DynamoDbHttp.answer(call, FAILED);
            case ERROR_AFTER -> {
                http.forward(call);
                DynamoDbHttp.answer(call, FAILED);
            }
            case NO_ANSWER -> http.forward(call);
            case TIME_OUT -> answerLate(call, timeOut);
            case SLOW -> answerLate(call, SLOW);
            case HALF_BATCH -> halve(call);
        }
    }

    private void answerLate(Call call, Duration delay) throws IOException, InterruptedException {
        Answer done = http.forward(call);
        TimeUnit.NANOSECONDS.sleep(delay.toNanos());
        DynamoDbHttp.answer(call, done);
    }

    private void halve(Call call) throws IOException, InterruptedException {
        ObjectNode request = (ObjectNode) call.json();
        Map.Entry<String, JsonNode> table =
                request.get("RequestItems").properties().iterator().next();
        ArrayNode done = JSON.createArrayNode();
        ArrayNode left = JSON.createArrayNode();
        for (JsonNode write : table.getValue()) {
            (done.size() < table.getValue().size() / 2 ? done : left).add(write);
        }
        ObjectNode answer = JSON.createObjectNode();
        if (!done.isEmpty()) {
            request.set("RequestItems", JSON.createObjectNode().set(table.getKey(), done));
            Answer half = http.forward(call, DynamoDbHttp.bytes(request));
            if (half.status() != 200) {
                DynamoDbHttp.answer(call, half);
                return;
            }
            answer = (ObjectNode) half.json();
        }
        answer.set("UnprocessedItems", JSON.createObjectNode().set(table.getKey(), left));
        DynamoDbHttp.answer(call, Answer.ok(answer));
    }
}
