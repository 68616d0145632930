package io.hearth.simulator.publish.shadow;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.hearth.simulator.publish.Message;
import io.hearth.simulator.publish.WireBuffer;
import io.hearth.simulator.publish.raw.MqttPackets;
import io.hearth.simulator.publish.raw.RunContext;
import io.hearth.simulator.scenario.ShadowTraffic;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A device's side of its shadow: gets deltas, does what they ask, reports it. After it was away it asks for what it missed.
 *
 * @see <a href="https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-mqtt.html">Device Shadow MQTT
 *     topics</a>
 */
public final class ShadowDevice {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final byte[] NOTHING = {};

    private final ShadowRun shadows;
    private final RunContext run;
    private final ShadowTraffic traffic;
    private final Consumer<Message.Raw> sender;
    private final byte[] update;
    private final byte[] get;
    private final byte[] delta;
    private final byte[] accepted;
    private final byte[] rejected;
    private final byte[] getAccepted;
    private boolean catchUp;

    /** @param sender takes what the device publishes, for its connection to send */
    ShadowDevice(ShadowRun shadows, RunContext run, ShadowTraffic traffic, String thing, Consumer<Message.Raw> sender) {
        this.shadows = shadows;
        this.run = run;
        this.traffic = traffic;
        this.sender = sender;
        String name = traffic.shadowName();
        String prefix = traffic.topicPrefix() + thing + "/shadow" + (name == null ? "" : "/name/" + name);
        update = bytes(prefix + "/update");
        get = bytes(prefix + "/get");
        delta = bytes(prefix + "/update/delta");
        accepted = bytes(prefix + "/update/accepted");
        rejected = bytes(prefix + "/update/rejected");
        getAccepted = bytes(prefix + "/get/accepted");
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    byte[] updateTopic() {
        return update;
    }

    /** @param again whether it was connected before and may have missed something */
    public void subscribe(WireBuffer out, int packetId, boolean again) {
        catchUp = again;
        MqttPackets.subscribe(out, packetId, List.of(delta, accepted, rejected, getAccepted));
    }

    public void subscribed() {
        if (catchUp) {
            sender.accept(new Message.Raw(get, NOTHING));
        }
    }

    public void arrived(byte[] bytes, int topicAt, int topicLength, int at, int length, long now) {
        JsonNode document;
        try {
            document = JSON.readTree(bytes, at, length);
        } catch (JacksonException e) {
            run.recorder.error("a shadow document that is no JSON: " + e.getOriginalMessage());
            return;
        } catch (IOException e) {
            throw new IllegalStateException("reading an array cannot fail", e);
        }
        JsonNode tokenNode = document.get("clientToken");
        String token = tokenNode == null ? null : tokenNode.asText();
        if (is(delta, bytes, topicAt, topicLength)) {
            shadows.deltaArrived(token, now);
            react(document.get("state"));
        } else if (is(accepted, bytes, topicAt, topicLength)) {
            shadows.accepted(token, now);
        } else if (is(rejected, bytes, topicAt, topicLength)) {
            shadows.rejected(
                    token,
                    document.path("code").asText() + " "
                            + document.path("message").asText(),
                    now);
        } else if (is(getAccepted, bytes, topicAt, topicLength)) {
            react(document.path("state").get("delta"));
        } else {
            run.recorder.error("a message that was not subscribed to");
        }
    }

    private static boolean is(byte[] topic, byte[] bytes, int at, int length) {
        return length == topic.length && Arrays.equals(bytes, at, at + length, topic, 0, length);
    }

    /** Becomes what is asked for, and says so. */
    private void react(@Nullable JsonNode wanted) {
        if (wanted == null || !wanted.isObject() || wanted.isEmpty()) {
            return;
        }
        long at = System.nanoTime() + traffic.reaction().toNanos();
        run.timers.at(at, () -> {
            run.stats.shadow().reportedSent();
            String payload = "{\"state\":{\"reported\":" + wanted + "},\"clientToken\":\""
                    + shadows.open(ShadowRun.DEVICE, at) + "\"}";
            sender.accept(new Message.Raw(update, bytes(payload)));
        });
    }
}
