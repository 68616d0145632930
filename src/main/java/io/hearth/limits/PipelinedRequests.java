package io.hearth.limits;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;

/**
 * Passes on one HTTP/1 request of a connection at a time, the next one when the last is answered. Vert.x would take in all that
 * a client sends while one is answered, in a list that it walks to its end for each. On the event loop of the connection.
 */
final class PipelinedRequests extends ChannelDuplexHandler {
    private final Runnable onRoom;
    private final ArrayDeque<Object> waiting = new ArrayDeque<>();
    private boolean unanswered;

    /** @param onRoom what to do when no request waits any more */
    PipelinedRequests(Runnable onRoom) {
        this.onRoom = onRoom;
    }

    /** Whether a request waits, so that nothing more should be decoded. */
    boolean isFull() {
        return !waiting.isEmpty();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (isFull() || mustWait(message)) {
            waiting.add(message);
        } else {
            pass(ctx, message);
        }
    }

    private boolean mustWait(Object message) {
        return unanswered && message instanceof HttpRequest;
    }

    private void pass(ChannelHandlerContext ctx, Object message) {
        unanswered |= message instanceof HttpRequest;
        ctx.fireChannelRead(message);
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        boolean answered = message instanceof LastHttpContent && !isInformational(message);
        ctx.write(message, promise);
        if (answered) {
            unanswered = false;
            if (isFull()) {
                // Later: this is called from the middle of what answers.
                ctx.executor().execute(() -> resume(ctx));
            }
        }
    }

    /** 100 (continue): the answer is still to come. */
    private static boolean isInformational(Object message) {
        return message instanceof HttpResponse response
                && response.status().codeClass() == HttpStatusClass.INFORMATIONAL;
    }

    private void resume(ChannelHandlerContext ctx) {
        Object next;
        while ((next = waiting.peek()) != null && !mustWait(next)) {
            waiting.remove();
            pass(ctx, next);
        }
        ctx.fireChannelReadComplete();
        if (!isFull()) {
            onRoom.run();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        releaseAll();
        ctx.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        releaseAll();
    }

    private void releaseAll() {
        waiting.forEach(ReferenceCountUtil::release);
        waiting.clear();
    }
}
