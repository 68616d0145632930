package io.hearth.mqtt.endpoint;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.mqtt.MqttMessageType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Cuts the byte stream into packets. A PUBLISH, which is nearly all there is, leaves as {@link Publish}; any other packet
 * as its bytes, complete, for Netty's MQTT decoder behind this one.
 *
 * <p>Bounds what a connection may keep in memory, before and after CONNECT: a packet that may not be that long is refused
 * by its fixed header, and of a payload longer than {@code maxPayloadBytes} only the beginning is kept while the rest is
 * taken off the wire. While the gate does not admit a packet nothing is decoded, and what was read already waits here as
 * bytes.
 */
final class PacketDecoder extends ByteToMessageDecoder {
    /** The longest PUBLISH that is taken off the wire at all; MQTT 5 clients are told. */
    static final int MAX_PACKET_BYTES = 16 << 20;
    /** The longest packet of another kind; a CONNECT with a large will fits. */
    static final int MAX_CONTROL_PACKET_BYTES = 256 << 10;

    /** Of a client that is not known yet: room for a long password and will, and not for much more. */
    static final int MAX_CONNECT_BYTES = 64 << 10;

    /** What topic, packet id and properties of a PUBLISH may have together; a topic alone has up to 65,535 bytes. */
    static final int MAX_PUBLISH_HEADER_BYTES = 128 << 10;

    /** How much of a payload that is too large is kept; a dead letter has no room for more. */
    static final int KEPT_OF_TOO_LARGE_BYTES = 4096;

    private static final int MAX_FIXED_HEADER_BYTES = 5;
    private static final int PUBLISH = MqttMessageType.PUBLISH.value();
    private static final int SUBSCRIBE = MqttMessageType.SUBSCRIBE.value();
    private static final int CONNECT = MqttMessageType.CONNECT.value();

    /** Decides whether the next packet may be decoded. */
    interface Gate {
        /** Asked on the event loop; whoever says no turns reading off and calls {@link #resume} later. */
        boolean admits(boolean publish);
    }

    private final int maxPayloadBytes;
    private final Gate gate;
    private boolean connectSeen;
    private boolean mqtt5;
    private boolean stopped;
    /** Whether Netty's decoder has a packet that it made nothing of yet. */
    private boolean handedOn;

    private long readNanos;

    private @Nullable Publish cutOff;
    private int skipBytes;

    PacketDecoder(int maxPayloadBytes, Gate gate) {
        this.maxPayloadBytes = maxPayloadBytes;
        this.gate = gate;
    }

    /** From now on publishes have properties. */
    void useMqtt5() {
        mqtt5 = true;
    }

    /** Takes in nothing any more; what else arrives is dropped. */
    void stop() {
        stopped = true;
    }

    /** When something was read last, by {@link System#nanoTime}. */
    long readNanos() {
        return readNanos;
    }

    /**
     * Tells that Netty's decoder made a packet of what it was handed.
     *
     * @throws ProtocolViolation it made two of one, as the packet is longer than what it should hold
     */
    void packetDecoded() {
        if (!handedOn) {
            throw ProtocolViolation.malformed("a packet with bytes behind its end");
        }
        handedOn = false;
    }

    /** Netty's decoder would wait for more, but it has been handed all there is of the packet. */
    private void requireDecoded() {
        if (handedOn && !stopped) {
            stopped = true;
            throw ProtocolViolation.malformed("a packet that ends within a field");
        }
    }

    /** Goes on with what has been read already, after the gate was closed. */
    void resume(ChannelHandlerContext ctx) throws Exception {
        channelRead(ctx, Unpooled.EMPTY_BUFFER);
        channelReadComplete(ctx);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
        readNanos = System.nanoTime();
        super.channelRead(ctx, message);
    }

    /**
     * Not as inherited: that asks for more bytes whenever a read made no packet, also while reading is off, and would so
     * undo the back-pressure.
     */
    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        discardSomeReadBytes();
        requireDecoded();
        ctx.fireChannelReadComplete();
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        if (stopped) {
            in.skipBytes(in.readableBytes());
            return;
        }
        try {
            decodePacket(in, out);
        } catch (ProtocolViolation violation) {
            stopped = true;
            throw violation;
        }
    }

    private void decodePacket(ByteBuf in, List<Object> out) {
        requireDecoded();
        if (skipBytes > 0) {
            skip(in, out);
            return;
        }
        int start = in.readerIndex();
        int available = in.readableBytes();
        if (available < 2) {
            return;
        }
        int first = in.getUnsignedByte(start);
        int type = first >>> 4;
        if (!connectSeen && type != CONNECT) {
            throw new ProtocolViolation(ReasonCode.PROTOCOL_ERROR, "the first packet is no CONNECT");
        }
        int length = 0;
        int headerBytes = 1;
        int digit;
        do {
            if (headerBytes == MAX_FIXED_HEADER_BYTES) {
                throw ProtocolViolation.malformed("a remaining length of more than 4 bytes");
            }
            if (headerBytes == available) {
                return;
            }
            digit = in.getUnsignedByte(start + headerBytes);
            length |= (digit & 0x7F) << (7 * (headerBytes - 1));
            headerBytes++;
        } while ((digit & 0x80) != 0);
        int maxBytes = !connectSeen ? MAX_CONNECT_BYTES : type == PUBLISH ? MAX_PACKET_BYTES : MAX_CONTROL_PACKET_BYTES;
        if (length > maxBytes) {
            throw new ProtocolViolation(ReasonCode.PACKET_TOO_LARGE, "a packet of " + length + " bytes");
        }
        if (type == PUBLISH) {
            decodePublish(in, out, first, headerBytes, length);
        } else if (available >= headerBytes + length && gate.admits(false)) {
            connectSeen = true;
            if (type == SUBSCRIBE) {
                SubscribeOptions.check(in.slice(start + headerBytes, length), mqtt5);
            }
            handedOn = true;
            out.add(in.readRetainedSlice(headerBytes + length));
        }
    }

    private void decodePublish(ByteBuf in, List<Object> out, int first, int fixedHeaderBytes, int length) {
        int available = in.readableBytes() - fixedHeaderBytes;
        // Of a payload that is too large the beginning is kept, so that much and the header have to be here, no more.
        if (available < Math.min(length, MAX_PUBLISH_HEADER_BYTES + maxPayloadBytes)) {
            return;
        }
        if (!gate.admits(true)) {
            return;
        }
        in.skipBytes(fixedHeaderBytes);
        int start = in.readerIndex();
        int qos = first >>> 1 & 3;
        boolean dup = (first & 8) != 0;
        if (qos == 3 || (qos == 0 && dup)) {
            throw ProtocolViolation.malformed("the flags of a PUBLISH are " + (first & 0xF));
        }
        int end = start + Math.min(length, available);
        String topic = Topics.readString(in, readLength(in, end));
        int packetId = qos == 0 ? 0 : readShort(in, end);
        if (qos != 0 && packetId == 0) {
            throw new ProtocolViolation(ReasonCode.PROTOCOL_ERROR, "a PUBLISH with packet identifier 0");
        }
        byte[] properties = mqtt5 ? PublishProperties.read(in, readPropertiesLength(in, end)) : Publish.NO_BYTES;
        // After the properties, as an MQTT 5 client may leave the topic empty and send an alias, which they tell.
        Topics.requireName(topic);
        int headerBytes = in.readerIndex() - start;
        if (headerBytes > MAX_PUBLISH_HEADER_BYTES) {
            throw new ProtocolViolation(
                    ReasonCode.PACKET_TOO_LARGE, "a PUBLISH with " + headerBytes + " bytes before its payload");
        }
        int payloadBytes = length - headerBytes;
        boolean tooLarge = payloadBytes > maxPayloadBytes;
        byte[] payload = new byte[tooLarge ? Math.min(maxPayloadBytes, KEPT_OF_TOO_LARGE_BYTES) : payloadBytes];
        in.readBytes(payload);
        Publish publish = new Publish(topic, qos, dup, (first & 1) != 0, packetId, properties, payload, payloadBytes);
        if (tooLarge) {
            cutOff = publish;
            skipBytes = payloadBytes - payload.length;
            skip(in, out);
        } else {
            out.add(publish);
        }
    }

    /** Drops the rest of a payload that is too large; the message is handed on when it has arrived as a whole. */
    private void skip(ByteBuf in, List<Object> out) {
        int now = Math.min(skipBytes, in.readableBytes());
        in.skipBytes(now);
        skipBytes -= now;
        Publish publish = cutOff;
        if (skipBytes == 0 && publish != null) {
            cutOff = null;
            out.add(publish);
        }
    }

    private static int readShort(ByteBuf in, int end) {
        if (end - in.readerIndex() < 2) {
            throw ProtocolViolation.malformed("a PUBLISH is cut off");
        }
        return in.readUnsignedShort();
    }

    private static int readLength(ByteBuf in, int end) {
        int length = readShort(in, end);
        if (length > end - in.readerIndex()) {
            throw ProtocolViolation.malformed("the topic of a PUBLISH is longer than the packet");
        }
        return length;
    }

    private static int readPropertiesLength(ByteBuf in, int end) {
        int length = 0;
        for (int i = 0; i < 4; i++) {
            if (in.readerIndex() == end) {
                break;
            }
            int digit = in.readUnsignedByte();
            length |= (digit & 0x7F) << (7 * i);
            if ((digit & 0x80) == 0) {
                if (length > end - in.readerIndex()) {
                    throw ProtocolViolation.malformed("the properties of a PUBLISH are longer than the packet");
                }
                return length;
            }
        }
        throw ProtocolViolation.malformed("the length of the properties of a PUBLISH");
    }
}
