package io.hearth.simulator.publish.shadow;

import io.hearth.simulator.publish.Backoff;
import io.hearth.simulator.publish.Message;
import io.hearth.simulator.publish.WireBuffer;
import io.hearth.simulator.publish.raw.ConnectionLoop;
import io.hearth.simulator.publish.raw.InFlightWindow;
import io.hearth.simulator.publish.raw.MqttPackets;
import io.hearth.simulator.publish.raw.RawConnection;
import io.hearth.simulator.publish.raw.RunContext;
import io.hearth.simulator.publish.raw.Session;
import java.io.IOException;
import java.util.ArrayDeque;

/** The connection of an app that writes the desired states of devices. */
public final class AppSession extends Session {

    private final RunContext run;
    private final String clientId;
    private final InFlightWindow window;
    private final Backoff backoff;
    private final ArrayDeque<Message.Raw> pending = new ArrayDeque<>();

    AppSession(RunContext run, String clientId) {
        this.run = run;
        this.clientId = clientId;
        this.backoff = new Backoff(run.settings.waits().longestReconnect());
        this.window = new InFlightWindow(run.settings.window(), () -> new Message(0, 0));
    }

    void send(Message.Raw message) {
        pending.add(message);
        run.loop.enqueue(connection);
    }

    @Override
    public void writeConnect(WireBuffer out, boolean cleanSession) {
        MqttPackets.connect(
                out,
                clientId,
                run.settings.credentials().of(clientId),
                new byte[0],
                cleanSession,
                RawConnection.KEEP_ALIVE_SECONDS);
    }

    @Override
    public void up(boolean again, WireBuffer out, long now) {
        backoff.reset();
        run.recorder.connectionUp(again);
        for (Message message : window.inOrder()) {
            publish(message, true, out);
        }
    }

    @Override
    public boolean send(WireBuffer out, long now) {
        while (!window.isFull() && !pending.isEmpty() && out.length() < ConnectionLoop.WRITE_BYTES) {
            Message message = window.take();
            message.raw = pending.remove();
            run.inFlight++;
            publish(message, false, out);
        }
        return out.length() >= ConnectionLoop.WRITE_BYTES;
    }

    private void publish(Message message, boolean duplicate, WireBuffer out) {
        Message.Raw raw = message.raw;
        if (raw != null) {
            MqttPackets.publish(out, raw.topic(), raw.payload(), 1, message.packetId, duplicate);
        }
    }

    @Override
    public void packet(int head, byte[] bytes, int at, int length, long now) throws IOException {
        int type = head >> 4;
        if (type == MqttPackets.PINGRESP) {
            return;
        }
        Message message = type == MqttPackets.PUBACK && length >= 2 ? window.find(MqttPackets.uint16(bytes, at)) : null;
        if (message == null) {
            run.recorder.error("unexpected packet of type " + type);
            return;
        }
        window.free(message);
        run.inFlight--;
        run.lastProgressNanos = now;
    }

    @Override
    public long lost(RawConnection.State before, String reason, long now) {
        run.connectionFailed(before, reason);
        return run.retry(backoff, now);
    }
}
