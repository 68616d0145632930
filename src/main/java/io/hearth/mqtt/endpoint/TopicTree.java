package io.hearth.mqtt.endpoint;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Who subscribed to what: a tree with a node per level of the filters. Matching takes no lock and walks only as deep as
 * filters go, so a topic of 30,000 levels costs no more than its subscribers asked for; changes take turns.
 *
 * @param <S> the subscribers; told apart by identity or whatever {@code equals} says
 */
final class TopicTree<S> {
    private static final int SUBSCRIBER_BYTES = 64;

    private final Node<S> root = new Node<>();
    private final AtomicInteger size = new AtomicInteger();
    private final AtomicLong bytes = new AtomicLong();

    /** Subscribes to a well-formed filter; whether the subscriber had not subscribed to it before. */
    synchronized boolean subscribe(String filter, S subscriber, Subscription subscription) {
        Node<S> node = root;
        int start = 0;
        while (start <= filter.length()) {
            int end = Topics.endOfLevel(filter, start);
            Node<S> child = node.children.get(filter.substring(start, end));
            if (child == null) {
                child = new Node<>();
                node.children.put(filter.substring(start, end), child);
                bytes.addAndGet(bytesOf(end - start));
            }
            node = child;
            start = end + 1;
        }
        boolean isNew = node.subscribers.put(subscriber, subscription) == null;
        if (isNew) {
            bytes.addAndGet(SUBSCRIBER_BYTES);
            size.incrementAndGet();
        }
        return isNew;
    }

    /** Ends a subscription; whether there was one. */
    synchronized boolean unsubscribe(String filter, S subscriber) {
        boolean had = unsubscribe(root, filter, 0, subscriber);
        if (had) {
            bytes.addAndGet(-SUBSCRIBER_BYTES);
            size.decrementAndGet();
        }
        return had;
    }

    private boolean unsubscribe(Node<S> node, String filter, int start, S subscriber) {
        if (start > filter.length()) {
            return node.subscribers.remove(subscriber) != null;
        }
        int end = Topics.endOfLevel(filter, start);
        String level = filter.substring(start, end);
        Node<S> child = node.children.get(level);
        if (child == null) {
            return false;
        }
        boolean had = unsubscribe(child, filter, end + 1, subscriber);
        if (child.children.isEmpty() && child.subscribers.isEmpty()) {
            node.children.remove(level);
            bytes.addAndGet(-bytesOf(level.length()));
        }
        return had;
    }

    /** Ends all subscriptions. */
    synchronized void clear() {
        root.children.clear();
        bytes.set(0);
        size.set(0);
    }

    int size() {
        return size.get();
    }

    /** Memory that the filters take, about; what they have in common counts once. */
    long bytes() {
        return bytes.get();
    }

    private static long bytesOf(int levelChars) {
        return Topics.LEVEL_BYTES + 2L * levelChars;
    }

    /** The subscribers whose filters match {@code topic}, each once. */
    Map<S, Subscription> match(String topic) {
        if (size.get() == 0) {
            return Map.of();
        }
        Map<S, Subscription> found = new HashMap<>();
        match(root, topic, 0, found);
        return found;
    }

    private void match(Node<S> node, String topic, int start, Map<S, Subscription> found) {
        // Wildcards at the first level do not match topics that begin with $ [MQTT-4.7.2-1].
        boolean wildcards = start > 0 || topic.charAt(0) != '$';
        if (wildcards) {
            collect(node.children.get("#"), found);
        }
        if (start > topic.length()) {
            collect(node, found);
            return;
        }
        if (node.children.isEmpty()) {
            return;
        }
        int end = Topics.endOfLevel(topic, start);
        Node<S> exact = node.children.get(topic.substring(start, end));
        if (exact != null) {
            match(exact, topic, end + 1, found);
        }
        Node<S> any = wildcards ? node.children.get("+") : null;
        if (any != null) {
            match(any, topic, end + 1, found);
        }
    }

    private void collect(@Nullable Node<S> node, Map<S, Subscription> found) {
        if (node != null) {
            node.subscribers.forEach(
                    (subscriber, subscription) -> found.merge(subscriber, subscription, (had, other) -> had.or(other)));
        }
    }

    private static final class Node<S> {
        private final Map<String, Node<S>> children = new ConcurrentHashMap<>(4);
        private final Map<S, Subscription> subscribers = new ConcurrentHashMap<>(4);
    }
}
