package io.hearth.rest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.hearth.rest.readings.ReadingsResource;
import java.io.ByteArrayInputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

/** Readings on their way out: pages, forms, times, compression. */
class RestRangeIT extends RestFixture {
    @Test
    void pages_inBothOrders_holdEveryReadingOnce() throws Exception {
        storeRamp("paged", 25);
        for (String order : List.of("asc", "desc")) {
            List<Integer> seen = new ArrayList<>();
            String query = "/api/v1/devices/paged/readings?from=-2h&limit=7&order=" + order;
            String cursor = "";
            int pages = 0;
            do {
                JsonNode page = json(get(query + cursor), 200);
                page.at("/readings")
                        .forEach(reading -> seen.add(reading.at("/values/n").asInt()));
                cursor = page.at("/nextCursor").isNull()
                        ? null
                        : "&cursor=" + page.at("/nextCursor").asText();
                pages++;
            } while (cursor != null);
            assertThat(pages).isEqualTo(4);
            assertThat(seen)
                    .hasSize(25)
                    .isSortedAccordingTo(
                            order.equals("asc")
                                    ? java.util.Comparator.naturalOrder()
                                    : java.util.Comparator.reverseOrder());
        }
    }

    @Test
    void lastPage_whenItIsJustFull_hasNoCursor() throws Exception {
        storeRamp("full", 10);

        assertThat(json(get("/api/v1/devices/full/readings?limit=10"), 200)
                        .at("/nextCursor")
                        .isNull())
                .isTrue();
        assertThat(json(get("/api/v1/devices/full/readings?limit=9"), 200)
                        .at("/nextCursor")
                        .isNull())
                .isFalse();
    }

    @Test
    void csvAndLines_withALimit_haveTheCursorInAHeader() throws Exception {
        storeRamp("rows", 5);
        for (String type : List.of("text/csv", NDJSON)) {
            String path = "/api/v1/devices/rows/readings?from=-2h&limit=3";
            HttpResponse<byte[]> first =
                    send(request(path).header("Accept", type).GET());
            assertThat(first.statusCode()).isEqualTo(200);
            assertThat(first.headers().firstValue("Content-Type").orElseThrow()).startsWith(type);
            String cursor =
                    first.headers().firstValue(ReadingsResource.NEXT_CURSOR).orElseThrow();
            HttpResponse<byte[]> second = send(
                    request(path + "&cursor=" + cursor).header("Accept", type).GET());
            assertThat(second.headers().firstValue(ReadingsResource.NEXT_CURSOR))
                    .isEmpty();

            int header = type.equals(NDJSON) ? 0 : 1;
            assertThat(text(first).lines()).hasSize(3 + header);
            assertThat(text(second).lines()).hasSize(2 + header);
        }
        assertThat(text(send(request("/api/v1/devices/rows/readings?metrics=n,absent")
                        .header("Accept", "text/csv")
                        .GET())))
                .startsWith("ts,n,absent\r\n" + START + ",0,\r\n")
                .endsWith(",4,\r\n");
    }

    @Test
    void columns_andEpochTimes_areParallelArrays() throws Exception {
        storeRamp("columns", 3);
        long millis = START.toEpochMilli();

        assertThat(text(get("/api/v1/devices/columns/readings?layout=columns&ts=epoch&order=desc")))
                .isEqualTo("{\"device\":\"columns\",\"readings\":{\"ts\":[" + (millis + 2000) + "," + (millis + 1000)
                        + "," + millis + "],\"n\":[2,1,0]},\"nextCursor\":null}");
    }

    @Test
    void metricWithAComma_isSelectedByMetric_whichRepeats() throws Exception {
        json(batch(line("commas", START, "\"a,b\":1,\"a\":2,\"c\":3,\"d\":4")), 200);
        String path = "/api/v1/devices/commas/readings";

        assertThat(text(get(path + "?metric=a,b"))).contains("\"values\":{\"a,b\":1}}");
        assertThat(json(get(path + "?metric=a,b&metric=c&metrics=d,c"), 200).at("/readings/0/values"))
                .hasToString("{\"a,b\":1,\"c\":3,\"d\":4}");
        assertThat(json(get(path + "/aggregate?maxPoints=1&from=-2h&metric=a,b"), 200)
                        .at("/buckets/0/a,b/avg")
                        .asInt())
                .isEqualTo(1);
        assertThat(text(get("/api/v1/export?ids=commas&metric=a,b")))
                .contains("\"a,b\":1")
                .doesNotContain("\"c\"");
        assertThat(json(get(path + "?metric="), 200).at("/readings/0/values")).hasSize(4);
    }

    @Test
    void range_isHalfOpen_andTakesEveryFormOfTime() throws Exception {
        storeRamp("times", 10);
        String from = START.plusSeconds(2).toString();
        long to = START.plusSeconds(5).getEpochSecond();

        assertThat(text(get("/api/v1/devices/times/readings?layout=columns&ts=epoch&from=" + from + "&to=" + to)))
                .contains("\"n\":[2,3,4]");
        String offset = from.replace("Z", "+00:00");
        assertThat(json(get("/api/v1/devices/times/readings?from=" + offset + "&to=now"), 200)
                        .at("/readings"))
                .hasSize(8);
        assertThat(json(get("/api/v1/devices/times/readings?to=-2h"), 200).at("/readings"))
                .isEmpty();
    }

    @Test
    void compressedAnswer_ifAskedFor_isTheSame() throws Exception {
        storeRamp("gzip", 2_000);
        String plain = text(get("/api/v1/devices/gzip/readings"));
        HttpResponse<byte[]> packed = send(request("/api/v1/devices/gzip/readings")
                .header("Accept-Encoding", "gzip")
                .GET());

        assertThat(packed.headers().firstValue("Content-Encoding")).contains("gzip");
        assertThat(packed.body().length).isLessThan(plain.length() / 4);
        assertThat(new String(new GZIPInputStream(new ByteArrayInputStream(packed.body())).readAllBytes(), UTF_8))
                .isEqualTo(plain);
        assertThat(send(request("/api/v1/devices/gzip/readings")
                                .header("Accept-Encoding", "gzip;q=0")
                                .GET())
                        .headers()
                        .firstValue("Content-Encoding"))
                .isEmpty();
    }

    @Test
    void clientThatLeavesMidway_disturbsNobody() throws Exception {
        StringBuilder body = new StringBuilder();
        for (int i = 0; i < 60_000; i++) {
            body.append(line("leaver", START.plusMillis(i), "\"n\":" + i + ",\"text\":\"" + "x".repeat(50) + "\""));
        }
        json(batch(body.toString()), 200);
        String log = hearth.log();
        for (int i = 0; i < 5; i++) {
            try (Socket socket = new Socket("127.0.0.1", hearth.httpUri().getPort())) {
                OutputStream out = socket.getOutputStream();
                out.write(
                        ("GET /api/v1/devices/leaver/readings?limit=100000 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                                        + hearth.adminToken() + "\r\n\r\n")
                                .getBytes(UTF_8));
                assertThat(socket.getInputStream().readNBytes(1_000)).hasSize(1_000);
            }
        }

        assertThat(json(get("/api/v1/devices/leaver/readings?limit=100000"), 200)
                        .at("/readings"))
                .hasSize(60_000);
        assertThat(hearth.log().substring(log.length())).doesNotContain("ERROR").doesNotContain("Exception");
    }
}
