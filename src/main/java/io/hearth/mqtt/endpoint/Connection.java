package io.hearth.mqtt.endpoint;

import io.hearth.limits.ConnectionGuard;
import io.hearth.limits.Connections;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageIdVariableHeader;
import io.netty.handler.codec.mqtt.MqttReasonCodeAndPropertiesVariableHeader;
import io.netty.handler.codec.mqtt.MqttSubscribeMessage;
import io.netty.handler.codec.mqtt.MqttUnacceptableProtocolVersionException;
import io.netty.handler.codec.mqtt.MqttUnsubscribeMessage;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One client's connection, from the first byte to the last: its CONNECT, its keep-alive, its end, and which part of the
 * server a packet concerns. Everything happens on the event loop of the connection, unless said otherwise.
 */
final class Connection extends ChannelInboundHandlerAdapter {
    /** How long a client may take from connecting to the end of its CONNECT. */
    static final long CONNECT_TIMEOUT_SECONDS = 10;

    private enum Stage {
        AWAITING_CONNECT,
        TAKING_OVER,
        CONNECTED,
        CLOSED
    }

    private final Services services;
    private final Channel channel;
    private final EventLoop eventLoop;
    private final PacketDecoder decoder;
    private final Inbound inbound;
    private final ReadGate gate;
    private final Outbound outbound;
    private final Subscriptions subscriptions;
    private final AtomicBoolean awake = new AtomicBoolean();
    private final Runnable work = this::work;
    private final List<Runnable> whenClosed = new ArrayList<>();
    private final List<Runnable> whenOver = new ArrayList<>();

    private @Nullable ChannelHandlerContext context;
    private volatile Stage stage = Stage.AWAITING_CONNECT;
    private boolean leaving;
    private boolean awaitsPrevious;
    private boolean endedWithWill;
    private String clientId = "";
    private boolean mqtt5;
    private @Nullable Publish will;
    /** The will whose memory counts until this connection is closed. */
    private @Nullable Publish willTaken;

    private ConnectionEvents.@Nullable Session session;
    private boolean saidGoodbye;
    private EndpointMetrics.@Nullable Closed closedFor;
    private @Nullable ScheduledFuture<?> timer;
    private long keepAliveNanos;
    private long microsAtRead;
    private long nanosOfMicros;

    Connection(Services services, Channel channel) {
        this.services = services;
        this.channel = channel;
        this.eventLoop = channel.eventLoop();
        this.inbound = new Inbound(services, this);
        this.gate = new ReadGate(this, inbound, services.inFlight(), channel);
        this.decoder = new PacketDecoder(services.maxPayloadBytes(), gate);
        this.outbound = new Outbound(services, this);
        this.subscriptions = new Subscriptions(services, this);
    }

    PacketDecoder decoder() {
        return decoder;
    }

    Outbound outbound() {
        return outbound;
    }

    String clientId() {
        return clientId;
    }

    /** Set from when the client has been let in. */
    ConnectionEvents.@Nullable Session session() {
        return session;
    }

    boolean isMqtt5() {
        return mqtt5;
    }

    /** Whether the client has to wait until another that has its id is gone; on any thread. */
    boolean isTakingOver() {
        return stage == Stage.TAKING_OVER;
    }

    /** Whether there is a client to send to; on any thread. */
    boolean isOpen() {
        return stage == Stage.CONNECTED;
    }

    long readNanos() {
        return decoder.readNanos();
    }

    /** The time of the last read, epoch microseconds. */
    long readMicros() {
        if (nanosOfMicros != decoder.readNanos()) {
            nanosOfMicros = decoder.readNanos();
            var now = services.clock().instant();
            microsAtRead = now.getEpochSecond() * 1_000_000 + now.getNano() / 1_000;
        }
        return microsAtRead;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
        services.clients().add(this);
        timer = eventLoop.schedule(this::connectTimedOut, CONNECT_TIMEOUT_SECONDS, TimeUnit.SECONDS);
    }

    private void connectTimedOut() {
        if (stage == Stage.TAKING_OVER) {
            write(Handshake.unavailable(mqtt5));
            refuse(EndpointMetrics.Refused.TIMEOUT, "the last session of its client id does not end");
        } else {
            refuse(EndpointMetrics.Refused.TIMEOUT, "no CONNECT in time");
        }
    }

    // --- Packets -----------------------------------------------------------------------------------------------------

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message instanceof Publish publish) {
            if (stage == Stage.CONNECTED) {
                inbound.accept(publish, ctx);
            }
            return;
        }
        try {
            if (message instanceof MqttMessage packet && stage != Stage.CLOSED) {
                decoder.packetDecoded();
                handle(packet, ctx);
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    private void handle(MqttMessage packet, ChannelHandlerContext ctx) {
        if (packet.decoderResult().isFailure()) {
            Throwable cause = packet.decoderResult().cause();
            if (cause instanceof MqttUnacceptableProtocolVersionException) {
                write(Handshake.unsupportedVersion());
                refuse(EndpointMetrics.Refused.PROTOCOL_VERSION, "an unknown protocol version");
                return;
            }
            throw ProtocolViolation.malformed(
                    "a packet that cannot be decoded: " + cause.getClass().getSimpleName());
        }
        switch (packet.fixedHeader().messageType()) {
            case CONNECT -> connect((MqttConnectMessage) packet);
            case PINGREQ -> write(MqttMessage.PINGRESP);
            case SUBSCRIBE -> subscriptions.subscribe((MqttSubscribeMessage) packet);
            case UNSUBSCRIBE -> subscriptions.unsubscribe((MqttUnsubscribeMessage) packet);
            case PUBACK -> outbound.acknowledged(packetId(packet));
            case PUBREL -> inbound.release(packetId(packet), ctx);
            case DISCONNECT -> disconnected(packet);
            default ->
                throw new ProtocolViolation(
                        ReasonCode.PROTOCOL_ERROR,
                        "a client that sends " + packet.fixedHeader().messageType());
        }
    }

    private static int packetId(MqttMessage packet) {
        return ((MqttMessageIdVariableHeader) packet.variableHeader()).messageId();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        ctx.flush();
        ctx.fireChannelReadComplete();
    }

    // --- From CONNECT to the end -------------------------------------------------------------------------------------

    private void connect(MqttConnectMessage packet) {
        if (stage != Stage.AWAITING_CONNECT) {
            throw new ProtocolViolation(ReasonCode.PROTOCOL_ERROR, "a second CONNECT");
        }
        ConnectRequest request = ConnectRequest.of(packet);
        Handshake.Refusal refusal = Handshake.check(request, services.authenticator());
        if (refusal != null) {
            refuseLater(refusal, request.mqtt5());
            return;
        }
        Publish wanted = request.will();
        if (wanted != null && !services.wills().take(wanted)) {
            refuseLater(Handshake.Refusal.WILL, request.mqtt5());
            return;
        }
        willTaken = wanted;
        ConnectionGuard.signedIn(channel);
        boolean assigned = request.clientId().isEmpty();
        clientId = assigned ? UUID.randomUUID().toString() : request.clientId();
        mqtt5 = request.mqtt5();
        if (mqtt5) {
            decoder.useMqtt5();
        }
        outbound.limit(request.receiveMaximum(), request.maximumPacketBytes());
        stage = Stage.TAKING_OVER;
        Connection previous = services.clients().take(clientId, this);
        if (previous == null) {
            accept(request, assigned);
        } else {
            // Its will comes before anything of ours, so this one waits, and reads nothing on.
            awaitsPrevious = true;
            previous.takeOver(() -> eventLoop.execute(() -> previousOver(request, assigned)));
        }
    }

    /** Those who guess credentials wait for the refusal of each. */
    private void refuseLater(Handshake.Refusal refusal, boolean toMqtt5) {
        Duration delay = refusal == Handshake.Refusal.WRONG_CREDENTIALS
                ? services.delays().refused(Connections.addressOf(channel))
                : Duration.ZERO;
        gate.shut();
        Runnable refuse = () -> {
            write(refusal.connAck(toMqtt5));
            refuse(refusal.metric(), refusal.reason());
        };
        if (delay.isZero()) {
            refuse.run();
        } else {
            cancelTimer();
            timer = eventLoop.schedule(refuse, delay.toNanos(), TimeUnit.NANOSECONDS);
        }
    }

    private void previousOver(ConnectRequest request, boolean assigned) {
        awaitsPrevious = false;
        accept(request, assigned);
        endIfOver();
    }

    private void accept(ConnectRequest request, boolean assigned) {
        if (stage != Stage.TAKING_OVER) {
            return;
        }
        cancelTimer();
        will = request.will();
        write(Handshake.accepted(request, assigned ? clientId : null));
        stage = Stage.CONNECTED;
        services.metrics().connected();
        session = services.events().connected(clientId, !assigned, request.username(), remoteAddress());
        keepAliveNanos = TimeUnit.SECONDS.toNanos(request.keepAliveSeconds()) * 3 / 2;
        if (keepAliveNanos > 0) {
            watch(keepAliveNanos);
        }
        release();
        wake();
    }

    /**
     * Ends this connection in favour of another with the same client id; {@code then} runs when it is over, and with it every
     * one that it took over from. Any thread.
     */
    private void takeOver(Runnable then) {
        execute(() -> {
            whenOver.add(then);
            disconnect(ReasonCode.SESSION_TAKEN_OVER, EndpointMetrics.Closed.TAKEN_OVER);
            endIfOver();
        });
    }

    /** Lets the next holder of the client id in, once nothing more comes of this session or one before it. */
    private void endIfOver() {
        if (stage == Stage.CLOSED && !awaitsPrevious && (!endedWithWill || inbound.isIdle())) {
            services.clients().release(clientId, this);
            whenOver.forEach(Runnable::run);
            whenOver.clear();
        }
    }

    private void disconnected(MqttMessage packet) {
        boolean withWill = packet.variableHeader() instanceof MqttReasonCodeAndPropertiesVariableHeader header
                && header.reasonCode() != ReasonCode.SUCCESS;
        if (!withWill) {
            will = null;
        }
        saidGoodbye = true;
        close();
    }

    /** The client is silent for too long if it was, unless we did not listen. */
    private void watch(long delayNanos) {
        timer = eventLoop.schedule(
                () -> {
                    long silentNanos = gate.isHeld() ? 0 : System.nanoTime() - decoder.readNanos();
                    if (silentNanos >= keepAliveNanos) {
                        disconnect(ReasonCode.KEEP_ALIVE_TIMEOUT, EndpointMetrics.Closed.KEEP_ALIVE);
                    } else {
                        watch(keepAliveNanos - silentNanos);
                    }
                },
                delayNanos,
                TimeUnit.NANOSECONDS);
    }

    private void refuse(EndpointMetrics.Refused reason, String what) {
        if (stage != Stage.CLOSED) {
            services.metrics().refused(reason);
            services.log().warn("refused a connection: " + what);
            close();
        }
    }

    /** Tells an MQTT 5 client why, and closes the connection; the will is published. */
    void disconnect(byte reasonCode, EndpointMetrics.Closed reason) {
        if (stage == Stage.CLOSED) {
            return;
        }
        services.metrics().closed(reason);
        closedFor = reason;
        if (stage == Stage.CONNECTED && mqtt5) {
            write(Handshake.disconnect(reasonCode));
        }
        close();
    }

    /** As {@link #disconnect}, from any thread, after what the caller is at. */
    void disconnectLater(byte reasonCode, EndpointMetrics.Closed reason) {
        execute(() -> disconnect(reasonCode, reason));
    }

    /** Ends the connection because the service ends: nothing more is read from now on; on any thread. */
    void stopReading() {
        execute(gate::shut);
    }

    /**
     * After {@link #stopReading}: disconnects as soon as everything taken in is answered, or after {@code patience}. Without
     * the will, as it is not the client that went away. On any thread; completes when the connection is closed.
     */
    CompletableFuture<Void> shutDown(Duration patience) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        execute(() -> {
            if (stage == Stage.CLOSED) {
                done.complete(null);
                return;
            }
            whenClosed.add(() -> done.complete(null));
            leaving = true;
            var unused = eventLoop.schedule(this::leave, patience.toNanos(), TimeUnit.NANOSECONDS);
            work();
        });
        return done;
    }

    private void leave() {
        will = null;
        disconnect(ReasonCode.SERVER_SHUTTING_DOWN, EndpointMetrics.Closed.SHUTDOWN);
    }

    private void close() {
        boolean wasConnected = stage == Stage.CONNECTED;
        if (stage == Stage.CLOSED) {
            return;
        }
        stage = Stage.CLOSED;
        decoder.stop();
        cancelTimer();
        // Not as a listener of the last write: a client that reads nothing would then keep the connection.
        // And not from the end of the pipeline, where Vert.x would wait for the writes, too.
        ChannelHandlerContext ctx = context;
        if (ctx != null) {
            ctx.flush();
            // Nothing depends on the outcome: the connection is given up either way.
            var unused = ctx.close();
        }
        services.clients().remove(this);
        Publish counted = willTaken;
        if (counted != null) {
            services.wills().release(counted);
            willTaken = null;
        }
        subscriptions.clear();
        outbound.clear();
        if (wasConnected) {
            services.metrics().disconnected();
            endSession();
        }
        whenClosed.forEach(Runnable::run);
        whenClosed.clear();
        endIfOver();
    }

    private void endSession() {
        ConnectionEvents.Session ended = session;
        if (ended != null) {
            services.events().disconnected(ended, saidGoodbye, closedFor);
        }
        Publish last = will;
        will = null;
        if (last != null) {
            endedWithWill = true;
            inbound.acceptWill(last);
        }
    }

    private @Nullable String remoteAddress() {
        return context != null && context.channel().remoteAddress() instanceof InetSocketAddress address
                ? address.getAddress().getHostAddress()
                : null;
    }

    private void cancelTimer() {
        ScheduledFuture<?> running = timer;
        timer = null;
        if (running != null) {
            running.cancel(false);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        close();
        ctx.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        fail(cause);
    }

    private void fail(Throwable cause) {
        if (stage == Stage.CLOSED) {
            return;
        }
        Throwable root = cause instanceof DecoderException && cause.getCause() != null ? cause.getCause() : cause;
        if (root instanceof IOException) {
            close();
            return;
        }
        if (!(root instanceof ProtocolViolation violation)) {
            services.log().error("closed a connection after a failure of ours", root);
            disconnect(ReasonCode.IMPLEMENTATION_SPECIFIC, EndpointMetrics.Closed.FAILURE);
        } else if (stage == Stage.CONNECTED) {
            services.log().warn("closed a connection: " + violation.what());
            disconnect(violation.reasonCode(), EndpointMetrics.Closed.PROTOCOL_ERROR);
        } else {
            refuse(EndpointMetrics.Refused.PROTOCOL_ERROR, violation.what());
        }
    }

    // --- The event loop ----------------------------------------------------------------------------------------------

    /** Has reading go on if it was off and there is no reason left; on any thread. */
    void roomAgain() {
        if (gate.isHeld()) {
            execute(this::release);
        }
    }

    private void release() {
        try {
            gate.release(decoder);
        } catch (Exception e) {
            fail(e);
        }
    }

    /** Has the event loop send what is due, soon and at once for all who ask until then; on any thread. */
    void wake() {
        if (!awake.get() && awake.compareAndSet(false, true)) {
            execute(work);
        }
    }

    private void work() {
        awake.set(false);
        ChannelHandlerContext ctx = context;
        if (ctx == null) {
            return;
        }
        inbound.sendAnswers(ctx);
        if (stage == Stage.CONNECTED) {
            outbound.drain(ctx);
            ctx.flush();
            release();
        }
        if (leaving && inbound.isIdle()) {
            leave();
        }
        endIfOver();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (ctx.channel().isWritable()) {
            wake();
        }
        ctx.fireChannelWritabilityChanged();
    }

    /** Writes a packet, or packets as bytes, without a flush. */
    void write(Object packets) {
        ChannelHandlerContext ctx = context;
        if (ctx == null || stage == Stage.CLOSED) {
            ReferenceCountUtil.release(packets);
            return;
        }
        // A void promise tells a failure to the pipeline, which closes the connection.
        var unused = ctx.write(packets, ctx.voidPromise());
    }

    /** Runs a task on the event loop, also when the client is gone; on any thread. */
    void execute(Runnable task) {
        try {
            eventLoop.execute(task);
        } catch (RejectedExecutionException e) {
            services.log().warn("a connection outlived its event loop");
        }
    }
}
