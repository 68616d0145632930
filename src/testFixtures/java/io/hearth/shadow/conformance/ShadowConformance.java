package io.hearth.shadow.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.hearth.HearthProcess;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The contract of device shadows, rule by rule, against the packaged service: each transport asks in its own way, and must
 * get the same. What the service publishes is watched over MQTT, whichever transport asked.
 */
abstract class ShadowConformance {
    static final ObjectMapper JSON = new ObjectMapper();
    private static final AtomicInteger THINGS = new AtomicInteger();

    @SuppressWarnings("NullAway.Init")
    static HearthProcess hearth;

    /** A thing of its own for each test. */
    final String thing = "thing:" + THINGS.incrementAndGet();

    enum Operation {
        GET,
        UPDATE,
        DELETE
    }

    /**
     * What a request is answered.
     *
     * @param json the body, accepted or rejected
     */
    record Reply(boolean accepted, JsonNode json) {}

    @BeforeAll
    static void start() {
        hearth = HearthProcess.start(Map.of());
    }

    @AfterAll
    static void stop() {
        hearth.close();
    }

    /**
     * Asks as a client does.
     *
     * @param name of the shadow, empty for the classic one
     */
    abstract Reply ask(Operation operation, String name, byte[] body) throws Exception;

    // --- update ------------------------------------------------------------------------------------------------------

    @Test
    void update_ofAShadowThatIsNot_isAcceptedWithWhatWasAskedFor() throws Exception {
        expect(
                update("{'state':{'desired':{'c':{'r':10}}},'clientToken':'t'}"),
                "{'state':{'desired':{'c':{'r':10}}},'metadata':{'desired':{'c':{'r':{'timestamp':0}}}},"
                        + "'version':1,'timestamp':0,'clientToken':'t'}");
    }

    @Test
    void update_publishesDelta_thenDocuments_thenAccepted() throws Exception {
        try (Watch watch = watch("/update/#")) {
            update("{'state':{'desired':{'on':true}},'clientToken':'t'}");
            watch.first("/update/accepted");

            assertThat(watch.topics().stream()
                            .filter(topic -> !topic.equals("/update"))
                            .toList())
                    .containsExactly("/update/delta", "/update/documents", "/update/accepted");
            expect(
                    watch.first("/update/delta"),
                    "{'version':1,'timestamp':0,'state':{'on':true},'metadata':{'on':{'timestamp':0}},"
                            + "'clientToken':'t'}");
            expect(
                    watch.first("/update/documents"),
                    "{'previous':null,'current':{'state':{'desired':{'on':true}},'metadata':{'desired':{'on':"
                            + "{'timestamp':0}}},'version':1},'timestamp':0,'clientToken':'t'}");
            expect(
                    watch.first("/update/accepted"),
                    "{'state':{'desired':{'on':true}},'metadata':{'desired':{'on':{'timestamp':0}}},'version':1,"
                            + "'timestamp':0,'clientToken':'t'}");
        }
    }

    @Test
    void update_thatLeavesNoDifference_publishesNoDelta() throws Exception {
        update("{'state':{'desired':{'on':true}}}");
        try (Watch watch = watch("/update/+")) {
            update("{'state':{'reported':{'on':true}}}");
            watch.first("/update/accepted");
            assertThat(watch.topics()).containsExactly("/update/documents", "/update/accepted");
        }
    }

    @Test
    void delta_hasWhatReportedLacksOrDiffersIn_withFullPathAndDesiredsMetadata() throws Exception {
        try (Watch watch = watch("/update/delta")) {
            update("{'state':{'desired':{'a':{'b':{'c':1,'d':2}},'same':1,'list':[1,2]},"
                    + "'reported':{'a':{'b':{'c':1.0}},'same':1e0,'list':[1,3],'other':true}}}");
            expect(
                    watch.first("/update/delta"),
                    "{'version':1,'timestamp':0,'state':{'a':{'b':{'d':2}},'list':[1,2]},"
                            + "'metadata':{'a':{'b':{'d':{'timestamp':0}}},"
                            + "'list':[{'timestamp':0},{'timestamp':0}]}}");
        }
    }

    @Test
    void documents_haveBothStatesAndNoDelta() throws Exception {
        update("{'state':{'desired':{'a':1}}}");
        try (Watch watch = watch("/update/documents")) {
            update("{'state':{'reported':{'b':2}}}");
            expect(
                    watch.first("/update/documents"),
                    "{'previous':{'state':{'desired':{'a':1}},'metadata':{'desired':{'a':{'timestamp':0}}},'version':1},"
                            + "'current':{'state':{'desired':{'a':1},'reported':{'b':2}},'metadata':{'desired':"
                            + "{'a':{'timestamp':0}},'reported':{'b':{'timestamp':0}}},'version':2},'timestamp':0}");
        }
    }

    @Test
    void accepted_echoesOnlyWhatWasAskedFor_nullsIncluded() throws Exception {
        update("{'state':{'desired':{'a':1,'b':2},'reported':{'c':3}}}");
        expect(
                update("{'state':{'desired':{'a':null}}}"),
                "{'state':{'desired':{'a':null}},'metadata':{'desired':{'a':{'timestamp':0}}},'version':2,'timestamp':0}");
    }

    @Test
    void update_merges_andNullRemovesAKey() throws Exception {
        update("{'state':{'desired':{'a':{'x':1,'y':2},'b':2}}}");
        update("{'state':{'desired':{'a':{'x':null,'z':3}}}}");
        expect(state(), "{'desired':{'a':{'y':2,'z':3},'b':2},'delta':{'a':{'y':2,'z':3},'b':2}}");
    }

    @Test
    void update_withDesiredNull_clearsThatSection() throws Exception {
        update("{'state':{'desired':{'a':1},'reported':{'b':2}}}");
        update("{'state':{'desired':null}}");
        expect(state(), "{'reported':{'b':2}}");
    }

    @Test
    void update_withStateNull_clearsBothAndKeepsTheShadow() throws Exception {
        update("{'state':{'desired':{'a':1},'reported':{'b':2}}}");
        update("{'state':null}");
        expect(get(), "{'state':{},'metadata':{},'version':2,'timestamp':0}");
    }

    @Test
    void update_withoutAnyChange_stillIncrementsTheVersion() throws Exception {
        update("{'state':{'desired':{'a':1}}}");
        update("{'state':{'desired':{'a':1}}}");
        assertThat(update("{'state':{}}").at("/version").asInt()).isEqualTo(3);
        assertThat(get().at("/version").asInt()).isEqualTo(3);
    }

    @Test
    void arrays_areReplacedWhole_andTheirMetadataIsAnArray() throws Exception {
        update("{'state':{'reported':{'l':[1,{'k':'v'},[true]]}}}");
        expect(
                get(),
                "{'state':{'reported':{'l':[1,{'k':'v'},[true]]}},'metadata':{'reported':{'l':[{'timestamp':0},"
                        + "{'k':{'timestamp':0}},[{'timestamp':0}]]}},'version':1,'timestamp':0}");
        update("{'state':{'reported':{'l':[2]}}}");
        expect(state(), "{'reported':{'l':[2]}}");
    }

    @Test
    void metadata_haveTheShapeOfTheState() throws Exception {
        update("{'state':{'desired':{'o':{'p':{'q':'x'}},'e':{},'n':-1.5e3},'reported':{'o':{'p':{'q':'x'}}}}}");
        update("{'state':{'desired':{'e':{'f':false}}}}");
        expect(
                get().at("/metadata"),
                "{'desired':{'o':{'p':{'q':{'timestamp':0}}},'e':{'f':{'timestamp':0}},'n':{'timestamp':0}},"
                        + "'reported':{'o':{'p':{'q':{'timestamp':0}}}}}");
    }

    // --- get and delete ----------------------------------------------------------------------------------------------

    @Test
    void get_answersStateWithDelta_metadata_andVersion() throws Exception {
        update("{'state':{'desired':{'a':1,'b':2},'reported':{'a':1}}}");
        expect(
                get(),
                "{'state':{'desired':{'a':1,'b':2},'reported':{'a':1},'delta':{'b':2}},'metadata':{'desired':"
                        + "{'a':{'timestamp':0},'b':{'timestamp':0}},'reported':{'a':{'timestamp':0}}},"
                        + "'version':1,'timestamp':0}");
    }

    @Test
    void get_byADeviceThatComesBack_hasWhatItMissed() throws Exception {
        update("{'state':{'reported':{'on':false}}}");
        update("{'state':{'desired':{'on':true}}}");
        update("{'state':{'desired':{'level':3}}}");
        expect(get().at("/state/delta"), "{'on':true,'level':3}");
    }

    @Test
    void get_ofAShadowThatIsNot_isRejected() throws Exception {
        expectRejected(ask(Operation.GET, "", new byte[0]), 404, "No shadow exists with name: " + thing);
        expectRejected(ask(Operation.GET, "night", new byte[0]), 404, "No shadow exists with name: night");
    }

    @Test
    void delete_answersTheVersion_andTheShadowIsGone() throws Exception {
        update("{'state':{'desired':{'a':1}}}");
        update("{'state':{'desired':{'a':2}}}");
        expect(accepted(ask(Operation.DELETE, "", new byte[0])), "{'version':2,'timestamp':0}");
        expectRejected(ask(Operation.GET, "", new byte[0]), 404, "No shadow exists with name: " + thing);
        expectRejected(ask(Operation.DELETE, "", new byte[0]), 404, "No shadow exists with name: " + thing);
    }

    @Test
    void delete_doesNotResetTheVersion() throws Exception {
        update("{'state':{'desired':{'a':1}}}");
        update("{'state':{'desired':{'a':2}}}");
        ask(Operation.DELETE, "", new byte[0]);
        try (Watch watch = watch("/update/documents")) {
            assertThat(update("{'state':{'desired':{'b':1}}}").at("/version").asInt())
                    .isEqualTo(3);
            assertThat(watch.first("/update/documents").at("/previous").isNull())
                    .isTrue();
        }
        expect(state(), "{'desired':{'b':1},'delta':{'b':1}}");
    }

    @Test
    void delete_isToldOnItsTopic() throws Exception {
        update("{'state':{'desired':{'a':1}}}");
        try (Watch watch = watch("/delete/accepted")) {
            ask(Operation.DELETE, "", new byte[0]);
            expect(watch.first("/delete/accepted"), "{'version':1,'timestamp':0}");
        }
    }

    // --- versions, tokens, names -------------------------------------------------------------------------------------

    @Test
    void version_mustBeTheCurrentOne() throws Exception {
        update("{'state':{'desired':{'a':1}}}");
        update("{'state':{'desired':{'a':2}},'version':1}");
        expectRejected(
                ask("{'state':{'desired':{'a':3}},'version':1,'clientToken':'tok'}"), 409, "Version conflict", "tok");
        expectRejected(ask("{'state':{'desired':{'a':3}},'version':3}"), 409, "Version conflict");
        expect(state(), "{'desired':{'a':2},'delta':{'a':2}}");
    }

    @Test
    void version_ofAShadowThatIsNot_isZero() throws Exception {
        expectRejected(ask("{'state':{'desired':{'a':1}},'version':1}"), 409, "Version conflict");
        assertThat(update("{'state':{'desired':{'a':1}},'version':0}")
                        .at("/version")
                        .asInt())
                .isEqualTo(1);
    }

    @Test
    void clientToken_hasUpTo64Bytes() throws Exception {
        assertThat(update("{'state':{},'clientToken':'" + "é".repeat(32) + "'}")
                        .at("/clientToken")
                        .asText())
                .isEqualTo("é".repeat(32));
        expectRejected(ask("{'state':{},'clientToken':'" + "t".repeat(65) + "'}"), 400, "Invalid clientToken");
        expectRejected(ask("{'state':{},'clientToken':7}"), 400, "Invalid clientToken");
    }

    @Test
    void named_shadowsAreBesideTheClassicOne() throws Exception {
        String longest = "n:_-" + "x".repeat(60);
        update("{'state':{'desired':{'classic':1}}}");
        try (Watch watch = watch("/name/" + longest + "/update/+")) {
            expect(
                    accepted(ask(Operation.UPDATE, longest, bytes("{'state':{'desired':{'named':1}}}"))),
                    "{'state':{'desired':{'named':1}},'metadata':{'desired':{'named':{'timestamp':0}}},'version':1,"
                            + "'timestamp':0}");
            watch.first("/name/" + longest + "/update/accepted");
            assertThat(watch.topics())
                    .containsExactly(
                            "/name/" + longest + "/update/delta",
                            "/name/" + longest + "/update/documents",
                            "/name/" + longest + "/update/accepted");
        }
        expect(state(), "{'desired':{'classic':1},'delta':{'classic':1}}");
        accepted(ask(Operation.DELETE, longest, new byte[0]));
        expectRejected(ask(Operation.GET, longest, new byte[0]), 404, "No shadow exists with name: " + longest);
        expect(state(), "{'desired':{'classic':1},'delta':{'classic':1}}");
    }

    // --- errors ------------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'state':{'desired':{}}|Invalid JSON",
                "[]|Invalid JSON",
                "nonsense|Invalid JSON",
                "{'state':{'desired':{'a':1,'a':2}}}|Invalid JSON",
                "{'state':{'desired':{'a':'\\ud800'}}}|Invalid JSON",
                "{'state':{}} {'state':{}}|Invalid JSON",
                "{'state':{'desired':{'a':NaN}}}|Invalid JSON",
                "{'desired':{'a':1}}|Missing required node: state",
                "{}|Missing required node: state",
                "{'state':[]}|State node must be an object",
                "{'state':'on'}|State node must be an object",
                "{'state':{'desired':1}}|Desired node must be an object",
                "{'state':{'desired':[]}}|Desired node must be an object",
                "{'state':{'reported':'x'}}|Reported node must be an object",
                "{'state':{},'version':'1'}|Invalid version",
                "{'state':{},'version':1.5}|Invalid version",
                "{'state':{},'version':-1}|Invalid version",
                "{'state':{'other':{}}}|State contains an invalid node",
                "{'state':{'desired':{'l':[1,null]}}}|State contains an invalid node",
                "{'state':{'desired':{'l':[{'k':null}]}}}|State contains an invalid node",
                "{'state':{'desired':{'n':1e400}}}|State contains an invalid node",
                "{'state':{'desired':{'n':1e-400}}}|State contains an invalid node"
            })
    void update_thatIsInvalid_isRejectedWithItsText_andChangesNothing(String body, String message) throws Exception {
        update("{'state':{'desired':{'kept':1}}}");
        expectRejected(ask(body), 400, message);
        assertThat(get().at("/version").asInt()).isEqualTo(1);
    }

    @Test
    void rejected_echoesTheClientToken() throws Exception {
        expectRejected(
                ask("{'state':{'desired':1},'clientToken':'tok'}"), 400, "Desired node must be an object", "tok");
    }

    @Test
    void update_thatIsNotUtf8_isRejected() throws Exception {
        byte[] body = bytes("{'state':{'desired':{'a':'?'}}}");
        for (int i = 0; i < body.length; i++) {
            if (body[i] == '?') {
                body[i] = (byte) 0xC3;
            }
        }
        expectRejected(
                ask(Operation.UPDATE, "", body), 415, "Unsupported documented encoding; supported encoding is UTF-8");
    }

    @ParameterizedTest
    @ValueSource(ints = {7, 64, 200})
    void update_nestedTooDeep_isRejected(int levels) throws Exception {
        expectRejected(
                ask("{'state':{'desired':" + "{'n':".repeat(levels) + "1" + "}".repeat(levels) + "}}"),
                400,
                "JSON contains too many levels of nesting; maximum is 6");
    }

    @Test
    void update_nestedAsDeepAsMayBe_isAccepted() throws Exception {
        update("{'state':{'desired':" + "{'n':".repeat(6) + "1" + "}".repeat(6) + "}}");
    }

    @Test
    void state_hasUpToItsLimit() throws Exception {
        // {"desired" counts 8 KiB as {"k":"..."}: 8 bytes around the text.
        update("{'state':{'desired':{'k':'" + "x".repeat(8192 - 8) + "'}}}");
        expectRejected(
                ask("{'state':{'reported':{'k':'" + "x".repeat(20) + "'}}}"),
                413,
                "The payload exceeds the maximum size allowed");
        update("{'state':{'desired':{'k':'short'},'reported':{'k':'" + "x".repeat(20) + "'}}}");
    }

    @ParameterizedTest
    @ValueSource(ints = {100, 200, 1000})
    void update_ofManyKilobytes_isRejected(int kilobytes) throws Exception {
        expectRejected(
                ask("{'state':{'desired':{'k':'" + "x".repeat(kilobytes * 1024) + "'}}}"),
                413,
                "The payload exceeds the maximum size allowed");
    }

    @Test
    void names_ofFields_mayHaveDotsDollarsAndAnyCharacter() throws Exception {
        update("{'state':{'desired':{'a.b':1,'$c':2,'':3,'a/b~':4,'日本':5,'with space':6}}}");
        expect(get().at("/state/desired"), "{'a.b':1,'$c':2,'':3,'a/b~':4,'日本':5,'with space':6}");
    }

    @Test
    void numbers_comeBackAsTheyWereWritten() throws Exception {
        String literals = "{\"a\":12345678901234567890,\"b\":1.10,\"c\":-0.0,\"d\":1E5,\"e\":0.1234567890123456789}";
        accepted(ask(
                Operation.UPDATE,
                "",
                ("{\"state\":{\"reported\":" + literals + "}}").getBytes(StandardCharsets.UTF_8)));
        try (Watch watch = watch("/get/accepted")) {
            watch.publish("$aws/things/" + thing + "/shadow/get", "", false);
            watch.first("/get/accepted");
            assertThat(watch.messages().get(0).text()).contains(literals);
        }
    }

    // --- topics ------------------------------------------------------------------------------------------------------

    @Test
    void subscription_toEverything_doesNotMatchTopicsThatBeginWithADollar() throws Exception {
        try (Watch everything = new Watch(hearth.mqttPort(), hearth.devicePassword(), "", "#", "+/things/#");
                Watch watch = watch("/update/accepted")) {
            update("{'state':{'desired':{'a':1}}}");
            watch.first("/update/accepted");
            everything.publish("plain/topic", "{}", false);
            everything.first("plain/topic");
            assertThat(everything.topics()).containsExactly("plain/topic");
        }
    }

    // --- helpers -----------------------------------------------------------------------------------------------------

    Watch watch(String... filters) throws Exception {
        return new Watch(hearth.mqttPort(), hearth.devicePassword(), "$aws/things/" + thing + "/shadow", filters);
    }

    Reply ask(String update) throws Exception {
        return ask(Operation.UPDATE, "", bytes(update));
    }

    JsonNode update(String body) throws Exception {
        return accepted(ask(body));
    }

    JsonNode get() throws Exception {
        return accepted(ask(Operation.GET, "", new byte[0]));
    }

    private JsonNode state() throws Exception {
        return get().at("/state");
    }

    static JsonNode accepted(Reply reply) {
        assertThat(reply.accepted()).as(String.valueOf(reply.json())).isTrue();
        return reply.json();
    }

    static byte[] bytes(String json) {
        return json.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    }

    /** The same JSON but for timestamps, which are seconds of about now, and 0 in what is expected. */
    static void expect(JsonNode actual, String expected) throws Exception {
        JsonNode told = actual.deepCopy();
        checkTimestamps(told);
        assertThat(told).isEqualTo(JSON.readTree(bytes(expected)));
    }

    private static void checkTimestamps(JsonNode node) {
        if (node instanceof ObjectNode object && object.path("timestamp").isNumber()) {
            assertThat(object.get("timestamp").isIntegralNumber()).isTrue();
            assertThat(object.get("timestamp").asLong())
                    .isBetween(System.currentTimeMillis() / 1000 - 120, System.currentTimeMillis() / 1000 + 1);
            object.put("timestamp", 0);
        }
        node.forEach(ShadowConformance::checkTimestamps);
    }

    static void expectRejected(Reply reply, int code, String message) throws Exception {
        assertThat(reply.accepted()).as(String.valueOf(reply.json())).isFalse();
        expect(reply.json(), "{'code':" + code + ",'message':'" + message + "','timestamp':0}");
    }

    static void expectRejected(Reply reply, int code, String message, String token) throws Exception {
        assertThat(reply.accepted()).as(String.valueOf(reply.json())).isFalse();
        expect(
                reply.json(),
                "{'code':" + code + ",'message':'" + message + "','timestamp':0,'clientToken':'" + token + "'}");
    }

    static org.awaitility.core.ConditionFactory eventually() {
        return await().atMost(Duration.ofSeconds(30));
    }
}
