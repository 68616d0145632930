package io.hearth.rest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.hearth.HearthProcess;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Base64;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The requests that Telegraf's two outputs and other clients of InfluxDB make, against the packaged service. */
class LineProtocolIT {
    private static final String V2 = "/api/v2/write?bucket=b&org=o";
    private static final long NOW_SECONDS = System.currentTimeMillis() / 1000;

    private static HearthProcess hearth;
    private static String token;

    private final HttpClient client = HttpClient.newHttpClient();
    private final ObjectMapper json = new ObjectMapper();

    @BeforeAll
    static void start() {
        hearth = HearthProcess.start(Map.of());
        token = hearth.adminToken();
    }

    @AfterAll
    static void stop() {
        hearth.close();
    }

    @Test
    void telegrafVersion2_gzippedMetrics_areStored() throws Exception {
        String line = "climate,device_id=telegraf2,host=hub temperature=21.5,ok=true,mode=\"eco\",n=7i " + NOW_SECONDS
                + "123456789\n";

        HttpResponse<String> answer = client.send(
                post(V2, "Token " + token)
                        .header("Content-Type", "text/plain; charset=utf-8")
                        .header("Content-Encoding", "gzip")
                        .header("User-Agent", "Telegraf/1.36.0 Go/1.25.1")
                        .POST(BodyPublishers.ofByteArray(gzip(line)))
                        .build(),
                BodyHandlers.ofString());

        assertThat(answer.statusCode()).isEqualTo(204);
        assertThat(answer.body()).isEmpty();
        JsonNode latest = latest("telegraf2");
        assertThat(latest.at("/latest/temperature/value").doubleValue()).isEqualTo(21.5);
        assertThat(latest.at("/latest/ok/value").booleanValue()).isTrue();
        assertThat(latest.at("/latest/mode/value").textValue()).isEqualTo("eco");
        assertThat(latest.at("/latest/n/value").doubleValue()).isEqualTo(7);
    }

    @Test
    void telegrafVersion1_createsItsDatabaseAndWrites() throws Exception {
        String basic = "Basic " + Base64.getEncoder().encodeToString(("telegraf:" + token).getBytes(UTF_8));

        HttpResponse<String> created = client.send(
                post("/query", basic)
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(BodyPublishers.ofString("q=CREATE+DATABASE+%22telegraf%22"))
                        .build(),
                BodyHandlers.ofString());
        HttpResponse<String> written = client.send(
                post("/write?db=telegraf", basic)
                        .header("Content-Type", "text/plain; charset=utf-8")
                        .header("Content-Encoding", "gzip")
                        // Telegraf compresses while it sends, so it does not know the length.
                        .POST(BodyPublishers.fromPublisher(BodyPublishers.ofByteArray(
                                gzip("climate,device=telegraf1 temperature=19 " + NOW_SECONDS + "000000000\n"))))
                        .build(),
                BodyHandlers.ofString());

        assertThat(created.statusCode()).isEqualTo(200);
        assertThat(json.readTree(created.body())).isEqualTo(json.readTree("{\"results\":[{\"statement_id\":0}]}"));
        assertThat(written.statusCode()).isEqualTo(204);
        assertThat(latest("telegraf1").at("/latest/temperature/value").doubleValue())
                .isEqualTo(19);
    }

    @Test
    void query_otherThanCreateDatabase_isRefusedInTheShapeOfInfluxDb() throws Exception {
        HttpResponse<String> answer = client.send(
                post("/query?q=SELECT+1", "Bearer " + token)
                        .POST(BodyPublishers.noBody())
                        .build(),
                BodyHandlers.ofString());

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(json.readTree(answer.body()).get("error").textValue()).contains("CREATE DATABASE");
    }

    @Test
    void version2_someLinesBad_storesTheOthersAndNamesThem() throws Exception {
        HttpResponse<String> answer = write(
                V2 + "&precision=s",
                "m,device=partial a=1 " + (NOW_SECONDS - 2) + "\n# comment\nm,device=partial a=x " + NOW_SECONDS
                        + "\nm,device=partial a=2 " + (NOW_SECONDS - 1) + "\nm,device=partial a=3 9"
                        + NOW_SECONDS + "\n");

        assertThat(answer.statusCode()).isEqualTo(400);
        JsonNode error = json.readTree(answer.body());
        assertThat(error.get("code").textValue()).isEqualTo("invalid");
        assertThat(error.get("message").textValue())
                .startsWith("partial write: 2 readings stored, 2 lines not: line 3: a: x is neither")
                .contains("line 5: ts: is more than");
        assertThat(latest("partial").at("/latest/a/value").doubleValue()).isEqualTo(2);
    }

    @Test
    void version1_someLinesBad_tellsSoInItsShape() throws Exception {
        HttpResponse<String> answer =
                write("/write?db=x&precision=s", "nonsense\nm,device=partial1 a=1 " + NOW_SECONDS);

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(json.readTree(answer.body()).get("error").textValue())
                .startsWith("partial write: 1 readings stored, 1 lines not: line 1: ");
        assertThat(latest("partial1").at("/latest/a/value").doubleValue()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"n,000000000", "u,000000", "ms,000", "s,''"})
    void version1_precisions_areUnitsOfTheTimestamp(String precision, String zeros) throws Exception {
        String device = "precision-" + precision;

        HttpResponse<String> answer =
                write("/write?db=x&precision=" + precision, "m,device=" + device + " a=1 " + NOW_SECONDS + zeros);

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(204);
        assertThat(java.time.Instant.parse(latest(device).at("/latest/a/ts").textValue())
                        .getEpochSecond())
                .isEqualTo(NOW_SECONDS);
    }

    @Test
    void measurementNaming_keepsFieldsOfSeveralMeasurementsApart() throws Exception {
        HttpResponse<String> answer = write(
                V2 + "&metric=measurement_field",
                "in,device=named bytes=1 " + NOW_SECONDS + "000000000\nout,device=named bytes=2 " + NOW_SECONDS
                        + "000000000");

        assertThat(answer.statusCode()).isEqualTo(204);
        JsonNode values = latest("named").get("latest");
        assertThat(values.at("/in.bytes/value").doubleValue()).isEqualTo(1);
        assertThat(values.at("/out.bytes/value").doubleValue()).isEqualTo(2);
    }

    @Test
    void stringWithLineFeedAcrossPiecesOfTheBody_isOneValue() throws Exception {
        StringBuilder body = new StringBuilder();
        for (int i = 0; i < 20_000; i++) {
            body.append("m,device=lf a=\"line one\nline two ")
                    .append(i)
                    .append("\" ")
                    .append(NOW_SECONDS * 1000 - i)
                    .append('\n');
        }

        HttpResponse<String> answer = write(V2 + "&precision=ms", body.toString());

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(204);
        assertThat(latest("lf").at("/latest/a/value").textValue()).isEqualTo("line one\nline two 0");
    }

    @Test
    void hugeLine_isRefusedAlone() throws Exception {
        HttpResponse<String> answer = write(
                V2 + "&precision=s",
                "m,device=huge,t=" + "x".repeat(3_000_000) + " a=1 " + NOW_SECONDS + "\nm,device=huge a=2 "
                        + NOW_SECONDS);

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(json.readTree(answer.body()).get("message").textValue())
                .startsWith("partial write: 1 readings stored, 1 lines not: line 1: a line has at most");
        assertThat(latest("huge").at("/latest/a/value").doubleValue()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/write?db=x&precision=",
                "/write?db=x&rp=&consistency=&u=&p=",
                "/write?db=&epoch=s&unknown=1",
                "/write?db=x&precision=&precision=ns",
                "/api/v2/write?bucket=&org=&precision=",
                "/api/v2/write?bucket=b&precision=&metric=&x=y"
            })
    void emptyAndUnknownParameters_areTakenAsByInfluxDb(String path) throws Exception {
        String device = "lenient" + path.replaceAll("[^a-z0-9]", "-");

        assertThat(write(path, "m,device=" + device + " a=1 " + NOW_SECONDS + "000000000")
                        .statusCode())
                .isEqualTo(204);

        assertThat(latest(device).at("/latest/a/value").doubleValue()).isEqualTo(1);
    }

    @Test
    void byteOrderMark_isNoPartOfTheMeasurement() throws Exception {
        HttpResponse<String> answer =
                write(V2 + "&metric=measurement_field", "\uFEFFm,device=marked v=1\nm,device=marked w\u200B=2");

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains("w<U+200B>: is not a metric name: it has U+200B");
        JsonNode latest = latest("marked").at("/latest");
        assertThat(latest).hasSize(1);
        assertThat(latest.at("/m.v/value").doubleValue()).isEqualTo(1);
    }

    @Test
    void createDatabase_withParametersOfOtherStatements_isAnswered() throws Exception {
        assertThat(write("/query?q=CREATE+DATABASE+x&db=&epoch=ms&pretty=true&rp=", "")
                        .statusCode())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Token wrong", "Basic YTpi"})
    void pingAndHealth_areAnsweredWhateverCredentialsAreShown(String authorization) throws Exception {
        HttpRequest.Builder ping =
                HttpRequest.newBuilder(hearth.httpUri().resolve("/ping")).method("HEAD", BodyPublishers.noBody());
        HttpRequest.Builder health = HttpRequest.newBuilder(hearth.httpUri().resolve("/health"));
        if (!authorization.isEmpty()) {
            ping.header("Authorization", authorization);
            health.header("Authorization", authorization);
        }

        HttpResponse<String> pinged = client.send(ping.build(), BodyHandlers.ofString());
        HttpResponse<String> checked = client.send(health.build(), BodyHandlers.ofString());

        assertThat(pinged.statusCode()).isEqualTo(204);
        assertThat(pinged.headers().firstValue("X-Influxdb-Version")).hasValue("hearth");
        assertThat(checked.statusCode()).isEqualTo(200);
        assertThat(checked.headers().firstValue("Content-Type")).hasValue("application/json");
        assertThat(json.readTree(checked.body()).get("status").textValue()).isEqualTo("pass");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/api/v2/write?precision=m", "/write?precision=x", "/api/v2/write?metric=x"})
    void unknownParameterValue_isInvalid(String path) throws Exception {
        HttpResponse<String> answer = write(path, "m,device=d a=1");

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/problem+json");
    }

    @ParameterizedTest
    @CsvSource({
        "/api/v2/write, Bearer, 204",
        "/api/v2/write, Token, 204",
        "/api/v2/write, Basic, 401",
        "/write, Bearer, 204",
        "/write, Token, 204",
        "/write, Basic, 204",
        "/write, param, 401",
        "/api/v2/write, param, 401",
        "/api/v1/devices, Token, 401",
        "/api/v1/devices, Basic, 401",
        "/api/v1/devices, param, 401"
    })
    void authorization_isTakenInTheFormsOfEachPath(String path, String scheme, int status) throws Exception {
        String credentials =
                scheme.equals("Basic") ? Base64.getEncoder().encodeToString(("any:" + token).getBytes(UTF_8)) : token;
        boolean parameter = scheme.equals("param");
        HttpRequest.Builder right =
                HttpRequest.newBuilder(hearth.httpUri().resolve(parameter ? path + "?u=any&p=" + token : path));
        HttpRequest.Builder wrong =
                HttpRequest.newBuilder(hearth.httpUri().resolve(parameter ? path + "?u=any&p=no" : path));
        if (!parameter) {
            right.header("Authorization", scheme + " " + credentials);
            wrong.header("Authorization", scheme + " bm86bm8=");
        }
        HttpRequest.BodyPublisher body = BodyPublishers.ofString("m,device=auth a=1");

        assertThat(client.send(right.POST(body).build(), BodyHandlers.discarding())
                        .statusCode())
                .isEqualTo(status);
        HttpResponse<String> refused = client.send(wrong.POST(body).build(), BodyHandlers.ofString());
        assertThat(refused.statusCode()).isEqualTo(401);
        // A browser that is asked for Basic would send it along with the requests of foreign pages.
        assertThat(refused.headers().allValues("WWW-Authenticate"))
                .noneMatch(challenge -> challenge.startsWith("Basic"));
    }

    private HttpResponse<String> write(String path, String body) throws IOException, InterruptedException {
        return client.send(
                post(path, "Bearer " + token)
                        .POST(BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
    }

    private HttpRequest.Builder post(String path, String authorization) {
        return HttpRequest.newBuilder(hearth.httpUri().resolve(path)).header("Authorization", authorization);
    }

    private JsonNode latest(String device) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(
                        hearth.httpUri().resolve("/api/v1/devices/" + device + "/readings/latest"))
                .header("Authorization", "Bearer " + token)
                .build();
        return json.readTree(client.send(request, BodyHandlers.ofString()).body());
    }

    private static byte[] gzip(String text) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(text.getBytes(UTF_8));
        }
        return packed.toByteArray();
    }
}
