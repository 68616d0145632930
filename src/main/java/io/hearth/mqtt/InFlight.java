package io.hearth.mqtt;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bounds what has been received and is not settled yet, by messages and bytes. Whoever receives must stop reading from its
 * socket when {@link #enter} says so, and may go on when it is told that there is room: back-pressure, not loss.
 */
public final class InFlight {
    private final int maxMessages;
    private final long maxBytes;
    private final AtomicInteger messages = new AtomicInteger();
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicBoolean full = new AtomicBoolean();
    private final List<Runnable> onRoom = new CopyOnWriteArrayList<>();

    public InFlight(int maxMessages, long maxBytes) {
        this.maxMessages = maxMessages;
        this.maxBytes = maxBytes;
    }

    /**
     * Counts a message in; always, as it has been received already.
     *
     * @return whether there is room for more; if not, stop reading until told
     */
    public boolean enter(int payloadBytes) {
        int nowMessages = messages.incrementAndGet();
        long nowBytes = bytes.addAndGet(payloadBytes);
        if (nowMessages >= maxMessages || nowBytes >= maxBytes) {
            full.set(true);
            // Everything may have left between the counting and the flag; then nobody else would lower it.
            reopenIfRoom();
        }
        return !full.get();
    }

    /** Counts a settled message out. */
    public void leave(int payloadBytes) {
        messages.decrementAndGet();
        bytes.addAndGet(-payloadBytes);
        if (full.get()) {
            reopenIfRoom();
        }
    }

    public boolean isFull() {
        return full.get();
    }

    public int messages() {
        return messages.get();
    }

    public long bytes() {
        return bytes.get();
    }

    /** Has {@code listener} called, on any thread, whenever there is room again: half of the limits is free. */
    public void onRoom(Runnable listener) {
        onRoom.add(listener);
    }

    private void reopenIfRoom() {
        if (messages.get() <= maxMessages / 2 && bytes.get() <= maxBytes / 2 && full.compareAndSet(true, false)) {
            onRoom.forEach(Runnable::run);
        }
    }
}
