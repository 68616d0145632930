package io.hearth.shadow.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.hearth.HearthProcess;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.http.auth.spi.signer.HttpSigner;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;

/**
 * Requests that AWS' own signer signed, on the wire: taken as they are, and refused once anything of them is another. What is refused
 * changes no shadow and tells nothing of one.
 */
class AwsSignatureIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String PATH = "/things/lamp/shadow?name=night&x=1";
    private static final String BODY = "{\"state\":{\"desired\":{\"on\":true}}}";

    @SuppressWarnings("NullAway.Init")
    private static HearthProcess hearth;

    /** A request as it goes out; what a test changes of it is not signed again. */
    private static final class Signed {
        private final Map<String, String> headers = new LinkedHashMap<>();
        private String method = "POST";
        private String target = PATH;
        private String body = BODY;

        String authorization() {
            return Objects.requireNonNull(headers.get("authorization"));
        }

        void replaceInAuthorization(String text, String replacement) {
            assertThat(authorization()).contains(text);
            headers.put("authorization", authorization().replace(text, replacement));
        }
    }

    /** How a request is signed. */
    private record Signing(String service, String region, Duration ahead, String secret) {}

    @BeforeAll
    static void start() {
        hearth = HearthProcess.start(Map.of("HEARTH_LIMITS_SIGN_IN_DELAY", "0s"));
    }

    @AfterAll
    static void stop() {
        hearth.close();
    }

    private static Signing asAnSdk() {
        return new Signing("iotdata", "eu-central-1", Duration.ZERO, hearth.adminToken());
    }

    @Test
    void asSigned_isTaken_whateverTheRegion() throws Exception {
        assertThat(send(signed(asAnSdk()))).startsWith("HTTP/1.1 200 ");
        assertThat(send(signed(new Signing("iotdata", "us-west-2", Duration.ZERO, hearth.adminToken()))))
                .startsWith("HTTP/1.1 200 ");
        assertThat(send(signed(new Signing("iotdevicegateway", "eu-central-1", Duration.ZERO, hearth.adminToken()))))
                .startsWith("HTTP/1.1 200 ");
        assertThat(send(signed(new Signing("iotdata", "eu-central-1", Duration.ofMinutes(10), hearth.adminToken()))))
                .as("a clock that is off by less than a quarter of an hour")
                .startsWith("HTTP/1.1 200 ");
    }

    @Test
    void changedAfterItWasSigned_isForbidden() throws Exception {
        assertForbidden("body", request -> request.body = BODY.replace("true", "null"));
        assertForbidden("body with a blank more", request -> request.body = BODY + " ");
        assertForbidden("no body", request -> request.body = "");
        assertForbidden("method", request -> request.method = "DELETE");
        assertForbidden("path", request -> request.target = PATH.replace("lamp", "lump"));
        assertForbidden("path in other letters", request -> request.target = PATH.replace("lamp", "%6Camp"));
        assertForbidden("query", request -> request.target = PATH.replace("night", "day"));
        assertForbidden("query with more", request -> request.target = PATH + "&y=2");
        assertForbidden("query with the name twice", request -> request.target = PATH + "&name=day");
        assertForbidden("no query", request -> request.target = "/things/lamp/shadow");
        assertForbidden("host", request -> request.headers.put("host", "other.example.org"));
        assertForbidden("header", request -> request.headers.put("content-type", "text/plain"));
        assertForbidden("header that is gone", request -> request.headers.remove("content-type"));
        assertForbidden("time", request -> request.headers.put("x-amz-date", "20260101T000000Z"));
        assertForbidden("no time", request -> request.headers.remove("x-amz-date"));
        assertForbidden("region", request -> request.replaceInAuthorization("eu-central-1", "eu-central-2"));
        assertForbidden("service", request -> request.replaceInAuthorization("/iotdata/", "/iotdevicegateway/"));
        assertForbidden("host not signed", request -> request.replaceInAuthorization("host;", ""));
        assertForbidden("time not signed", request -> request.replaceInAuthorization(";x-amz-date", ""));
        assertForbidden(
                "more is signed", request -> request.replaceInAuthorization("content-type;", "a;content-type;"));
        assertForbidden("signature", request -> request.replaceInAuthorization("Signature=", "Signature=0"));
        assertForbidden(
                "part of the signature",
                request -> request.headers.put(
                        "authorization",
                        request.authorization()
                                .substring(0, request.authorization().length() - 1)));
        assertForbidden(
                "no signature",
                request -> request.headers.put(
                        "authorization", request.authorization().replaceAll(", Signature=.*", "")));
        assertForbidden("scheme", request -> request.replaceInAuthorization("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"));
        // What a signature says of the body in a header is not taken for the body.
        assertForbidden("hash of the body in a header", request -> {
            request.body = "{}";
            request.headers.put("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
        });
    }

    @Test
    void signedForAnotherServiceOrTimeOrByAnotherSecret_isForbidden() throws Exception {
        String token = hearth.adminToken();
        for (Signing signing : new Signing[] {
            new Signing("s3", "eu-central-1", Duration.ZERO, token),
            new Signing("execute-api", "eu-central-1", Duration.ZERO, token),
            new Signing("iotdata", "eu-central-1", Duration.ofMinutes(-17), token),
            new Signing("iotdata", "eu-central-1", Duration.ofMinutes(17), token),
            new Signing("iotdata", "eu-central-1", Duration.ofDays(-1), token),
            new Signing("iotdata", "eu-central-1", Duration.ofDays(365), token),
            new Signing("iotdata", "eu-central-1", Duration.ZERO, token.substring(1)),
            new Signing("iotdata", "eu-central-1", Duration.ZERO, token.substring(0, token.length() - 1)),
            new Signing("iotdata", "eu-central-1", Duration.ZERO, token + "x"),
            new Signing("iotdata", "eu-central-1", Duration.ZERO, hearth.devicePassword())
        }) {
            assertForbidden(
                    signing.service() + " " + signing.ahead() + " with "
                            + signing.secret().length() + " characters",
                    signed(signing));
        }
    }

    /** Else one proxy would check the first, and the service the other. */
    @Test
    void twoSignatures_areForbidden() throws Exception {
        Signed request = signed(asAnSdk());
        request.headers.put("Authorization", request.authorization());

        assertForbidden("two signatures", request);
    }

    /** What is signed for the routes of AWS opens no other route. */
    @Test
    void signature_onAnotherRoute_isUnauthorized() throws Exception {
        for (String target : new String[] {"/api/v1/devices", "/api/v1/devices/lamp/shadow", "/q/metrics", "/write"}) {
            Signed request = signed("GET", target, "", asAnSdk());

            assertThat(send(request))
                    .as(target)
                    .startsWith("HTTP/1.1 401 ")
                    .contains("application/problem+json", "urn:hearth:problem:unauthorized")
                    .doesNotContain("lamp");
        }
    }

    private static void assertForbidden(String what, Consumer<Signed> change) throws Exception {
        Signed request = signed(asAnSdk());
        change.accept(request);
        assertForbidden(what, request);
    }

    private static void assertForbidden(String what, Signed request) throws Exception {
        String before = send(signed("GET", PATH, "", asAnSdk()));
        String answer = send(request);
        assertThat(answer)
                .as(what)
                .startsWith("HTTP/1.1 403 ")
                .contains("ForbiddenException", "\"code\":403,\"message\":\"Forbidden\"")
                .doesNotContain("desired", "lamp", hearth.adminToken());
        assertThat(version(send(signed("GET", PATH, "", asAnSdk())))).as(what).isEqualTo(version(before));
    }

    /** The version of the shadow, or that there is none. */
    private static String version(String answer) throws IOException {
        var body = JSON.readTree(answer.substring(answer.indexOf("\r\n\r\n") + 4));
        return body.has("version")
                ? body.at("/version").asText()
                : body.at("/code").asText();
    }

    private static Signed signed(Signing signing) {
        return signed("POST", PATH, BODY, signing);
    }

    private static Signed signed(String method, String target, String body, Signing signing) {
        SdkHttpRequest request = SdkHttpRequest.builder()
                .method(SdkHttpMethod.fromValue(method))
                .uri(URI.create(hearth.httpUri() + target))
                .putHeader("Content-Type", "application/json")
                .build();
        Instant time = Instant.now().plus(signing.ahead());
        SdkHttpRequest signed = AwsV4HttpSigner.create()
                .sign(sign -> sign.identity(AwsCredentialsIdentity.create("any", signing.secret()))
                        .request(request)
                        .payload(() -> new ByteArrayInputStream(body.getBytes(UTF_8)))
                        .putProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, signing.service())
                        .putProperty(AwsV4HttpSigner.REGION_NAME, signing.region())
                        .putProperty(HttpSigner.SIGNING_CLOCK, Clock.fixed(time, ZoneOffset.UTC)))
                .request();
        Signed result = new Signed();
        result.method = method;
        result.target = target;
        result.body = body;
        signed.headers().forEach((name, values) -> result.headers.put(name.toLowerCase(Locale.ROOT), values.get(0)));
        return result;
    }

    /** The whole answer, head and body. */
    private static String send(Signed request) throws IOException {
        StringBuilder head =
                new StringBuilder(request.method + " " + request.target + " HTTP/1.1\r\nConnection: close\r\n");
        request.headers.forEach((name, value) -> {
            if (!name.equals("content-length")) {
                head.append(name).append(": ").append(value).append("\r\n");
            }
        });
        byte[] body = request.body.getBytes(UTF_8);
        head.append("content-length: ").append(body.length).append("\r\n\r\n");
        try (Socket socket = new Socket("127.0.0.1", hearth.httpUri().getPort())) {
            socket.setSoTimeout(60_000);
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            out.writeBytes(head.toString().getBytes(UTF_8));
            out.writeBytes(body);
            socket.getOutputStream().write(out.toByteArray());
            return new String(socket.getInputStream().readAllBytes(), UTF_8);
        }
    }
}
