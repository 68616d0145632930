package io.hearth.limits;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.ReferenceCountUtil;
import java.net.InetAddress;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Stands between the socket of one connection and everything else. Until the connection has signed in, it counts what it has
 * sent, gives it a time for the beginning of its request, and passes on what was read piece by piece. At any time it reads and
 * passes nothing on while the peer does not take what waits for it, or while one HTTP request waits for another one: whoever
 * sends requests and reads no answers, or waits for none, would otherwise fill the memory with these.
 */
final class ConnectionGuard extends ChannelDuplexHandler {
    /** Shorter than any request, and long enough for Vert.x to tell which version of HTTP this is. */
    private static final int FIRST_PIECE_BYTES = 4;

    /** What is answered to as many bytes of the shortest requests is little more than a full buffer of answers. */
    private static final int PIECE_BYTES = 2048;

    private final Connections connections;
    private final InetAddress address;
    private final Channel channel;
    private final AtomicLong held = new AtomicLong();

    // On the event loop, but for closing.
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
    private volatile boolean closing;

    ConnectionGuard(Connections connections, InetAddress address, Channel channel) {
        this.connections = connections;
        this.address = address;
        this.channel = channel;
    }

    InetAddress address() {
        return address;
    }

    /** Bytes received before the sign-in that no request has used up; on any thread. */
    long heldBytes() {
        return held.get();
    }

    void signedIn() {
        if (!signedIn) {
            signedIn = true;
            connections.signedIn(this);
            letGo();
        }
    }

    void requestRead() {
        letGo();
    }

    /** What no part of a request has used yet stays counted. */
    private void letGo() {
        connections.held(waitingBytes - held.getAndSet(waitingBytes));
    }

    private void letGoOfAll() {
        connections.held(-held.getAndSet(0));
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (closing) {
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
            int read = bytes.readableBytes();
            held.addAndGet(read);
            connections.held(read);
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
        while (!closing && takesMore(ctx) && (next = waiting.peek()) != null) {
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
                            if (!signedIn && held.get() > 0) {
                                close(Connections.Reason.SIGN_IN_TIMEOUT);
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
                                close(Connections.Reason.UNREAD);
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
            letGoOfAll();
            connections.gone(this);
        }
    }

    /** An event loop that cannot allocate can serve nobody: a new process can. */
    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        OutOfMemory.endProcessIf(cause);
        ctx.fireExceptionCaught(cause);
    }

    /** On any thread. What is held counts no more at once. */
    void close(Connections.Reason reason) {
        if (!closing) {
            closing = true;
            connections.count(reason);
            letGoOfAll();
            channel.eventLoop().execute(() -> channel.unsafe().close(channel.voidPromise()));
        }
    }
}
