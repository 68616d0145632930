package io.hearth.mqtt.endpoint;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** What the specification asks of topic names and topic filters (MQTT 5.0 and 3.1.1, sections 1.5 and 4.7). */
final class Topics {
    /** More levels than this are not subscribed to, which bounds the depth of the tree and of its recursion. */
    static final int MAX_FILTER_LEVELS = 64;

    /** What a level of a filter costs in memory beside its characters, about. */
    static final int LEVEL_BYTES = 256;

    private Topics() {}

    /**
     * Reads {@code length} bytes as a string.
     *
     * @throws ProtocolViolation they are not UTF-8, or hold U+0000 [MQTT-1.5.4-1, -2]
     */
    static String readString(ByteBuf in, int length) {
        byte[] bytes = new byte[length];
        in.readBytes(bytes);
        int i = 0;
        while (i < length && bytes[i] > 0) {
            i++;
        }
        if (i == length) {
            return new String(bytes, StandardCharsets.ISO_8859_1);
        }
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            if (text.indexOf('\0') >= 0) {
                throw ProtocolViolation.malformed("a string holds U+0000");
            }
            return text;
        } catch (CharacterCodingException e) {
            throw ProtocolViolation.malformed("a string is not UTF-8");
        }
    }

    /** @throws ProtocolViolation nobody may publish to {@code topic}: it is empty or has a wildcard [MQTT-3.3.2-2] */
    static void requireName(String topic) {
        if (topic.isEmpty()) {
            throw new ProtocolViolation(ReasonCode.PROTOCOL_ERROR, "a PUBLISH without a topic");
        }
        if (topic.indexOf('+') >= 0 || topic.indexOf('#') >= 0) {
            throw new ProtocolViolation(ReasonCode.TOPIC_NAME_INVALID, "a PUBLISH to a topic with a wildcard");
        }
    }

    /**
     * Whether {@code filter} is well-formed (wildcards only as whole levels, {@code #} only as the last) and not deeper than
     * {@link #MAX_FILTER_LEVELS}. A string that was no UTF-8 holds U+FFFD after decoding and is not well-formed either.
     */
    static boolean isFilter(String filter) {
        if (filter.isEmpty() || filter.indexOf('\0') >= 0 || filter.indexOf('\uFFFD') >= 0) {
            return false;
        }
        int levels = 0;
        int start = 0;
        while (start <= filter.length()) {
            int end = endOfLevel(filter, start);
            boolean alone = end - start == 1;
            for (int i = start; i < end; i++) {
                char c = filter.charAt(i);
                if (c == '+' && !alone || c == '#' && !(alone && end == filter.length())) {
                    return false;
                }
            }
            levels++;
            start = end + 1;
        }
        return levels <= MAX_FILTER_LEVELS;
    }

    /** Whether {@code topic} is one of the server's own, to which no client publishes. */
    static boolean isReserved(String topic) {
        return topic.charAt(0) == '$';
    }

    /** Whether {@code filter} asks for a shared subscription. */
    static boolean isShared(String filter) {
        return filter.startsWith("$share/");
    }

    /** Whether the well-formed {@code filter} may match more topics than one. */
    static boolean hasWildcard(String filter) {
        return filter.indexOf('+') >= 0 || filter.indexOf('#') >= 0;
    }

    /** What the well-formed {@code filter} may cost in memory: two bytes a character, and {@link #LEVEL_BYTES} a level. */
    static long filterBytes(String filter) {
        long levels = 1 + filter.chars().filter(c -> c == '/').count();
        return 2L * filter.length() + levels * LEVEL_BYTES;
    }

    static int endOfLevel(CharSequence topic, int start) {
        int i = start;
        while (i < topic.length() && topic.charAt(i) != '/') {
            i++;
        }
        return i;
    }
}
