package io.hearth.limits;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Stands between the socket of one connection and everything else. Until the connection has signed in, it counts what it has
 * sent, gives it a time for the beginning of its request, and passes on what was read piece by piece. At any time it reads and
 * passes nothing on while the peer does not take what waits for it, or while one HTTP request waits for another one: whoever
 * sends requests and reads no answers, or waits for none, would otherwise fill the memory with these.
 */
public final class ConnectionGuard extends ChannelDuplexHandler {
    /** Shorter than any request, and long enough for Vert.x to tell which version of HTTP this is. */
    private static final int FIRST_PIECE_BYTES = 4;

    /** What is answered to as many bytes of the shortest requests is little more than a full buffer of answers. */
    private static final int PIECE_BYTES = 2048;

    private final Connections connections;
    private final OpenConnection connection;

    // On the event loop.
    private boolean signedIn;
    private boolean checksTargets;
    private @Nullable PipelinedRequests requests;
    private boolean passesFirst = true;
    private final ArrayDeque<ByteBuf> waiting = new ArrayDeque<>();
    private int waitingBytes;
    private boolean passesOn;
    private boolean readIsDue;
    private boolean stopsReading;
    private boolean readsByItself;
    private boolean waitsForReader;
    private boolean waitsForSignIn;
    private boolean gone;

    ConnectionGuard(Connections connections, OpenConnection connection) {
        this.connections = connections;
        this.connection = connection;
    }

    /** The connection has signed in: what it holds is bounded by other limits from now on. On its event loop. */
    public static void signedIn(Channel channel) {
        ConnectionGuard guard = channel.pipeline().get(ConnectionGuard.class);
        if (guard != null) {
            guard.signedIn();
        }
    }

    /** What the connection has sent so far was a request that is complete, and is not held any more. On its event loop. */
    public static void requestRead(Channel channel) {
        ConnectionGuard guard = channel.pipeline().get(ConnectionGuard.class);
        if (guard != null) {
            guard.letGo();
        }
    }

    void signedIn() {
        if (!signedIn) {
            signedIn = true;
            connections.signedIn(connection);
            letGo();
        }
    }

    /** What no part of a request has used yet stays counted. */
    private void letGo() {
        connections.letGoBut(connection, waitingBytes);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (connection.isClosing()) {
            ReferenceCountUtil.release(message);
            return;
        }
        if (!(message instanceof ByteBuf bytes) || signedIn && waiting.isEmpty() && !requestsWait()) {
            ctx.fireChannelRead(message);
            return;
        }
        if (!signedIn) {
            if (!waitsForSignIn) {
                waitsForSignIn = true;
                awaitSignIn(ctx);
            }
            connections.hold(connection, bytes.readableBytes());
        }
        waiting.add(bytes);
        waitingBytes += bytes.readableBytes();
        passOn(ctx);
    }

    /** Passes on what waits, as long as the peer takes the answers. */
    private void passOn(ChannelHandlerContext ctx) {
        if (passesOn) {
            return;
        }
        passesOn = true;
        ByteBuf next;
        while (!connection.isClosing() && takesMore(ctx) && (next = waiting.peek()) != null) {
            if (!checksTargets && !signedIn) {
                checkTargets(ctx);
            }
            int mostBytes = signedIn ? Integer.MAX_VALUE : passesFirst ? FIRST_PIECE_BYTES : PIECE_BYTES;
            passesFirst = false;
            if (next.readableBytes() > mostBytes) {
                waitingBytes -= mostBytes;
                ctx.fireChannelRead(next.readRetainedSlice(mostBytes));
            } else {
                waiting.remove();
                waitingBytes -= next.readableBytes();
                ctx.fireChannelRead(next);
            }
        }
        passesOn = false;
        if (!waiting.isEmpty()) {
            stopReading(ctx);
            awaitReader(ctx);
        }
    }

    /** A channel that reads by itself goes on doing so, whether it is asked to or not. MQTT stops and goes on at its own gate. */
    private void stopReading(ChannelHandlerContext ctx) {
        if (requests != null && !stopsReading) {
            stopsReading = true;
            readsByItself = ctx.channel().config().isAutoRead();
            ctx.channel().config().setAutoRead(false);
        }
    }

    private void checkTargets(ChannelHandlerContext ctx) {
        PipelinedRequests added = new PipelinedRequests(() -> resume(ctx));
        checksTargets = RequestTargets.addTo(ctx.pipeline(), added);
        requests = checksTargets ? added : null;
    }

    private boolean requestsWait() {
        return requests != null && requests.isFull();
    }

    private boolean takesMore(ChannelHandlerContext ctx) {
        return ctx.channel().isWritable() && !requestsWait();
    }

    /** The beginning of a request must be whole in time; one that is, lets go of what is held. */
    private void awaitSignIn(ChannelHandlerContext ctx) {
        ctx.executor()
                .schedule(
                        () -> {
                            waitsForSignIn = false;
                            if (!signedIn && connection.heldBytes() > 0) {
                                connections.close(connection, Connections.Reason.SIGN_IN_TIMEOUT);
                            }
                        },
                        connections.limits().signIn().toNanos(),
                        TimeUnit.NANOSECONDS);
    }

    @Override
    public void read(ChannelHandlerContext ctx) {
        if (takesMore(ctx) && waiting.isEmpty()) {
            ctx.read();
        } else {
            readIsDue = true;
            stopReading(ctx);
            awaitReader(ctx);
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (ctx.channel().isWritable()) {
            // Later: this may be called from the middle of a flush.
            ctx.executor().execute(() -> resume(ctx));
        } else {
            stopReading(ctx);
            if (readIsDue || !waiting.isEmpty()) {
                awaitReader(ctx);
            }
        }
        ctx.fireChannelWritabilityChanged();
    }

    private void resume(ChannelHandlerContext ctx) {
        if (!waiting.isEmpty()) {
            passOn(ctx);
            ctx.fireChannelReadComplete();
        }
        if (!waiting.isEmpty() || !takesMore(ctx)) {
            return;
        }
        if (stopsReading) {
            stopsReading = false;
            if (readsByItself) {
                ctx.channel().config().setAutoRead(true);
            }
        }
        if (readIsDue) {
            readIsDue = false;
            ctx.read();
        }
    }

    /** Closes the connection if its peer has taken nothing in time. */
    private void awaitReader(ChannelHandlerContext ctx) {
        if (waitsForReader || ctx.channel().isWritable()) {
            return;
        }
        waitsForReader = true;
        long waiting = ctx.channel().bytesBeforeWritable();
        ctx.executor()
                .schedule(
                        () -> {
                            waitsForReader = false;
                            if (!ctx.channel().isActive() || ctx.channel().isWritable()) {
                                return;
                            }
                            if (ctx.channel().bytesBeforeWritable() >= waiting) {
                                connections.close(connection, Connections.Reason.UNREAD);
                            } else {
                                awaitReader(ctx);
                            }
                        },
                        connections.limits().unread().toNanos(),
                        TimeUnit.NANOSECONDS);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        gone();
        ctx.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        gone();
    }

    private void gone() {
        if (!gone) {
            gone = true;
            waiting.forEach(ByteBuf::release);
            waiting.clear();
            waitingBytes = 0;
            connections.letGoBut(connection, 0);
            connections.gone(connection);
        }
    }

    /** An event loop that cannot allocate can serve nobody: a new process can. */
    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        OutOfMemory.endProcessIf(cause);
        ctx.fireExceptionCaught(cause);
    }
}
