package io.hearth.mqtt.endpoint;

import io.netty.buffer.ByteBuf;

/** The option bytes of a SUBSCRIBE, whose reserved bits Netty's decoder does not look at. */
final class SubscribeOptions {
    private static final int QOS = 0x03;
    private static final int RESERVED = 0xC0;
    private static final int RETAIN_HANDLING_SHIFT = 4;

    private SubscribeOptions() {}

    /**
     * Checks the options of each filter; a packet that is cut off is left to the decoder.
     *
     * @param variableHeader from where the packet id is, up to the end of the packet; is not read from
     * @throws ProtocolViolation a reserved bit is set, or a value is reserved [MQTT-3-8.3-4 of 3.1.1, MQTT-3.8.3-5 of 5]
     */
    static void check(ByteBuf variableHeader, boolean mqtt5) {
        ByteBuf in = variableHeader.duplicate();
        if (!skip(in, Short.BYTES) || mqtt5 && !skip(in, propertiesBytes(in))) {
            return;
        }
        while (in.readableBytes() >= Short.BYTES && skip(in, in.readUnsignedShort()) && in.isReadable()) {
            checkOne(in.readUnsignedByte(), mqtt5);
        }
    }

    private static void checkOne(int options, boolean mqtt5) {
        boolean reserved = mqtt5 ? (options & RESERVED) != 0 : (options & ~QOS) != 0;
        if (reserved || (options & QOS) == QOS) {
            throw ProtocolViolation.malformed("a SUBSCRIBE with reserved bits in its options");
        }
        if (options >>> RETAIN_HANDLING_SHIFT == 3) {
            throw new ProtocolViolation(ReasonCode.PROTOCOL_ERROR, "a SUBSCRIBE with a retain handling of 3");
        }
    }

    /** The length of the properties, behind which {@code in} stands afterwards; -1 if it is cut off. */
    private static int propertiesBytes(ByteBuf in) {
        int length = 0;
        for (int shift = 0; shift < 28 && in.isReadable(); shift += 7) {
            int digit = in.readUnsignedByte();
            length |= (digit & 0x7F) << shift;
            if ((digit & 0x80) == 0) {
                return length;
            }
        }
        return -1;
    }

    private static boolean skip(ByteBuf in, int bytes) {
        boolean isThere = bytes >= 0 && bytes <= in.readableBytes();
        if (isThere) {
            in.skipBytes(bytes);
        }
        return isThere;
    }
}
