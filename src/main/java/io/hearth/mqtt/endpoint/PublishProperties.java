package io.hearth.mqtt.endpoint;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.mqtt.MqttProperties;

/** The properties of a PUBLISH from an MQTT 5 client (section 3.3.2.3): checked, and else kept as bytes to be forwarded. */
final class PublishProperties {
    private static final int PAYLOAD_FORMAT = 0x01;
    private static final int MESSAGE_EXPIRY = 0x02;
    private static final int CONTENT_TYPE = 0x03;
    private static final int RESPONSE_TOPIC = 0x08;
    private static final int CORRELATION_DATA = 0x09;
    private static final int SUBSCRIPTION_ID = 0x0B;
    private static final int TOPIC_ALIAS = 0x23;
    private static final int USER_PROPERTY = 0x26;

    private PublishProperties() {}

    /**
     * Reads the next {@code length} bytes, which must be exactly the properties.
     *
     * @throws ProtocolViolation they are malformed, twice the same, or not for a client to send
     */
    static byte[] read(ByteBuf in, int length) {
        if (length == 0) {
            return Publish.NO_BYTES;
        }
        byte[] bytes = new byte[length];
        in.getBytes(in.readerIndex(), bytes);
        ByteBuf properties = in.readSlice(length);
        long seen = 0;
        while (properties.isReadable()) {
            int id = properties.readUnsignedByte();
            long bit = 1L << id;
            if (id != USER_PROPERTY && id < Long.SIZE && (seen & bit) != 0) {
                throw new ProtocolViolation(ReasonCode.PROTOCOL_ERROR, "a property of a PUBLISH is there twice");
            }
            seen |= bit;
            readValue(properties, id);
        }
        return bytes;
    }

    /** The bytes of a will's properties, without the will delay, which is ours to keep. */
    static byte[] write(MqttProperties properties) {
        ByteBuf out = Unpooled.buffer();
        for (MqttProperties.MqttProperty<?> property : properties.listAll()) {
            int id = property.propertyId();
            if (property instanceof MqttProperties.UserProperties users) {
                for (MqttProperties.StringPair pair : users.value()) {
                    out.writeByte(id);
                    writeText(out, pair.key);
                    writeText(out, pair.value);
                }
            } else if (property instanceof MqttProperties.StringProperty text) {
                out.writeByte(id);
                writeText(out, text.value());
            } else if (property instanceof MqttProperties.BinaryProperty data) {
                out.writeByte(id).writeShort(data.value().length).writeBytes(data.value());
            } else if (property instanceof MqttProperties.IntegerProperty number && id == PAYLOAD_FORMAT) {
                out.writeByte(id).writeByte(number.value());
            } else if (property instanceof MqttProperties.IntegerProperty number && id == MESSAGE_EXPIRY) {
                out.writeByte(id).writeInt(number.value());
            }
        }
        byte[] bytes = ByteBufUtil.getBytes(out);
        read(Unpooled.wrappedBuffer(bytes), bytes.length);
        return bytes;
    }

    private static void writeText(ByteBuf out, String text) {
        out.writeShort(ByteBufUtil.utf8Bytes(text));
        ByteBufUtil.writeUtf8(out, text);
    }

    private static void readValue(ByteBuf properties, int id) {
        switch (id) {
            case PAYLOAD_FORMAT -> {
                require(properties, 1);
                if (properties.readUnsignedByte() > 1) {
                    throw new ProtocolViolation(ReasonCode.PROTOCOL_ERROR, "no payload format indicator");
                }
            }
            case MESSAGE_EXPIRY -> {
                require(properties, Integer.BYTES);
                properties.skipBytes(Integer.BYTES);
            }
            case CONTENT_TYPE -> readText(properties);
            case RESPONSE_TOPIC -> Topics.requireName(readText(properties));
            case CORRELATION_DATA -> {
                require(properties, 2);
                int length = properties.readUnsignedShort();
                require(properties, length);
                properties.skipBytes(length);
            }
            case USER_PROPERTY -> {
                readText(properties);
                readText(properties);
            }
            case TOPIC_ALIAS ->
                // CONNACK does not announce a Topic Alias Maximum, so it is 0 [MQTT-3.3.2-9].
                throw new ProtocolViolation(ReasonCode.TOPIC_ALIAS_INVALID, "a topic alias, and none is allowed");
            case SUBSCRIPTION_ID ->
                throw new ProtocolViolation(
                        ReasonCode.PROTOCOL_ERROR, "a PUBLISH of a client with a subscription identifier");
            default -> throw ProtocolViolation.malformed("an unknown property in a PUBLISH: " + id);
        }
    }

    private static String readText(ByteBuf properties) {
        require(properties, 2);
        int length = properties.readUnsignedShort();
        require(properties, length);
        return Topics.readString(properties, length);
    }

    private static void require(ByteBuf properties, int bytes) {
        if (properties.readableBytes() < bytes) {
            throw ProtocolViolation.malformed("a property of a PUBLISH is cut off");
        }
    }
}
