package io.hearth.rest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Shadows as resources, of the packaged service. */
class ShadowResourceIT extends RestFixture {
    private static final String MERGE_PATCH = "application/merge-patch+json";

    @Test
    void patch_mergesAndAnswersTheWhole_withTheVersionAsETag() throws Exception {
        HttpResponse<byte[]> made = patch("shade-1/shadow", "{'desired':{'on':true,'level':3}}", null);
        assertThat(json(made, 200).at("/state/delta/level").asInt()).isEqualTo(3);
        assertThat(made.headers().firstValue("ETag")).contains("\"1\"");

        patch("shade-1/shadow", "{'desired':{'level':null},'reported':{'on':true}}", null);
        HttpResponse<byte[]> got = get("/api/v1/devices/shade-1/shadow");
        assertThat(json(got, 200).at("/state").toString())
                .isEqualTo("{\"desired\":{\"on\":true},\"reported\":{\"on\":true}}");
        assertThat(got.headers().firstValue("ETag")).contains("\"2\"");
        assertThat(status(request("/api/v1/devices/shade-1/shadow")
                        .header("If-None-Match", "\"2\"")
                        .GET()))
                .isEqualTo(304);
        assertThat(status(request("/api/v1/devices/shade-1/shadow")
                        .header("If-None-Match", "\"1\"")
                        .GET()))
                .isEqualTo(200);
    }

    @Test
    void ifMatch_ofAnotherVersion_changesNothing() throws Exception {
        patch("shade-2/shadow/night", "{'desired':{'on':true}}", null);
        problem(patch("shade-2/shadow/night", "{'desired':{'on':false}}", "\"7\""), 412, "precondition-failed");
        json(patch("shade-2/shadow/night", "{'desired':{'on':false}}", "\"1\""), 200);
        problem(
                send(request("/api/v1/devices/shade-2/shadow/night")
                        .header("If-Match", "\"1\"")
                        .DELETE()),
                412,
                "precondition-failed");
        assertThat(problem(patch("shade-2/shadow/night", "{'desired':{}}", "2"), 400, "invalid-request")
                        .at("/errors/0/field")
                        .asText())
                .isEqualTo("If-Match");
        assertThat(status(request("/api/v1/devices/shade-2/shadow/night")
                        .header("If-Match", "\"2\"")
                        .DELETE()))
                .isEqualTo(204);
        problem(get("/api/v1/devices/shade-2/shadow/night"), 404, "not-found");
    }

    @Test
    void ifMatch_ofAnyVersion_needsAShadow() throws Exception {
        problem(patch("shade-any/shadow", "{'desired':{'on':true}}", "*"), 412, "precondition-failed");
        problem(get("/api/v1/devices/shade-any/shadow"), 404, "not-found");
        patch("shade-any/shadow", "{'desired':{'on':true}}", null);

        json(patch("shade-any/shadow", "{'desired':{'on':false}}", "*"), 200);

        for (String known : List.of("*", "W/\"2\"", "\"1\", \"2\"")) {
            assertThat(status(request("/api/v1/devices/shade-any/shadow")
                            .header("If-None-Match", known)
                            .GET()))
                    .isEqualTo(304);
        }
        HttpRequest.Builder delete = request("/api/v1/devices/shade-any/shadow")
                .header("If-Match", "*")
                .DELETE();
        assertThat(status(delete)).isEqualTo(204);
        assertThat(status(delete)).isEqualTo(404);
        problem(patch("shade-any/shadow", "{'desired':{'on':true}}", "*"), 412, "precondition-failed");
    }

    @Test
    void patch_thatIsNoObject_saysThatAnObjectIsWanted() throws Exception {
        for (String body : List.of("'x'", "1", "[]", "null", "true")) {
            assertThat(problem(patch("shade-text/shadow", body, null), 400, "invalid-request")
                            .at("/errors/0/message")
                            .asText())
                    .isEqualTo("State node must be an object");
        }
        assertThat(problem(patch("shade-text/shadow", "{", null), 400, "invalid-request")
                        .at("/errors/0/message")
                        .asText())
                .isEqualTo("Invalid JSON");
    }

    @Test
    void patch_thatIsInvalid_namesWhatIsWrong() throws Exception {
        JsonNode problem = problem(patch("shade-3/shadow", "{'desired':[]}", null), 400, "invalid-request");
        assertThat(problem.at("/errors/0/message").asText()).isEqualTo("Desired node must be an object");
        problem(patch("shade-3/shadow", "", null), 400, "invalid-request");
        problem(
                patch("shade-3/shadow", "{'desired':{'k':'" + "x".repeat(9000) + "'}}", null),
                413,
                "payload-too-large");
        assertThat(problem(get("/api/v1/devices/shade-3/shadow/" + "n".repeat(65)), 400, "invalid-request")
                        .at("/errors/0/field")
                        .asText())
                .isEqualTo("name");
        problem(get("/api/v1/devices/shade-3/shadow"), 404, "not-found");
    }

    @Test
    void history_tellsWhoWhenAndWhichFields() throws Exception {
        patch("shade-4/shadow", "{'desired':{'a':{'b':1}}}", null);
        post("/things/shade-4/shadow", "{\"state\":{\"reported\":{\"a\":null}}}");
        send(request("/api/v1/devices/shade-4/shadow").DELETE());

        List<String> told = new ArrayList<>();
        String cursor = null;
        do {
            JsonNode page = json(
                    get("/api/v1/devices/shade-4/shadow-history?limit=2" + (cursor == null ? "" : "&cursor=" + cursor)),
                    200);
            page.at("/changes").forEach(change -> {
                assertThat(change.at("/by").asText()).isEqualTo("rest:admin");
                assertThat(change.at("/ts").asText()).startsWith("20");
                told.add(change.at("/kind").asText() + change.at("/version") + change.at("/fields"));
            });
            cursor = page.at("/nextCursor").isNull()
                    ? null
                    : page.at("/nextCursor").asText();
        } while (cursor != null);
        assertThat(told).containsExactly("deleted2[]", "updated2[\"/reported/a\"]", "updated1[\"/desired/a/b\"]");
        problem(get("/api/v1/devices/shade-4/shadow-history?cursor=x"), 400, "invalid-request");
    }

    @Test
    void shadows_listsTheNames() throws Exception {
        patch("shade-5/shadow", "{'desired':{}}", null);
        patch("shade-5/shadow/b", "{'desired':{}}", null);
        patch("shade-5/shadow/a:1", "{'desired':{}}", null);
        JsonNode first = json(get("/api/v1/devices/shade-5/shadows?limit=1"), 200);
        assertThat(first.at("/shadows").toString()).isEqualTo("[\"a:1\"]");
        JsonNode second = json(
                get("/api/v1/devices/shade-5/shadows?limit=1&cursor="
                        + first.at("/nextCursor").asText()),
                200);
        assertThat(second.toString()).isEqualTo("{\"shadows\":[\"b\"],\"nextCursor\":null}");
    }

    @Test
    void erasure_ofADeviceThatHasShadowsOnly_leavesNothing() throws Exception {
        patch("shade-6/shadow", "{'desired':{'secret':1}}", null);
        patch("shade-6/shadow/n", "{'desired':{'secret':1}}", null);
        assertThat(status(request("/api/v1/devices/shade-6").DELETE())).isEqualTo(204);
        problem(get("/api/v1/devices/shade-6/shadow"), 404, "not-found");
        assertThat(json(get("/api/v1/devices/shade-6/shadows"), 200).at("/shadows"))
                .isEmpty();
        assertThat(text(get("/api/v1/devices/shade-6/shadow-history"))).doesNotContain("secret");
        problem(send(request("/api/v1/devices/shade-6").DELETE()), 404, "unknown-device");
    }

    private static HttpResponse<byte[]> patch(String path, String body, @Nullable String ifMatch) throws Exception {
        var request = request("/api/v1/devices/" + path)
                .header("Content-Type", MERGE_PATCH)
                .method("PATCH", BodyPublishers.ofString(body.replace('\'', '"')));
        return send(ifMatch == null ? request : request.header("If-Match", ifMatch));
    }
}
