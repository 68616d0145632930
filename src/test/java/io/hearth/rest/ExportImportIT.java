package io.hearth.rest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.hearth.HearthProcess;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Export of one packaged service into another. */
class ExportImportIT extends RestFixture {
    private static final String PARQUET = "application/vnd.apache.parquet";

    @SuppressWarnings("NullAway.Init")
    private static HearthProcess other;

    @BeforeAll
    static void startOther() {
        other = HearthProcess.start(Map.of("HEARTH_IMPORT_MAX_FILE", "16K"));
    }

    @AfterAll
    static void stopOther() {
        other.close();
    }

    @ParameterizedTest
    @CsvSource({"ndjson, application/x-ndjson", "csv, text/csv", "parquet, " + PARQUET})
    void export_importedElsewhere_isTheSameThere(String format, String type) throws Exception {
        String device = "portable-" + format;
        batch(line(device, START, "\"a\":1.5,\"b\":true,\"c\":\"x,\\\"y\\\"\"")
                + line(device, START.plusSeconds(1), "\"a\":-2,\"c\":\"true\""));
        byte[] file = get("/api/v1/export?format=" + format + "&ids=" + device).body();
        for (int time = 0; time < 2; time++) {
            HttpResponse<byte[]> answer =
                    send(atOther("/api/v1/import").header("Content-Type", type).POST(BodyPublishers.ofByteArray(file)));
            assertThat(json(answer, 200).at("/stored").asInt()).isEqualTo(2);
        }

        assertThat(send(atOther("/api/v1/export?format=" + format + "&ids=" + device)
                                .GET())
                        .body())
                .isEqualTo(file);
        assertThat(filesIn(other.directory().resolve("data"))).noneMatch(name -> name.endsWith(".parquet"));
    }

    @Test
    void importCsv_ofManyBlocks_countsEachReadingOnce() throws Exception {
        StringBuilder csv = new StringBuilder("device,ts,metric,value,type\n");
        int readings = 10_000;
        for (int i = 0; i < readings; i++) {
            for (String metric : List.of("one", "two", "three")) {
                csv.append("blocks,").append(START.minusMillis(i)).append(',');
                csv.append(metric).append(',').append(i).append(",number\n");
            }
        }
        assertThat(csv.length()).isGreaterThan(2 * 512 * 1024);

        JsonNode answer = json(importing("text/csv", csv.toString().getBytes(UTF_8)), 200);

        assertThat(answer.at("/stored").asInt()).isEqualTo(readings);
        assertThat(answer.at("/rejectedTotal").asInt()).isZero();
    }

    @Test
    void import_withoutAContentType_isNotGuessed() throws Exception {
        HttpResponse<byte[]> answer = send(request("/api/v1/import").POST(BodyPublishers.ofString("{}")));

        problem(answer, 415, "unsupported-media-type");
    }

    @Test
    void importParquet_damagedWithin_saysWhatWasStored() throws Exception {
        batch(line("damaged", START, "\"text\":\"" + "x".repeat(500) + "\",\"other\":1"));
        byte[] file = get("/api/v1/export?format=parquet&ids=damaged").body();
        for (int i = 4; i < 40; i++) {
            file[i] ^= 0x55;
        }

        JsonNode answer = problem(importing(PARQUET, file), 400, "invalid-request");

        assertThat(answer.at("/detail").asText()).startsWith("Parquet: a page ");
        assertThat(answer.at("/stored").asInt(-1))
                .as("the first page is damaged")
                .isZero();
    }

    @Test
    void export_byAccept_answersItsMediaType_andNdjsonOtherwise() throws Exception {
        batch(line("accepting", START, "\"a\":1"));

        HttpResponse<byte[]> any = get("/api/v1/export?ids=accepting");
        HttpResponse<byte[]> csv = send(request("/api/v1/export?ids=accepting")
                .header("Accept", "text/csv")
                .GET());

        assertThat(new String(any.body(), UTF_8)).isEqualTo(line("accepting", START, "\"a\":1"));
        assertThat(any.headers().firstValue("Content-Type")).hasValue("application/x-ndjson");
        assertThat(new String(csv.body(), UTF_8))
                .isEqualTo("device,ts,metric,value,type\r\naccepting," + START + ",a,1,number\r\n");
    }

    @Test
    void export_rangeMetricsAndDevices_narrowIt() throws Exception {
        batch(line("narrow2", START, "\"a\":1,\"b\":2")
                + line("narrow1", START.plusSeconds(5), "\"a\":3,\"b\":4")
                + line("narrow1", START.plusSeconds(9), "\"a\":5"));

        String lines = new String(
                get("/api/v1/export?ids=narrow2,narrow1&metrics=a&to=" + START.plusSeconds(9))
                        .body(),
                UTF_8);

        assertThat(lines)
                .isEqualTo(line("narrow1", START.plusSeconds(5), "\"a\":3") + line("narrow2", START, "\"a\":1"));
    }

    @Test
    void export_unknownDevice_isNotFound() throws Exception {
        problem(get("/api/v1/export?ids=never-seen"), 404, "unknown-device");
    }

    @Test
    void importCsv_wideWithABadRow_storesTheOthers() throws Exception {
        String csv = "ts,device,temperature,ok\r\n" + START + ",wide,20.5,true\r\nyesterday,wide,1,true\r\n"
                + START.plusSeconds(1) + ",wide,,false\r\n";

        JsonNode answer = json(importing("text/csv", csv.getBytes(UTF_8)), 200);

        assertThat(answer.at("/stored").asInt()).isEqualTo(2);
        assertThat(answer.at("/rejected/0/index").asInt()).isEqualTo(1);
        assertThat(answer.at("/rejected/0/detail").asText()).startsWith("ts: ");
        assertThat(new String(get("/api/v1/export?ids=wide").body(), UTF_8))
                .isEqualTo(line("wide", START, "\"ok\":true,\"temperature\":20.5")
                        + line("wide", START.plusSeconds(1), "\"ok\":false"));
    }

    @ParameterizedTest
    @CsvSource({
        "text/csv, 'a,b\n1,2\n', 'CSV: the header must have the columns device and ts'",
        PARQUET + ", 'not a parquet file at all', 'Parquet: the file is no Parquet file'"
    })
    void import_ofNoSuchFile_saysWhatIsWrong(String type, String body, String problem) throws Exception {
        JsonNode answer = problem(importing(type, body.getBytes(UTF_8)), 400, "invalid-request");

        assertThat(answer.at("/detail").asText()).startsWith(problem);
    }

    @Test
    void importParquet_largerThanAllowed_isRefusedAndLeavesNothing() throws Exception {
        HttpResponse<byte[]> answer = send(atOther("/api/v1/import")
                .header("Content-Type", PARQUET)
                .POST(BodyPublishers.ofByteArray(new byte[100_000])));

        problem(answer, 413, "payload-too-large");
        assertThat(filesIn(other.directory().resolve("data"))).noneMatch(name -> name.endsWith(".parquet"));
    }

    private static HttpResponse<byte[]> importing(String type, byte[] body) throws Exception {
        return send(request("/api/v1/import").header("Content-Type", type).POST(BodyPublishers.ofByteArray(body)));
    }

    private static HttpRequest.Builder atOther(String path) {
        return HttpRequest.newBuilder(other.httpUri().resolve(path))
                .header("Authorization", "Bearer " + other.adminToken());
    }

    private static Stream<String> filesIn(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.map(Path::toString).toList().stream();
        }
    }
}
