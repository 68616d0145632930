package io.hearth.shadow.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the contract says of MQTT alone. */
abstract class MqttShadowConformance extends ShadowConformance {
    /** Publishes to a topic and waits for what comes on {@code /accepted} or {@code /rejected} beneath it. */
    abstract Reply ask(String topic, byte[] body) throws Exception;

    @Override
    final Reply ask(Operation operation, String name, byte[] body) throws Exception {
        String base = "$aws/things/" + thing + "/shadow" + (name.isEmpty() ? "" : "/name/" + name);
        return ask(base + "/" + operation.name().toLowerCase(Locale.ROOT), body);
    }

    @Test
    void get_andDelete_echoTheClientToken() throws Exception {
        update("{'state':{'desired':{'a':1}}}");
        JsonNode got = accepted(ask(Operation.GET, "", bytes("{'clientToken':'g'}")));
        assertThat(got.at("/clientToken").asText()).isEqualTo("g");
        expect(
                accepted(ask(Operation.DELETE, "", bytes("{'clientToken':'d'}"))),
                "{'version':1,'timestamp':0,'clientToken':'d'}");
        expectRejected(
                ask(Operation.GET, "", bytes("{'clientToken':'g2'}")),
                404,
                "No shadow exists with name: " + thing,
                "g2");
    }

    @Test
    void delete_withAVersionThatIsNotTheCurrentOne_isRejected() throws Exception {
        update("{'state':{'desired':{'a':1}}}");
        expectRejected(ask(Operation.DELETE, "", bytes("{'version':7}")), 409, "Version conflict");
        expect(accepted(ask(Operation.DELETE, "", bytes("{'version':1}"))), "{'version':1,'timestamp':0}");
    }

    @Test
    void request_ofAThingOrNameThatCannotBe_isRejected() throws Exception {
        expectRejected(ask("$aws/things/no thing/shadow/get", new byte[0]), 404, "Thing not found");
        String name = "n".repeat(65);
        expectRejected(
                ask("$aws/things/" + thing + "/shadow/name/" + name + "/update", bytes("{'state':{}}")),
                404,
                "No shadow exists with name: " + name);
    }

    @Test
    void request_thatIsRetained_isServedOnce_andChangesNothingLater() throws Exception {
        String topic = "$aws/things/" + thing + "/shadow/update";
        try (Watch watch = watch("/update/accepted")) {
            watch.publish(topic, "{\"state\":{\"desired\":{\"a\":1}}}", true);
            watch.first("/update/accepted");
        }
        try (Watch late = watch("/update", "/update/accepted")) {
            update("{'state':{'desired':{'a':2}}}");
            late.first("/update/accepted");
            assertThat(late.messages().stream().filter(message -> message.text().contains("\"a\":1")))
                    .isEmpty();
        }
        assertThat(get().at("/version").asInt()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/update/accepted", "/update/delta", "/name/x/get/rejected", "/other"})
    void answers_areTheServicesToPublish(String topic) throws Exception {
        try (Watch watch = watch("/#");
                Watch impostor = watch("/none")) {
            try {
                impostor.publish("$aws/things/" + thing + "/shadow" + topic, "{}", false);
            } catch (org.eclipse.paho.mqttv5.common.MqttException closed) {
                assertThat(closed).isNotNull();
            }
            eventually().until(() -> !impostor.isConnected());
            update("{'state':{}}");
            watch.first("/update/accepted");
            assertThat(watch.messages().stream()
                            .filter(message -> message.text().equals("{}")))
                    .isEmpty();
        }
    }
}
