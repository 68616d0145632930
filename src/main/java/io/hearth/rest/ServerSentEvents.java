package io.hearth.rest;

import io.hearth.live.LiveEvent;
import io.hearth.live.LiveListener;
import io.hearth.table.Cursor;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jboss.resteasy.reactive.server.spi.ServerHttpResponse;
import org.jspecify.annotations.Nullable;

/** A response as a stream of server-sent events (WHATWG HTML, section 9.2). */
final class ServerSentEvents implements LiveListener {
    /** What a client waits before it connects again. */
    private static final String BEGINNING = "retry: 2000\n\n";

    private static final byte[] DATA = "\ndata: ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] END_OF_EVENT = "\n\n".getBytes(StandardCharsets.US_ASCII);

    private final ServerHttpResponse response;
    private final Runnable whenReady;
    private final ByteArrayOutputStream pending = new ByteArrayOutputStream();

    private ServerSentEvents(ServerHttpResponse response, Runnable whenReady) {
        this.response = response;
        this.whenReady = whenReady;
    }

    /** Begins the response. */
    static ServerSentEvents open(ServerHttpResponse response, Runnable whenReady) {
        ServerSentEvents events = new ServerSentEvents(response, whenReady);
        response.setChunked(true);
        response.addDrainHandler(whenReady);
        response.addCloseHandler(whenReady);
        response.write(BEGINNING.getBytes(StandardCharsets.US_ASCII), failure -> whenReady.run());
        return events;
    }

    @Override
    public boolean isGone() {
        return response.closed();
    }

    @Override
    public boolean isReady() {
        return !response.isWriteQueueFull();
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
        response.write(pending.toByteArray(), failure -> {
            if (failure != null) {
                whenReady.run();
            }
        });
        pending.reset();
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
