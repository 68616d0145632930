package io.hearth.simulator.publish.raw;

import io.hearth.simulator.publish.Backoff;
import io.hearth.simulator.publish.DeliveryRecorder;
import io.hearth.simulator.publish.DeviceStatus;
import io.hearth.simulator.publish.Message;
import io.hearth.simulator.publish.Pacer;
import io.hearth.simulator.publish.PayloadWriter;
import io.hearth.simulator.publish.PublishFailedException;
import io.hearth.simulator.publish.PublishSettings;
import io.hearth.simulator.publish.Publisher;
import io.hearth.simulator.publish.StopSignal;
import io.hearth.simulator.publish.WireBuffer;
import io.hearth.simulator.publish.Workload;
import java.io.IOException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A lean MQTT 3.1.1 publisher for measuring: one thread, one selector, packets written by hand, many of them to a write.
 * Costs little enough that on a small machine the measurement is of the server and not of the load generator.
 */
public final class RawPublisher implements Publisher {

    private final PublishSettings settings;

    public RawPublisher(PublishSettings settings) {
        this.settings = settings;
    }

    @Override
    public void publish(Workload workload, DeliveryRecorder recorder, StopSignal stop)
            throws PublishFailedException, InterruptedException {
        try (ConnectionLoop loop = new ConnectionLoop(settings)) {
            new Run(workload, recorder, stop, loop).run();
        } catch (IOException e) {
            throw new PublishFailedException("cannot use the network: " + e.getMessage());
        }
    }

    /** The state of one call of {@link #publish}. */
    private final class Run {
        final Workload workload;
        final DeliveryRecorder recorder;
        final StopSignal stop;
        final ConnectionLoop loop;
        final PayloadWriter payloads;
        final WireBuffer payload = new WireBuffer(4096);
        final Message unacknowledgedMessage;

        @Nullable
        Pacer pacer;

        long inFlight;
        long lastProgressNanos;

        @Nullable
        String startFailure;

        Run(Workload workload, DeliveryRecorder recorder, StopSignal stop, ConnectionLoop loop) {
            this.workload = workload;
            this.recorder = recorder;
            this.stop = stop;
            this.loop = loop;
            this.payloads = new PayloadWriter(workload);
            this.unacknowledgedMessage = workload.newMessage();
            for (int i = 0; i < workload.connections(); i++) {
                loop.add(new Telemetry(i), settings.qos() == 2);
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
            long deadline = System.nanoTime() + settings.waits().connect().toNanos();
            while (loop.up() < workload.connections()) {
                long now = System.nanoTime();
                String failure = startFailure;
                startFailure = null;
                if (failure != null && now - deadline >= 0) {
                    throw new PublishFailedException(failure);
                }
                if (stop.isRequested()) {
                    return false;
                }
                loop.tick(now);
                loop.selectUntil(now + ConnectionLoop.TICK_NANOS);
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
                    stopAt = now + settings.waits().stop().toNanos();
                }
                pacer.release(now, index -> loop.enqueue(loop.connections.get(index)));
                loop.pump(now);
                if (now - loop.lastTickNanos() >= ConnectionLoop.TICK_NANOS) {
                    loop.tick(now);
                }
                if (isFinished(pacer, now, stopAt)) {
                    recorder.unsent(pacer.halt());
                    return;
                }
                long wait = Math.min(pacer.nanosUntilNext(now), loop.lastTickNanos() + ConnectionLoop.TICK_NANOS - now);
                loop.selectUntil(loop.hasReady() ? now : now + wait);
            }
        }

        boolean isFinished(Pacer pacer, long now, long stopAt) throws PublishFailedException {
            if (pacer.allTaken() && inFlight == 0 && loop.allFlushed()) {
                return true;
            }
            if (loop.closed() == workload.connections()) {
                throw new PublishFailedException("every connection was lost, and reconnecting is off");
            }
            if (stopAt != Long.MAX_VALUE && now - stopAt >= 0) {
                return true;
            }
            if (!pacer.ended()) {
                lastProgressNanos = now;
                return false;
            }
            return now - lastProgressNanos > settings.waits().drain().toNanos();
        }

        void end() {
            for (RawConnection connection : loop.connections) {
                Telemetry session = (Telemetry) connection.session;
                for (Message message : session.window.inOrder()) {
                    if (message.state == Message.State.PUBLISHED) {
                        recorder.uncertain(message);
                    }
                }
                WireBuffer farewell = new WireBuffer(64);
                if (settings.status()) {
                    session.writeStatus(farewell, DeviceStatus.OFFLINE);
                }
                loop.end(connection, farewell);
            }
        }

        /** Publishes the telemetry of the devices that share one connection. */
        private final class Telemetry extends Session {
            final int index;
            final InFlightWindow window = new InFlightWindow(settings.window(), workload::newMessage);
            final Backoff backoff = new Backoff(settings.waits().longestReconnect());

            Telemetry(int index) {
                this.index = index;
            }

            @Override
            public void writeConnect(WireBuffer out, boolean cleanSession) {
                String clientId = workload.clientId(index);
                MqttPackets.connect(
                        out,
                        clientId,
                        settings.credentials().of(clientId),
                        settings.status() ? DeviceStatus.topicBytes(workload.deviceId(index)) : new byte[0],
                        cleanSession,
                        RawConnection.KEEP_ALIVE_SECONDS);
            }

            @Override
            public void up(boolean again, WireBuffer out, long now) {
                backoff.reset();
                recorder.connectionUp(again);
                recorder.connectTook(now - connection.connectSinceNanos);
                if (settings.status()) {
                    writeStatus(out, DeviceStatus.ONLINE);
                }
                for (Message message : window.inOrder()) {
                    if (message.state == Message.State.PUBLISHED) {
                        publish(message, true, out);
                        recorder.resent();
                    } else {
                        MqttPackets.release(out, message.packetId);
                    }
                }
            }

            void writeStatus(WireBuffer out, byte[] status) {
                for (int device = index; device < workload.devices(); device += workload.connections()) {
                    MqttPackets.publishRetained(out, DeviceStatus.topicBytes(workload.deviceId(device)), status);
                }
            }

            @Override
            public boolean send(WireBuffer out, long now) {
                Pacer pacer = Run.this.pacer;
                if (pacer == null) {
                    return false;
                }
                while (pacer.hasDue(index) && !window.isFull() && out.length() < ConnectionLoop.WRITE_BYTES) {
                    long k = pacer.take(index);
                    boolean tracked = settings.qos() > 0;
                    Message message = tracked ? window.take() : unacknowledgedMessage;
                    workload.fill(message, k, pacer.intendedNanos(k, now));
                    publish(message, false, out);
                    recorder.sent(message);
                    if (tracked) {
                        inFlight++;
                    } else {
                        recorder.uncertain(message);
                    }
                }
                return out.length() >= ConnectionLoop.WRITE_BYTES;
            }

            void publish(Message message, boolean duplicate, WireBuffer out) {
                payload.clear();
                payloads.write(message, payload);
                MqttPackets.publish(
                        out, payloads.topic(message.device), payload, settings.qos(), message.packetId, duplicate);
            }

            @Override
            public void packet(int head, byte[] bytes, int at, int length, long now) throws IOException {
                int type = head >> 4;
                switch (type) {
                    case MqttPackets.PUBACK, MqttPackets.PUBREC, MqttPackets.PUBCOMP ->
                        acknowledged(type, MqttPackets.uint16(bytes, at), now);
                    case MqttPackets.PINGRESP -> {
                        // Having read something is all that matters.
                    }
                    default -> recorder.error("unexpected packet of type " + type);
                }
            }

            void acknowledged(int type, int packetId, long now) throws IOException {
                Message message = window.find(packetId);
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
                    WireBuffer out = new WireBuffer(4);
                    MqttPackets.release(out, packetId);
                    connection.write(out);
                } else {
                    window.free(message);
                    inFlight--;
                }
            }

            @Override
            public long lost(RawConnection.State before, String reason, long now) {
                if (before == RawConnection.State.UP) {
                    recorder.connectionDown();
                    recorder.connectionLost(reason);
                } else if (pacer == null) {
                    startFailure = "cannot connect to " + settings.endpoint() + ": " + reason;
                } else {
                    recorder.error("cannot connect: " + reason);
                }
                return settings.reconnect() || pacer == null ? now + backoff.nextDelayNanos() : NEVER;
            }
        }
    }
}
