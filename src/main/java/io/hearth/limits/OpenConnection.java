package io.hearth.limits;

import io.netty.channel.Channel;
import java.net.InetAddress;
import java.util.concurrent.atomic.AtomicLong;

/** One connection as it is counted: where it comes from, and what it holds. On any thread. */
final class OpenConnection {
    private final InetAddress address;
    private final Channel channel;
    private final AtomicLong held = new AtomicLong();
    private volatile boolean closing;

    OpenConnection(InetAddress address, Channel channel) {
        this.address = address;
        this.channel = channel;
    }

    InetAddress address() {
        return address;
    }

    /** Bytes received before the sign-in that no request has used up. */
    long heldBytes() {
        return held.get();
    }

    void hold(long bytes) {
        held.addAndGet(bytes);
    }

    /**
     * Holds no more than {@code bytes} from now on.
     *
     * @return what was held until now
     */
    long letGoBut(long bytes) {
        return held.getAndSet(bytes);
    }

    boolean isClosing() {
        return closing;
    }

    void closing() {
        closing = true;
    }

    /** Closes the channel on its event loop, without waiting for what is still to be written. */
    void close() {
        channel.eventLoop().execute(() -> channel.unsafe().close(channel.voidPromise()));
    }
}
