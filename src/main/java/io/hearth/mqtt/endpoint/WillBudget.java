package io.hearth.mqtt.endpoint;

import io.netty.buffer.ByteBufUtil;
import java.util.concurrent.atomic.AtomicLong;

/** Memory of the last wills that wait for the end of their connections. Safe for several threads. */
final class WillBudget {
    /** Wills up to this size always have room: their number is that of the connections, which has a limit of its own. */
    static final int SMALL_BYTES = 256;

    private final long maxBytesOfWill;
    private final long maxBytes;
    private final AtomicLong bytes = new AtomicLong();

    /**
     * @param maxBytesOfWill of one will
     * @param maxBytes of all wills together that are not small
     */
    WillBudget(long maxBytesOfWill, long maxBytes) {
        this.maxBytesOfWill = maxBytesOfWill;
        this.maxBytes = maxBytes;
    }

    /** Whether there is room for a will, which it takes until {@link #release}. */
    boolean take(Publish will) {
        int size = sizeOf(will);
        if (size > maxBytesOfWill) {
            return false;
        }
        boolean hasRoom = bytes.addAndGet(size) <= maxBytes || size <= SMALL_BYTES;
        if (!hasRoom) {
            bytes.addAndGet(-size);
        }
        return hasRoom;
    }

    void release(Publish will) {
        bytes.addAndGet(-sizeOf(will));
    }

    long bytes() {
        return bytes.get();
    }

    private static int sizeOf(Publish will) {
        return ByteBufUtil.utf8Bytes(will.topic()) + will.properties().length + will.payload().length;
    }
}
