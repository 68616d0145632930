package io.hearth.mqtt.endpoint;

import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Brings publishes to the subscribers, those of now and, as retained messages, those to come. */
final class Router {
    private final TopicTree<Connection> subscriptions = new TopicTree<>();
    private final RetainedMessages retained;

    Router(RetainedMessages retained) {
        this.retained = retained;
    }

    /** Whether {@code filter} is new to the connection; in any case {@code subscription} holds from now on. */
    boolean subscribe(String filter, Connection connection, Subscription subscription) {
        return subscriptions.subscribe(filter, connection, subscription);
    }

    boolean unsubscribe(String filter, Connection connection) {
        return subscriptions.unsubscribe(filter, connection);
    }

    /** Memory that the filters of all connections take, about. */
    long filterBytes() {
        return subscriptions.bytes();
    }

    /** Queues {@code publish} for all who subscribed; {@code from} is who published it, null if it is gone. */
    void route(Publish publish, @Nullable Connection from) {
        if (publish.isCutOff()) {
            return;
        }
        Map<Connection, Subscription> subscribers = subscriptions.match(publish.topic());
        if (subscribers.isEmpty()) {
            return;
        }
        int bytes = Outbound.OVERHEAD_BYTES + contentBytes(publish) / subscribers.size();
        subscribers.forEach((connection, subscription) -> {
            if (!subscription.noLocal() || connection != from) {
                connection
                        .outbound()
                        .offer(new Routed(
                                publish,
                                Math.min(publish.qos(), subscription.qos()),
                                publish.retain() && subscription.retainAsPublished(),
                                bytes));
            }
        });
    }

    /** What subscribers share of a message. */
    private static int contentBytes(Publish publish) {
        return 2 * publish.topic().length() + publish.properties().length + publish.payload().length;
    }

    /** Whether anybody would get what is published to {@code topic} now. */
    boolean hasSubscribers(String topic) {
        return !subscriptions.match(topic).isEmpty();
    }

    /** Keeps {@code publish} for subscribers to come; {@code answer} is settled when that is durable. */
    void retain(Publish publish, Answer answer) {
        retained.keep(publish).whenComplete((done, failure) -> {
            if (failure == null) {
                answer.settle();
            } else {
                answer.fail();
            }
        });
    }

    /** What is retained of a topic; null if nothing is. */
    @Nullable
    Publish retainedOf(String topic) {
        return retained.of(topic);
    }

    /**
     * Keeps again what was retained before {@code last} came, which is the latest of its topic.
     *
     * @return completes when that is durable; null, and nothing has happened, if there is a later one by now
     */
    @Nullable
    CompletionStage<Void> retainAgain(Publish before, Publish last) {
        return retained.keepInPlaceOf(last.retain() ? last : before, before);
    }

    /** Retains nothing of a topic any more, if {@code last} is what it has. */
    void forgetRetained(Publish last) {
        Publish empty = new Publish(last.topic(), last.qos(), false, true, 0, Publish.NO_BYTES, Publish.NO_BYTES, 0);
        CompletionStage<Void> unused = retained.keepInPlaceOf(last, empty);
    }

    /** For what is retained on the topics that a client subscribes to. */
    RetainedStream retainedStream() {
        return new RetainedStream(retained);
    }
}
