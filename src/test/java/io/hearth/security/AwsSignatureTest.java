package io.hearth.security;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.security.AwsSignature.Signed;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.http.auth.spi.signer.HttpSigner;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;

/** What AWS' own signer signs is taken; once anything of it is changed, it is not. */
class AwsSignatureTest {
    private static final String SECRET = "a-secret-of-some-length";
    private static final Instant NOW = Instant.parse("2026-11-30T13:00:00Z");
    private static final byte[] BODY = "{\"state\":{\"desired\":{\"on\":true}}}".getBytes(UTF_8);
    private static final String URI_OF_SHADOW = "/things/lamp/shadow?name=a%20b&x=1";

    @ParameterizedTest
    @ValueSource(
            strings = {
                URI_OF_SHADOW,
                "/things/lamp/shadow",
                "/things/a%3Ab_c-d/shadow?name=",
                "/things/a%20b/shadow?b=2&a=1&a=0",
                "/api/things/shadow/ListNamedShadowsForThing/lamp?nextToken=a%2Fb%2B%3D&pageSize=7"
            })
    void asSigned_isTaken(String uri) {
        Signed request = signed("iotdata", uri, NOW);

        assertThat(isTaken(request, NOW)).isTrue();
        assertThat(isTaken(request, NOW, SECRET.substring(1))).isFalse();
        assertThat(isTaken(request, NOW, SECRET.substring(0, SECRET.length() - 1)))
                .isFalse();
        assertThat(isTaken(request, NOW, "")).isFalse();
    }

    @Test
    void anythingElseThanWasSigned_isRefused() {
        Signed request = signed("iotdata", URI_OF_SHADOW, NOW);
        Map<String, List<String>> headers = request.headers();

        assertThat(isTaken(new Signed("GET", request.uri(), headers, BODY), NOW))
                .as("method")
                .isFalse();
        for (String uri : List.of(
                "/things/lump/shadow?name=a%20b&x=1",
                "/things/lamp/shadow?name=a%20c&x=1",
                "/things/lamp/shadow?name=a%20b",
                "/things/lamp/shadow?name=a%20b&x=1&y=2",
                "/things/lamp/shadow")) {
            assertThat(isTaken(new Signed("POST", uri, headers, BODY), NOW))
                    .as(uri)
                    .isFalse();
        }
        for (int i = 0; i < BODY.length; i++) {
            byte[] other = BODY.clone();
            other[i] ^= 1;
            assertThat(isTaken(new Signed("POST", request.uri(), headers, other), NOW))
                    .as("body, byte %d", i)
                    .isFalse();
        }
        assertThat(isTaken(new Signed("POST", request.uri(), headers, new byte[0]), NOW))
                .isFalse();
        assertThat(isTaken(with(request, "host", "other.example.org"), NOW)).isFalse();
        assertThat(isTaken(with(request, "content-type", "text/plain"), NOW)).isFalse();
        assertThat(isTaken(with(request, "x-amz-date", "20261130T130001Z"), NOW))
                .isFalse();
        String authorization = header(headers, "authorization");
        for (String[] change : new String[][] {
            {"20261130", "20261129"},
            {"eu-central-1", "eu-central-2"},
            {"iotdata", "iotdevicegateway"},
            {"content-type;", ""},
            {"host;", ""}
        }) {
            assertThat(authorization).contains(change[0]);
            String changed = authorization.replace(change[0], change[1]);
            assertThat(isTaken(with(request, "authorization", changed), NOW))
                    .as(changed)
                    .isFalse();
        }
    }

    /** Else whoever has overheard a request could send another body with it. */
    @Test
    void hashOfTheBodyInAHeader_isNotTakenForThatOfTheBody() throws Exception {
        Signed request = signed("iotdata", URI_OF_SHADOW, NOW);
        Signed another = new Signed("POST", request.uri(), request.headers(), "{}".getBytes(UTF_8));

        assertThat(isTaken(with(another, "x-amz-content-sha256", hex(sha256(BODY))), NOW))
                .isFalse();
        assertThat(isTaken(with(another, "x-amz-content-sha256", "UNSIGNED-PAYLOAD"), NOW))
                .isFalse();
    }

    @Test
    void aQuarterOfAnHour_isHowLongASignatureLasts_toBothSides() {
        Signed request = signed("iotdata", URI_OF_SHADOW, NOW);
        Duration skew = Duration.ofMinutes(15);

        assertThat(isTaken(request, NOW.plus(skew))).isTrue();
        assertThat(isTaken(request, NOW.minus(skew))).isTrue();
        assertThat(isTaken(request, NOW.plus(skew).plusMillis(1))).isFalse();
        assertThat(isTaken(request, NOW.minus(skew).minusMillis(1))).isFalse();
        assertThat(isTaken(request, NOW.plus(Duration.ofDays(1)))).isFalse();
    }

    @Test
    void signatureForAnotherService_isRefused() {
        assertThat(isTaken(signed("iotdevicegateway", URI_OF_SHADOW, NOW), NOW)).isTrue();
        assertThat(isTaken(signed("s3", URI_OF_SHADOW, NOW), NOW)).isFalse();
        assertThat(isTaken(signed("dynamodb", URI_OF_SHADOW, NOW), NOW)).isFalse();
    }

    /** A right signature that leaves out the host would be good for any other installation with the same token. */
    @ParameterizedTest
    @ValueSource(strings = {"host;x-amz-date", "x-amz-date", "host"})
    void hostAndTime_mustBeSigned(String signedHeaders) throws Exception {
        StringBuilder canonical = new StringBuilder("POST\n/things/lamp/shadow\n\n");
        Map<String, List<String>> headers = new HashMap<>();
        headers.put("host", List.of("hearth.example.org"));
        headers.put("x-amz-date", List.of("20261130T130000Z"));
        for (String name : signedHeaders.split(";", -1)) {
            canonical.append(name).append(':').append(header(headers, name)).append('\n');
        }
        canonical.append('\n').append(signedHeaders).append('\n').append(hex(sha256(BODY)));
        String scope = "20261130/eu-central-1/iotdata/aws4_request";
        byte[] key = ("AWS4" + SECRET).getBytes(UTF_8);
        for (String part : scope.split("/", -1)) {
            key = hmac(key, part);
        }
        String toSign = "AWS4-HMAC-SHA256\n20261130T130000Z\n" + scope + "\n"
                + hex(sha256(canonical.toString().getBytes(UTF_8)));
        headers.put(
                "authorization",
                List.of("AWS4-HMAC-SHA256 Credential=any/" + scope + ", SignedHeaders=" + signedHeaders + ", Signature="
                        + hex(hmac(key, toSign))));

        assertThat(isTaken(new Signed("POST", "/things/lamp/shadow", headers, BODY), NOW))
                .isEqualTo(signedHeaders.equals("host;x-amz-date"));
    }

    private static Signed signed(String service, String uri, Instant now) {
        SdkHttpRequest request = SdkHttpRequest.builder()
                .method(SdkHttpMethod.POST)
                .uri(URI.create("https://hearth.example.org" + uri))
                .putHeader("Content-Type", "application/json")
                .build();
        SdkHttpRequest signed = AwsV4HttpSigner.create()
                .sign(sign -> sign.identity(AwsCredentialsIdentity.create("any", SECRET))
                        .request(request)
                        .payload(() -> new ByteArrayInputStream(BODY))
                        .putProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, service)
                        .putProperty(AwsV4HttpSigner.REGION_NAME, "eu-central-1")
                        .putProperty(HttpSigner.SIGNING_CLOCK, Clock.fixed(now, ZoneOffset.UTC)))
                .request();
        Map<String, List<String>> headers = new HashMap<>();
        signed.headers().forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), values));
        return new Signed("POST", uri, headers, BODY);
    }

    private static String header(Map<String, List<String>> headers, String name) {
        return Objects.requireNonNull(headers.get(name)).get(0);
    }

    private static Signed with(Signed request, String header, String value) {
        Map<String, List<String>> headers = new HashMap<>(request.headers());
        headers.put(header, List.of(value));
        return new Signed(request.method(), request.uri(), headers, request.body());
    }

    private static boolean isTaken(Signed request, Instant now) {
        return isTaken(request, now, SECRET);
    }

    private static boolean isTaken(Signed request, Instant now, String secret) {
        String authorization = header(request.headers(), "authorization");
        AwsSignature signature = AwsSignature.of(authorization, request, now);
        return signature != null && signature.isBy(secret);
    }

    private static byte[] hmac(byte[] key, String text) throws Exception {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        return mac.doFinal(text.getBytes(UTF_8));
    }

    private static byte[] sha256(byte[] bytes) throws Exception {
        return MessageDigest.getInstance("SHA-256").digest(bytes);
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
