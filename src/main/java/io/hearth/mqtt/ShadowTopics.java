package io.hearth.mqtt;

import io.hearth.shadow.document.ShadowId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The topics of shadows, those of AWS IoT: under {@code {prefix}/{thing}/shadow}, and for a named shadow {@code
 * {prefix}/{thing}/shadow/name/{name}}, clients publish to {@code /get}, {@code /update} and {@code /delete}; everything
 * else is the service's to publish to.
 *
 * <p>https://docs.aws.amazon.com/iot/latest/developerguide/reserved-topics.html#reserved-topics-shadow
 */
public final class ShadowTopics {
    private static final String SHADOW = "/shadow";
    private static final String NAME = "/name/";

    private final String prefix;

    /** @throws IllegalArgumentException if {@code prefix} cannot begin a topic that clients publish to */
    public ShadowTopics(String prefix) {
        boolean wild = prefix.indexOf('+') >= 0 || prefix.indexOf('#') >= 0;
        if (wild
                || prefix.isEmpty()
                || prefix.startsWith("/")
                || prefix.endsWith("/")
                || prefix.startsWith("$share/")) {
            throw new IllegalArgumentException(
                    "a prefix of topics has no wildcard, and begins and ends with no slash: '" + prefix + "'");
        }
        this.prefix = prefix + "/";
    }

    /** What a client may ask. */
    public enum Operation {
        GET("get"),
        UPDATE("update"),
        DELETE("delete");

        private final String level;

        Operation(String level) {
            this.level = level;
        }
    }

    /**
     * A request, by its topic.
     *
     * @param thing as the topic names it, valid or not
     * @param name of the shadow, valid or not; empty for the classic one
     */
    public record Request(String topic, String thing, String name, Operation operation) {}

    /** Whether a topic is one of shadows at all: clients publish to none of these but requests. */
    public boolean isOfShadows(String topic) {
        return topic.startsWith(prefix);
    }

    /** The request that a publish to {@code topic} is; null if it is none. */
    public @Nullable Request request(String topic) {
        if (!topic.startsWith(prefix)) {
            return null;
        }
        int thingEnd = topic.indexOf('/', prefix.length());
        if (thingEnd < 0 || !topic.startsWith(SHADOW + "/", thingEnd)) {
            return null;
        }
        String thing = topic.substring(prefix.length(), thingEnd);
        int at = thingEnd + SHADOW.length();
        String name = "";
        if (topic.startsWith(NAME, at)) {
            int start = at + NAME.length();
            int end = topic.indexOf('/', start);
            if (end <= start) {
                return null;
            }
            name = topic.substring(start, end);
            at = end;
        }
        String last = topic.substring(at + 1);
        for (Operation operation : Operation.values()) {
            if (operation.level.equals(last)) {
                return new Request(topic, thing, name, operation);
            }
        }
        return null;
    }

    /** Filters that match every request. */
    public List<String> filters() {
        return List.of(
                prefix + "+/shadow/get",
                prefix + "+/shadow/update",
                prefix + "+/shadow/delete",
                prefix + "+/shadow/name/+/get",
                prefix + "+/shadow/name/+/update",
                prefix + "+/shadow/name/+/delete");
    }

    /** The topic at which a shadow takes requests of a kind, and beneath which it answers. */
    public String of(ShadowId id, Operation operation) {
        String base = prefix + id.thing().value() + SHADOW;
        return (id.isClassic() ? base : base + NAME + id.name()) + "/" + operation.level;
    }
}
