package io.hearth.rest.live;

import io.hearth.live.LiveEvent;
import io.hearth.live.LiveFeed;
import io.hearth.live.LiveListener;
import io.hearth.table.Cursor;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import org.jboss.resteasy.reactive.server.spi.ServerHttpResponse;
import org.jspecify.annotations.Nullable;

/** A response as a stream of server-sent events (WHATWG HTML, section 9.2). */
final class ServerSentEvents implements LiveListener {
    /** What a client waits before it connects again. */
    private static final String BEGINNING = "retry: 2000\n\n";

    private static final byte[] DATA = "\ndata: ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] END_OF_EVENT = "\n\n".getBytes(StandardCharsets.US_ASCII);

    private final ServerHttpResponse response;
    private final LiveFeed feed;

    /** Written, but not yet with the operating system: what the response's own queue says comes late, on its event loop. */
    private final AtomicLong unsentBytes = new AtomicLong();

    private volatile boolean waitsForRoom;
    private ByteArrayOutputStream pending = new ByteArrayOutputStream();

    private ServerSentEvents(ServerHttpResponse response, LiveFeed feed) {
        this.response = response;
        this.feed = feed;
    }

    /** Begins the response. */
    static ServerSentEvents open(ServerHttpResponse response, LiveFeed feed) {
        ServerSentEvents events = new ServerSentEvents(response, feed);
        response.setChunked(true);
        response.addDrainHandler(feed::wake);
        response.addCloseHandler(feed::wake);
        response.write(BEGINNING.getBytes(StandardCharsets.US_ASCII), failure -> feed.wake());
        return events;
    }

    @Override
    public boolean isGone() {
        return response.closed();
    }

    @Override
    public boolean isReady() {
        if (hasRoom()) {
            return true;
        }
        waitsForRoom = true;
        // It may have been sent just before.
        return hasRoom();
    }

    private boolean hasRoom() {
        return unsentBytes.get() < feed.queueBytes() && !response.isWriteQueueFull();
    }

    @Override
    public void event(LiveEvent.Kind kind, byte[] json, @Nullable Cursor resumeAt) {
        if (resumeAt != null) {
            ascii("id: " + resumeAt.value() + '\n');
        }
        ascii("event: " + kind.name().toLowerCase(Locale.ROOT));
        pending.writeBytes(DATA);
        pending.writeBytes(json);
        pending.writeBytes(END_OF_EVENT);
    }

    @Override
    public void missed(Cursor resumeAt) {
        ascii("id: " + resumeAt.value() + "\nevent: missed\ndata: {\"detail\":\"Changes in between are no longer kept."
                + " Read what you need again.\"}\n\n");
    }

    @Override
    public void alive(Cursor resumeAt) {
        // Without data it is no event for the client, which remembers the id all the same.
        ascii(": alive\nid: " + resumeAt.value() + "\n\n");
    }

    @Override
    public void flush() {
        byte[] piece = pending.toByteArray();
        pending = new ByteArrayOutputStream();
        unsentBytes.addAndGet(piece.length);
        response.write(piece, failure -> {
            boolean room = unsentBytes.addAndGet(-piece.length) <= feed.queueBytes() / 2;
            if (failure != null || (waitsForRoom && room)) {
                waitsForRoom = false;
                feed.wake();
            }
        });
    }

    @Override
    public long waitingBytes() {
        return unsentBytes.get();
    }

    @Override
    public void cut() {
        // An end would wait behind all that the client does not take.
        response.reset();
    }

    @Override
    public void end() {
        if (!response.closed()) {
            response.end();
        }
    }

    private void ascii(String text) {
        pending.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
    }
}
