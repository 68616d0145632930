package io.hearth.shadow.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The contract over the routes of AWS' data plane, with the bearer token as curl sends it. */
class RestShadowIT extends ShadowConformance {
    @Override
    Reply ask(Operation operation, String name, byte[] body) throws Exception {
        String method = operation == Operation.UPDATE ? "POST" : operation.name();
        HttpResponse<byte[]> answer =
                send(method, "/things/" + thing + "/shadow" + (name.isEmpty() ? "" : "?name=" + name), body);
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/json");
        boolean accepted = answer.statusCode() == 200;
        var json = JSON.readTree(answer.body());
        if (!accepted) {
            assertThat(answer.statusCode()).isEqualTo(json.at("/code").asInt());
            assertThat(answer.headers().firstValue("x-amzn-ErrorType").orElse(""))
                    .endsWith("Exception");
        }
        return new Reply(accepted, json);
    }

    private HttpResponse<byte[]> send(String method, String path, byte[] body) throws Exception {
        return new HttpShadows(hearth.httpUri())
                .send(method, path, Map.of("Authorization", "Bearer " + hearth.adminToken()), body);
    }

    @Test
    void request_ofAThingOrNameThatCannotBe_isRejected() throws Exception {
        assertThat(text(send("GET", "/things/no%20thing/shadow", new byte[0])))
                .contains("\"code\":404,\"message\":\"Thing not found\"");
        assertThat(text(send("GET", "/things/x/shadow?name=" + "n".repeat(65), new byte[0])))
                .contains("\"code\":404,\"message\":\"No shadow exists with name: n");
        assertThat(send("PUT", "/things/x/shadow", bytes("{}")).statusCode()).isEqualTo(405);
        assertThat(text(send("GET", "/api/things/shadow/ListNamedShadowsForThing/x?pageSize=0", new byte[0])))
                .contains("Invalid pageSize");
        assertThat(text(send("GET", "/api/things/shadow/ListNamedShadowsForThing/x?nextToken=%2F", new byte[0])))
                .contains("Invalid nextToken");
    }

    private static String text(HttpResponse<byte[]> answer) {
        return new String(answer.body(), java.nio.charset.StandardCharsets.UTF_8);
    }
}
