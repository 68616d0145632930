package io.hearth.mqtt.endpoint;

import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is retained on the topics that one client has subscribed to, one message after the other as the client takes them; on
 * the event loop of its connection. It holds the filters, never the messages: each pass goes once over the topics, for all
 * filters that have come since the pass before began, and gives a message once, however many of these match.
 */
final class RetainedStream {
    /** How many topics are looked at before the event loop turns to its other connections. */
    static final int TOPICS_OF_TURN = 1000;

    private final RetainedMessages retained;
    private final Map<String, Subscription> waiting = new LinkedHashMap<>();
    private final TopicTree<RetainedStream> filters = new TopicTree<>();
    private Iterator<@Nullable Publish> topics = Collections.emptyIterator();
    private int topicsLeft;

    RetainedStream(RetainedMessages retained) {
        this.retained = retained;
    }

    /** Has what {@code filter} matches sent, once more if it has been already. */
    void add(String filter, Subscription subscription) {
        waiting.put(filter, subscription);
    }

    /** Sends nothing more on behalf of a filter. */
    void remove(String filter) {
        waiting.remove(filter);
        filters.unsubscribe(filter, this);
    }

    void clear() {
        waiting.clear();
        endPass();
    }

    boolean isDone() {
        return waiting.isEmpty() && filters.size() == 0;
    }

    /** From now on {@link #poll} may look at {@link #TOPICS_OF_TURN} topics. */
    void beginTurn() {
        topicsLeft = TOPICS_OF_TURN;
    }

    /** The next message; null if all have been given, or the turn is over. */
    @Nullable
    Routed poll() {
        while (!isDone() && topicsLeft > 0) {
            if (filters.size() == 0) {
                beginPass();
            } else if (topics.hasNext()) {
                topicsLeft--;
                Publish publish = topics.next();
                Subscription wanted =
                        publish == null ? null : filters.match(publish.topic()).get(this);
                if (publish != null && wanted != null) {
                    return new Routed(publish, Math.min(wanted.qos(), publish.qos()), true, 0);
                }
            } else {
                endPass();
            }
        }
        return null;
    }

    private void beginPass() {
        waiting.forEach((filter, subscription) -> filters.subscribe(filter, this, subscription));
        boolean all = waiting.keySet().stream().anyMatch(Topics::hasWildcard);
        // Topics that are named are looked up. A copy, as the next ones come while this pass is under way.
        topics = all
                ? retained.all()
                : List.copyOf(waiting.keySet()).stream().map(retained::of).iterator();
        waiting.clear();
    }

    private void endPass() {
        topics = Collections.emptyIterator();
        filters.clear();
    }
}
