package io.hearth.simulator.publish.scenario;

import io.hearth.simulator.publish.Backoff;
import io.hearth.simulator.publish.DeviceStatus;
import io.hearth.simulator.publish.Message;
import io.hearth.simulator.publish.PublishSettings;
import io.hearth.simulator.publish.WireBuffer;
import io.hearth.simulator.publish.raw.ConnectionLoop;
import io.hearth.simulator.publish.raw.InFlightWindow;
import io.hearth.simulator.publish.raw.MqttPackets;
import io.hearth.simulator.publish.raw.RawConnection;
import io.hearth.simulator.publish.raw.RunContext;
import io.hearth.simulator.publish.raw.Session;
import io.hearth.simulator.publish.scenario.ScenarioWorkload.Due;
import io.hearth.simulator.publish.shadow.ShadowDevice;
import io.hearth.simulator.scenario.DeviceGroup;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/** A connection of a scenario's devices: telemetry, absences with back-fill, and a device's side of its shadow. */
final class DeviceSession extends Session {

    final DeviceGroup group;

    private final ScenarioRun play;
    private final RunContext run;
    private final int firstDevice;
    private final int index;
    private final String clientId;
    private final InFlightWindow window;
    private final Backoff backoff;
    private final ArrayDeque<Due> pending = new ArrayDeque<>();
    private final ArrayDeque<Message.Raw> reports = new ArrayDeque<>();
    private final WireBuffer replies = new WireBuffer(64);
    /** Away on purpose until then: what became due before is back-fill, and late through no fault of the server. */
    private long awayUntilNanos;

    @Nullable
    ShadowDevice shadow;

    /** @param index of the connection within the group */
    DeviceSession(ScenarioRun play, DeviceGroup group, int firstDevice, int index) {
        this.play = play;
        this.run = play.context;
        this.group = group;
        this.firstDevice = firstDevice;
        this.index = index;
        this.backoff = new Backoff(run.settings.waits().longestReconnect());
        String own = play.workload.deviceId(firstDevice + index);
        this.clientId = group.connections() == group.count() ? own : own + "-shared";
        // One more than messages may take, for a subscription.
        this.window = new InFlightWindow(
                Math.min(PublishSettings.MAX_WINDOW, run.settings.window() + 1), () -> play.workload.newMessage(group));
        this.awayUntilNanos = System.nanoTime();
    }

    /** Uniform in [0, 1), the same in each run of the seed. */
    double chance(long question) {
        return play.workload.chance(firstDevice + index, question);
    }

    void forEachDevice(IntConsumer task) {
        for (int device = index; device < group.count(); device += group.connections()) {
            task.accept(firstDevice + device);
        }
    }

    void add(Due due) {
        pending.add(due);
    }

    void report(Message.Raw message) {
        reports.add(message);
        run.loop.enqueue(connection);
    }

    void forget() {
        pending.clear();
        reports.clear();
    }

    boolean isGivenUp() {
        return connection.state == RawConnection.State.CLOSED;
    }

    void leaveUntil(long nanos) {
        if (connection.state != RawConnection.State.UP) {
            return;
        }
        awayUntilNanos = nanos;
        run.recorder.connectionDown();
        replies.clear();
        run.loop.cut(connection, nanos);
    }

    @Override
    public void writeConnect(WireBuffer out, boolean cleanSession) {
        MqttPackets.connect(
                out,
                clientId,
                run.settings.credentials().of(clientId),
                run.settings.status()
                        ? DeviceStatus.topicBytes(play.workload.deviceId(firstDevice + index))
                        : new byte[0],
                cleanSession,
                RawConnection.KEEP_ALIVE_SECONDS);
    }

    @Override
    public void up(boolean again, WireBuffer out, long now) {
        backoff.reset();
        run.recorder.connectionUp(again);
        run.recorder.connectTook(now - connection.connectSinceNanos);
        writeStatus(out, DeviceStatus.ONLINE);
        if (group.offline() != null && group.connections() < group.count()) {
            orderBackfillByDevice();
        }
        for (Message message : window.inOrder()) {
            switch (message.state) {
                case PUBLISHED -> {
                    message.acknowledgementsDue = 1;
                    if (awayUntilNanos - message.intendedNanos > 0) {
                        message.intendedNanos = awayUntilNanos;
                    }
                    publish(message, true, out);
                    run.recorder.resent();
                }
                case RELEASED -> MqttPackets.release(out, message.packetId);
                // The second acknowledgement, or that of a subscription, went with the connection.
                case ACKNOWLEDGED, FREE -> window.free(message);
            }
        }
        ShadowDevice device = shadow;
        if (device != null) {
            Message subscription = window.take();
            subscription.state = Message.State.ACKNOWLEDGED;
            device.subscribe(out, subscription.packetId, again);
        }
    }

    /** So that readings of one device come to stand together and can share messages; each device's stay in order. */
    private void orderBackfillByDevice() {
        List<Due> backfill = new ArrayList<>();
        List<Due> rest = new ArrayList<>();
        for (Due due : pending) {
            (awayUntilNanos - due.sendNanos() > 0 ? backfill : rest).add(due);
        }
        backfill.sort(Comparator.comparingInt(Due::device));
        pending.clear();
        pending.addAll(backfill);
        pending.addAll(rest);
    }

    void writeStatus(WireBuffer out, byte[] status) {
        if (run.settings.status()) {
            forEachDevice(device ->
                    MqttPackets.publishRetained(out, DeviceStatus.topicBytes(play.workload.deviceId(device)), status));
        }
    }

    @Override
    public boolean send(WireBuffer out, long now) {
        if (replies.length() > 0) {
            out.bytes(replies.array(), replies.length());
            replies.clear();
        }
        while (out.length() < ConnectionLoop.WRITE_BYTES && window.size() < run.settings.window()) {
            Message.Raw report = reports.poll();
            if (report != null) {
                sendRaw(report, out);
            } else if (pending.isEmpty()) {
                return false;
            } else {
                sendReadings(out, now);
            }
        }
        return out.length() >= ConnectionLoop.WRITE_BYTES;
    }

    private void sendRaw(Message.Raw raw, WireBuffer out) {
        Message message = window.take();
        message.raw = raw;
        message.readings = 0;
        run.inFlight++;
        publish(message, false, out);
    }

    private void sendReadings(WireBuffer out, long now) {
        boolean tracked = play.scenario.qos() > 0;
        Message message = window.take();
        Due due = pending.remove();
        play.pending--;
        message.readings = 0;
        play.workload.append(message, due);
        boolean backfill = awayUntilNanos - due.sendNanos() > 0;
        message.intendedNanos = backfill ? awayUntilNanos : due.sendNanos();
        message.refused = play.workload.isRefused(due.device());
        DeviceGroup.Offline offline = group.offline();
        while (backfill && offline != null) {
            Due next = pending.peek();
            if (next == null
                    || next.device() != due.device()
                    || awayUntilNanos - next.sendNanos() <= 0
                    || message.readings + next.readings() > offline.backfillBatch()) {
                break;
            }
            play.workload.append(message, pending.remove());
            play.pending--;
        }
        publish(message, false, out);
        run.recorder.sent(message);
        if (!tracked) {
            run.recorder.uncertain(message);
            window.free(message);
            run.lastProgressNanos = now;
            return;
        }
        run.inFlight++;
        if (group.duplicates() > 0 && play.workload.chance(due.device(), due.firstMicros()) < group.duplicates()) {
            message.acknowledgementsDue = 2;
            publish(message, true, out);
            run.recorder.duplicateSent();
        }
    }

    private void publish(Message message, boolean duplicate, WireBuffer out) {
        Message.Raw raw = message.raw;
        if (raw != null) {
            // Shadow requests go at QoS 1, as the device SDKs send them.
            MqttPackets.publish(out, raw.topic(), raw.payload(), 1, message.packetId, duplicate);
            return;
        }
        play.payload.clear();
        play.payloads.write(message, play.payload);
        MqttPackets.publish(
                out,
                play.payloads.topic(message.device),
                play.payload,
                play.scenario.qos(),
                message.packetId,
                duplicate);
    }

    @Override
    public void packet(int head, byte[] bytes, int at, int length, long now) throws IOException {
        int type = head >> 4;
        switch (type) {
            case MqttPackets.PUBACK, MqttPackets.PUBREC, MqttPackets.PUBCOMP -> {
                if (length < 2) {
                    throw new IOException("the server does not speak MQTT");
                }
                acknowledged(type, MqttPackets.uint16(bytes, at), now);
            }
            case MqttPackets.PUBLISH -> arrived(head, bytes, at, length, now);
            case MqttPackets.SUBACK -> subscribed(bytes, at, length);
            case MqttPackets.PINGRESP -> {
                // Having read something is all that matters.
            }
            default -> run.recorder.error("unexpected packet of type " + type);
        }
    }

    private void subscribed(byte[] bytes, int at, int length) {
        Message subscription = length < 2 ? null : window.find(MqttPackets.uint16(bytes, at));
        if (subscription == null) {
            run.recorder.error("acknowledgement of a subscription that was not asked for");
            return;
        }
        window.free(subscription);
        for (int i = 2; i < length; i++) {
            if ((bytes[at + i] & 0x80) != 0) {
                run.recorder.error("the server refused a subscription to the shadow's topics");
                return;
            }
        }
        if (shadow != null) {
            shadow.subscribed();
        }
    }

    private void arrived(int head, byte[] bytes, int at, int length, long now) throws IOException {
        int qos = head >> 1 & 3;
        int topicLength = length < 2 ? length : MqttPackets.uint16(bytes, at);
        int body = 2 + topicLength + (qos > 0 ? 2 : 0);
        if (body > length) {
            throw new IOException("the server does not speak MQTT");
        }
        if (qos == 1) {
            MqttPackets.acknowledge(replies, MqttPackets.uint16(bytes, at + 2 + topicLength));
        }
        if (shadow == null) {
            run.recorder.error("a message that was not subscribed to");
        } else {
            shadow.arrived(bytes, at + 2, topicLength, at + body, length - body, now);
        }
    }

    private void acknowledged(int type, int packetId, long now) throws IOException {
        Message message = window.find(packetId);
        boolean wrongKind =
                type == MqttPackets.PUBACK && message != null && message.raw == null && play.scenario.qos() == 2;
        if (message == null || wrongKind) {
            run.recorder.error("acknowledgement of a message that is not in flight");
            return;
        }
        if (message.state == Message.State.PUBLISHED) {
            run.inFlight--;
            run.lastProgressNanos = now;
            if (message.raw == null) {
                // At QoS 2 it is PUBREC that hands the message over; PUBCOMP only frees the id.
                run.recorder.acknowledged(message, now);
            }
        }
        message.acknowledgementsDue--;
        if (type == MqttPackets.PUBREC) {
            message.state = Message.State.RELEASED;
            MqttPackets.release(replies, packetId);
        } else if (message.acknowledgementsDue > 0) {
            message.state = Message.State.ACKNOWLEDGED;
        } else {
            window.free(message);
        }
    }

    @Override
    public long lost(RawConnection.State before, String reason, long now) {
        replies.clear();
        run.connectionFailed(before, reason);
        return run.retry(backoff, now);
    }

    /** The run is over: what has no acknowledgement yet counts as uncertain. */
    void settle() {
        for (Message message : window.inOrder()) {
            if (message.state == Message.State.PUBLISHED && message.raw == null) {
                run.recorder.uncertain(message);
            }
        }
    }
}
