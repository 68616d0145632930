package io.hearth.simulator.publish.scenario;

import io.hearth.simulator.publish.Credentials;
import io.hearth.simulator.publish.WireBuffer;
import io.hearth.simulator.publish.raw.MqttPackets;
import io.hearth.simulator.publish.raw.RawConnection;
import io.hearth.simulator.publish.raw.RunContext;
import io.hearth.simulator.publish.raw.Session;
import io.hearth.simulator.scenario.BadClients;
import io.hearth.simulator.scenario.Scenario;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/** A client that misbehaves on purpose, once per interval on a connection of its own, and notes what the server makes of it. */
final class BadSession extends Session {

    private static final int PACKET_ID = 1;
    private static final long CUT_AFTER_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final byte[] NOTHING = {};

    private final RunContext run;
    private final BadClients clients;
    private final String id;
    private final Random random;
    private int attempt;
    private boolean answered;
    private long attemptNanos;

    BadSession(RunContext run, Scenario scenario, BadClients clients, int number) {
        this.run = run;
        this.clients = clients;
        this.id = scenario.fleet().get(0).prefix() + "bad-" + clients.kind().key() + "-" + number;
        this.random = new Random(scenario.seed() + id.hashCode());
    }

    @Override
    public boolean waitsItsTurn() {
        return false;
    }

    @Override
    public void writeConnect(WireBuffer out, boolean cleanSession) {
        attempt++;
        answered = false;
        attemptNanos = connection.connectSinceNanos;
        int current = attempt;
        run.timers.at(attemptNanos + clients.interval().toNanos(), () -> giveUp(current));
        switch (clients.kind()) {
            case GARBAGE -> {
                byte[] garbage = new byte[64];
                random.nextBytes(garbage);
                out.bytes(garbage);
            }
            case SILENT -> {
                // That is all it does.
            }
            case WRONG_PASSWORD ->
                MqttPackets.connect(
                        out,
                        id,
                        new Credentials("device", bytes("wrong-" + attempt)),
                        NOTHING,
                        true,
                        RawConnection.KEEP_ALIVE_SECONDS);
            default ->
                MqttPackets.connect(
                        out, id, run.settings.credentials().of(id), NOTHING, true, RawConnection.KEEP_ALIVE_SECONDS);
        }
    }

    @Override
    public void up(boolean again, WireBuffer out, long now) {
        switch (clients.kind()) {
            case MALFORMED -> publish(out, telemetry(), bytes("{\"temperature\":21.5,\"hum"));
            case NOT_UTF8 -> publish(out, telemetry(), new byte[] {'{', '"', (byte) 0xC3, 0x28, '"', ':', '1', '}'});
            case EMPTY -> publish(out, telemetry(), NOTHING);
            case OVERSIZED -> {
                byte[] payload = new byte[clients.bytes()];
                Arrays.fill(payload, (byte) ' ');
                payload[0] = '{';
                payload[payload.length - 1] = '}';
                publish(out, telemetry(), payload);
            }
            case WRONG_TOPIC ->
                publish(
                        out,
                        bytes(
                                switch (attempt % 3) {
                                    case 0 -> "devices/" + id + "/nonsense";
                                    case 1 -> "devices//telemetry";
                                    default -> "nowhere/" + id;
                                }),
                        bytes("{\"temperature\":21.5}"));
            case HALF_PACKET -> {
                WireBuffer whole = new WireBuffer(256);
                publish(whole, telemetry(), bytes("{\"temperature\":21.5,\"humidity\":40.0}"));
                out.bytes(whole.array(), whole.length() / 2);
                int current = attempt;
                run.timers.at(now + CUT_AFTER_NANOS, () -> {
                    if (attempt == current) {
                        settle("cut by the client");
                        next();
                    }
                });
            }
            case BAD_LENGTH -> {
                // The topic claims to be longer than the packet.
                out.octet(0x32);
                out.octet(6);
                out.uint16(1_000);
                out.bytes(bytes("abcd"));
            }
            case WRONG_PASSWORD, GARBAGE, SILENT -> settle("let in");
        }
    }

    private byte[] telemetry() {
        return bytes("devices/" + id + "/telemetry");
    }

    private static void publish(WireBuffer out, byte[] topic, byte[] payload) {
        MqttPackets.publish(out, topic, payload, 1, PACKET_ID, false);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private void settle(String outcome) {
        if (!answered) {
            answered = true;
            run.stats.badClient(clients.kind().key(), outcome);
        }
    }

    /** The run is over, and with it the attempt that is under way. */
    void finish() {
        if (attempt > 0) {
            settle("no answer");
        }
    }

    /** The interval is over. */
    private void giveUp(int current) {
        if (attempt == current) {
            settle("no answer");
            next();
        }
    }

    private void next() {
        run.loop.cut(connection, attemptNanos + clients.interval().toNanos());
    }

    @Override
    public void packet(int head, byte[] bytes, int at, int length, long now) {
        if (head >> 4 == MqttPackets.PUBACK) {
            settle("acknowledged");
        }
    }

    @Override
    public boolean send(WireBuffer out, long now) {
        return false;
    }

    @Override
    public long lost(RawConnection.State before, String reason, long now) {
        switch (before) {
            case CONNECTING, SECURING -> {
                attempt++;
                answered = false;
                settle("no connection");
                return now + clients.interval().toNanos();
            }
            case HANDSHAKE -> settle(reason.startsWith("the server refused") ? "refused" : "closed by the server");
            default -> settle("closed by the server");
        }
        return attemptNanos + clients.interval().toNanos();
    }
}
