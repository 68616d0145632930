package io.hearth.simulator.publish;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A lean MQTT 3.1.1 publisher for measuring: one thread, one selector, packets written by hand, many of them to a write.
 * Costs little enough that on a small machine the measurement is of the server and not of the load generator.
 */
public final class RawPublisher implements Publisher {

    private static final int MAX_CONNECTING = 128;
    private static final int WRITE_BYTES = 64 * 1024;
    private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long STOP_GRACE_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final long FINE_WAIT_NANOS = TimeUnit.MICROSECONDS.toNanos(100);

    private final PublishSettings settings;

    public RawPublisher(PublishSettings settings) {
        this.settings = settings;
    }

    @Override
    public void publish(Workload workload, DeliveryRecorder recorder, StopSignal stop)
            throws PublishFailedException, InterruptedException {
        InetSocketAddress address = new InetSocketAddress(settings.host(), settings.port());
        if (address.isUnresolved()) {
            throw new PublishFailedException("unknown host " + settings.host());
        }
        try (Selector selector = Selector.open()) {
            new Run(workload, recorder, stop, selector, address).run();
        } catch (IOException e) {
            throw new PublishFailedException("cannot use the network: " + e.getMessage());
        }
    }

    /** The state of one call of {@link #publish}. */
    private final class Run {
        final Workload workload;
        final DeliveryRecorder recorder;
        final StopSignal stop;
        final Selector selector;
        final InetSocketAddress address;
        final PayloadWriter payloads;
        final RawConnection[] connections;
        final ArrayDeque<RawConnection> ready = new ArrayDeque<>();
        final WireBuffer out = new WireBuffer(2 * WRITE_BYTES);
        final WireBuffer payload = new WireBuffer(4096);
        final ByteBuffer input = ByteBuffer.allocate(256 * 1024);
        final Message unacknowledgedMessage;

        @Nullable
        Pacer pacer;

        int up;
        int connecting;
        int closed;
        long inFlight;
        long lastTickNanos;
        long lastProgressNanos;

        @Nullable
        String startFailure;

        Run(
                Workload workload,
                DeliveryRecorder recorder,
                StopSignal stop,
                Selector selector,
                InetSocketAddress address) {
            this.workload = workload;
            this.recorder = recorder;
            this.stop = stop;
            this.selector = selector;
            this.address = address;
            this.payloads = new PayloadWriter(workload);
            this.unacknowledgedMessage = workload.newMessage();
            this.connections = new RawConnection[workload.connections()];
            for (int i = 0; i < connections.length; i++) {
                connections[i] = new RawConnection(
                        i,
                        workload.clientId(i),
                        settings,
                        settings.status() ? RawConnection.statusTopic(workload.deviceId(i)) : new byte[0],
                        new InFlightWindow(settings.window(), workload::newMessage));
            }
        }

        void run() throws IOException, PublishFailedException, InterruptedException {
            try {
                if (connectAll()) {
                    sendAll();
                }
            } finally {
                end();
            }
        }

        /** False if the run was stopped before all were connected. */
        boolean connectAll() throws IOException, PublishFailedException, InterruptedException {
            long deadline = System.nanoTime() + settings.connectWait().toNanos();
            while (up < connections.length) {
                long now = System.nanoTime();
                String failure = startFailure;
                startFailure = null;
                if (failure != null && now - deadline >= 0) {
                    throw new PublishFailedException(failure);
                }
                if (stop.isRequested()) {
                    return false;
                }
                tick(now);
                selectUntil(now + TICK_NANOS);
            }
            return true;
        }

        void sendAll() throws IOException, PublishFailedException, InterruptedException {
            long now = System.nanoTime();
            Pacer pacer = workload.start(now, Instant.now());
            recorder.started(now);
            this.pacer = pacer;
            lastProgressNanos = now;
            long stopAt = Long.MAX_VALUE;
            while (true) {
                now = System.nanoTime();
                if (stopAt == Long.MAX_VALUE && stop.isRequested()) {
                    recorder.unsent(pacer.halt());
                    stopAt = now + STOP_GRACE_NANOS;
                }
                pacer.release(now, this::enqueue);
                pump(pacer, now);
                if (now - lastTickNanos >= TICK_NANOS) {
                    tick(now);
                }
                if (isFinished(pacer, now, stopAt)) {
                    recorder.unsent(pacer.halt());
                    return;
                }
                long wait = Math.min(pacer.nanosUntilNext(now), lastTickNanos + TICK_NANOS - now);
                selectUntil(ready.isEmpty() ? now + wait : now);
            }
        }

        boolean isFinished(Pacer pacer, long now, long stopAt) throws PublishFailedException {
            if (pacer.allTaken() && inFlight == 0 && allFlushed()) {
                return true;
            }
            if (closed == connections.length) {
                throw new PublishFailedException("every connection was lost, and reconnecting is off");
            }
            if (stopAt != Long.MAX_VALUE && now - stopAt >= 0) {
                return true;
            }
            if (!pacer.ended()) {
                lastProgressNanos = now;
                return false;
            }
            return now - lastProgressNanos > settings.drainTimeout().toNanos();
        }

        private boolean allFlushed() {
            for (RawConnection connection : connections) {
                if (!connection.isFlushed()) {
                    return false;
                }
            }
            return true;
        }

        void enqueue(int connection) {
            enqueue(connections[connection]);
        }

        void enqueue(RawConnection connection) {
            if (!connection.queued) {
                connection.queued = true;
                ready.add(connection);
            }
        }

        /** Sends on each connection in the queue what is due and fits into its window. */
        void pump(Pacer pacer, long now) {
            for (int i = ready.size(); i > 0; i--) {
                RawConnection connection = ready.remove();
                connection.queued = false;
                try {
                    if (send(connection, pacer, now)) {
                        enqueue(connection);
                    }
                } catch (IOException e) {
                    lost(connection, e, now);
                }
            }
        }

        /** True if there is more to send that only the size of a write kept back. */
        boolean send(RawConnection connection, Pacer pacer, long now) throws IOException {
            if (!connection.canSend()) {
                return false;
            }
            out.clear();
            while (pacer.hasDue(connection.index) && !connection.window.isFull() && out.length() < WRITE_BYTES) {
                long k = pacer.take(connection.index);
                boolean tracked = settings.qos() > 0;
                Message message = tracked ? connection.window.take() : unacknowledgedMessage;
                workload.fill(message, k, pacer.intendedNanos(k, now));
                publish(message, false);
                recorder.sent();
                if (tracked) {
                    inFlight++;
                } else {
                    recorder.uncertain(message);
                }
            }
            connection.write(out);
            return out.length() >= WRITE_BYTES && connection.canSend();
        }

        void publish(Message message, boolean duplicate) {
            payload.clear();
            payloads.write(message, payload);
            MqttPackets.publish(
                    out, payloads.topic(message.device), payload, settings.qos(), message.packetId, duplicate);
        }

        /** Waits for the network, at most until then; handles what came. */
        void selectUntil(long untilNanos) throws IOException, InterruptedException {
            long wait = untilNanos - System.nanoTime();
            if (wait <= 0) {
                selector.selectNow(this::handle);
            } else if (wait >= 2_000_000) {
                // select() counts in milliseconds: leave the last one to finer waiting.
                selector.select(this::handle, wait / 1_000_000 - 1);
            } else if (selector.selectNow(this::handle) == 0) {
                LockSupport.parkNanos(Math.min(wait, FINE_WAIT_NANOS));
            }
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
        }

        void handle(SelectionKey key) {
            RawConnection connection = (RawConnection) key.attachment();
            long now = System.nanoTime();
            try {
                if (key.isConnectable()) {
                    connection.finishConnect(now);
                }
                if (key.isReadable()) {
                    connection.read(input, now, (type, value) -> packet(connection, type, value, now));
                }
                if (key.isValid() && key.isWritable()) {
                    connection.continueWriting();
                }
                enqueue(connection);
            } catch (IOException e) {
                lost(connection, e, now);
            } catch (CancelledKeyException e) {
                // Closed while handling an earlier event of the same round.
            }
        }

        void packet(RawConnection connection, int type, int value, long now) throws IOException {
            switch (type) {
                case MqttPackets.CONNACK -> connectionAnswered(connection, value);
                case MqttPackets.PUBACK, MqttPackets.PUBREC, MqttPackets.PUBCOMP ->
                    acknowledged(connection, type, value, now);
                case MqttPackets.PINGRESP -> {
                    // Having read something is all that matters.
                }
                default -> recorder.error("unexpected packet of type " + type);
            }
        }

        void connectionAnswered(RawConnection connection, int code) throws IOException {
            if (code != 0) {
                throw new IOException("the server refused the connection: " + MqttPackets.refusal(code));
            }
            boolean again = connection.wasUp;
            boolean accepted = connection.accepted();
            connecting--;
            if (!accepted) {
                return;
            }
            up++;
            recorder.connectionUp(again);
            out.clear();
            if (settings.status()) {
                writeStatus(connection, MqttPackets.ONLINE);
            }
            for (Message message : connection.window.inOrder()) {
                if (message.state == Message.State.PUBLISHED) {
                    publish(message, true);
                    recorder.resent();
                } else {
                    MqttPackets.release(out, message.packetId);
                }
            }
            connection.write(out);
        }

        void writeStatus(RawConnection connection, byte[] status) {
            for (int device = connection.index; device < workload.devices(); device += connections.length) {
                MqttPackets.publishRetained(out, RawConnection.statusTopic(workload.deviceId(device)), status);
            }
        }

        void acknowledged(RawConnection connection, int type, int packetId, long now) throws IOException {
            Message message = connection.window.find(packetId);
            boolean wrongKind = type == MqttPackets.PUBACK != (settings.qos() == 1);
            if (message == null || wrongKind) {
                recorder.error("acknowledgement of a message that is not in flight");
                return;
            }
            if (message.state == Message.State.PUBLISHED) {
                // At QoS 2 it is PUBREC that hands the message over; PUBCOMP only frees the id.
                recorder.acknowledged(message, now);
                lastProgressNanos = now;
            }
            if (type == MqttPackets.PUBREC) {
                message.state = Message.State.RELEASED;
                out.clear();
                MqttPackets.release(out, packetId);
                connection.write(out);
            } else {
                connection.window.free(message);
                inFlight--;
            }
        }

        void lost(RawConnection connection, IOException cause, long now) {
            String reason = describe(cause);
            switch (connection.state) {
                case UP -> {
                    up--;
                    recorder.connectionDown();
                    recorder.error("connection lost: " + reason);
                }
                case CONNECTING, HANDSHAKE -> {
                    connecting--;
                    if (pacer == null) {
                        startFailure = "cannot connect to " + settings.endpoint() + ": " + reason;
                    } else {
                        recorder.error("cannot connect: " + reason);
                    }
                }
                case WAITING, CLOSED -> {
                    return;
                }
            }
            connection.close();
            if (settings.reconnect() || pacer == null) {
                connection.state = RawConnection.State.WAITING;
                connection.retryAtNanos = now + connection.backoff.nextDelayNanos();
            } else {
                connection.state = RawConnection.State.CLOSED;
                closed++;
            }
        }

        /** The slow chores: connecting, keep-alive, timeouts. */
        void tick(long now) {
            lastTickNanos = now;
            for (RawConnection connection : connections) {
                try {
                    if (connection.state != RawConnection.State.WAITING) {
                        connection.tick(now, out);
                    } else if (connecting < MAX_CONNECTING && now - connection.retryAtNanos >= 0) {
                        connecting++;
                        connection.connect(selector, address, now);
                    }
                } catch (IOException e) {
                    lost(connection, e, now);
                }
            }
        }

        void end() {
            for (RawConnection connection : connections) {
                for (Message message : connection.window.inOrder()) {
                    if (message.state == Message.State.PUBLISHED) {
                        recorder.uncertain(message);
                    }
                }
                if (connection.canSend()) {
                    try {
                        out.clear();
                        if (settings.status()) {
                            writeStatus(connection, MqttPackets.OFFLINE);
                        }
                        MqttPackets.disconnect(out);
                        connection.write(out);
                    } catch (IOException e) {
                        // It goes away either way; the server then sends the will.
                    }
                }
                connection.close();
                connection.state = RawConnection.State.CLOSED;
            }
        }
    }

    private static String describe(IOException cause) {
        String message = cause.getMessage();
        return message == null || message.isEmpty() ? cause.getClass().getSimpleName() : message;
    }
}
