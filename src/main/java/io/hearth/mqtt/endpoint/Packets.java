package io.hearth.mqtt.endpoint;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;

/** The packets that are sent often, as bytes; the others go through Netty's encoder. */
final class Packets {
    static final int PUBACK = 0x40;
    static final int PUBREC = 0x50;
    static final int PUBCOMP = 0x70;
    /** The bytes of an acknowledgement that says success, which is the same in MQTT 3.1.1 and 5. */
    static final int ACK_BYTES = 4;

    private static final int PUBLISH = 0x30;

    private Packets() {}

    /** Appends an acknowledgement of {@code type} that says success. */
    static void writeAck(ByteBuf out, int type, int packetId) {
        out.writeInt(type << 24 | 2 << 16 | packetId);
    }

    /** Appends an acknowledgement to an MQTT 5 client that says {@code reasonCode}. */
    static void writeAck(ByteBuf out, int type, int packetId, byte reasonCode) {
        out.writeByte(type).writeByte(3).writeShort(packetId).writeByte(reasonCode);
    }

    /** A PUBLISH to a subscriber. */
    static ByteBuf publish(ByteBufAllocator allocator, Routed routed, int packetId, boolean mqtt5) {
        Publish publish = routed.publish();
        int topicBytes = ByteBufUtil.utf8Bytes(publish.topic());
        int length = length(publish, topicBytes, routed.qos(), mqtt5);
        ByteBuf out = allocator.buffer(1 + varIntBytes(length) + length);
        out.writeByte(PUBLISH | routed.qos() << 1 | (routed.retain() ? 1 : 0));
        writeVarInt(out, length);
        out.writeShort(topicBytes);
        ByteBufUtil.writeUtf8(out, publish.topic());
        if (routed.qos() > 0) {
            out.writeShort(packetId);
        }
        if (mqtt5) {
            writeVarInt(out, publish.properties().length);
            out.writeBytes(publish.properties());
        }
        return out.writeBytes(publish.payload());
    }

    /** How many bytes {@link #publish} writes. */
    static int publishBytes(Routed routed, boolean mqtt5) {
        Publish publish = routed.publish();
        int length = length(publish, ByteBufUtil.utf8Bytes(publish.topic()), routed.qos(), mqtt5);
        return 1 + varIntBytes(length) + length;
    }

    private static int length(Publish publish, int topicBytes, int qos, boolean mqtt5) {
        int properties = publish.properties().length;
        return 2
                + topicBytes
                + (qos > 0 ? 2 : 0)
                + (mqtt5 ? varIntBytes(properties) + properties : 0)
                + publish.payload().length;
    }

    private static int varIntBytes(int value) {
        return value < 1 << 7 ? 1 : value < 1 << 14 ? 2 : value < 1 << 21 ? 3 : 4;
    }

    private static void writeVarInt(ByteBuf out, int value) {
        int rest = value;
        while (rest >= 1 << 7) {
            out.writeByte(rest & 0x7F | 0x80);
            rest >>>= 7;
        }
        out.writeByte(rest);
    }
}
