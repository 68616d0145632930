package io.hearth.codec;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.Seed;
import io.hearth.model.Column;
import io.hearth.model.DeviceId;
import io.hearth.model.PointBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonLinesTest {
    private final JsonReadings json = new JsonReadings();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'device':'d1','ts':1763806400123,'values':{'a':21.5,'b':true,'c':false,'d':'text','e':-0.0}}",
                "{'device': 'd1', 'ts': 1763806400, 'values': {'a': 1, 'küche': 2e5}}",
                "{'device':'d1','values':{'a':1}}",
                "{'device':'d1','ts':'2026-11-22T10:00:00.123456Z','values':{'a':1}}",
                "{'device':'d1','ts':-1763806400123456,'values':{'a':'','b':2}}"
            })
    void plainLine_isReadWithoutTheParser_andMeansTheSame(String line) {
        byte[] bytes = bytes(line);
        PointBuffer points = new PointBuffer();

        DeviceId device = plain().read(bytes, 0, bytes.length, points);

        assertThat(device).isEqualTo(new DeviceId("d1"));
        assertThat(readings(points)).isEqualTo(parsed(bytes));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'device':'d1','ts':null,'values':{'a':1}}",
                "{'ts':1,'device':'d1','values':{'a':1}}",
                "{'device':'d1','a':1}",
                "{'device':'d1','values':{'a':{'b':1}}}",
                "{'device':'d1','values':{'a':null,'b':1}}",
                "{'device':'d1','values':{'a':'\\u0041'}}",
                "{'device':'d1','values':{'a':'ü'}}",
                "{'device':'d1','ts':1763806400.5,'values':{'a':1}}",
                "{'device':'d1','ts':'2026-11-22T11:00:00+01:00','values':{'a':1}}",
                "{'device':'d1','values':{'a':1},'b':2}"
            })
    void otherLine_isLeftToTheParser_whichTakesIt(String line) {
        byte[] bytes = bytes(line);
        PointBuffer points = new PointBuffer();

        assertThat(plain().read(bytes, 0, bytes.length, points)).isNull();
        assertThat(points.size()).isZero();
        LineReader reader = new JsonLines().read(bytes, bytes.length, points);
        assertThat(reader.next()).isTrue();
        assertThat(reader.problem()).isNull();
        assertThat(reader.device()).isEqualTo(new DeviceId("d1"));
        assertThat(readings(points)).isEqualTo(parsed(bytes));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\u0001',
            value = {
                "{'device':'d1','values':{'a':01}}|not JSON",
                "{'device':'d1','values':{'a':.5}}|not JSON",
                "{'device':'d1','values':{'a':+5}}|not JSON",
                "{'device':'d1','values':{'a':1.}}|not JSON",
                "{'device':'d1','values':{'a':1,}}|not JSON",
                "{'device':'d1','values':{'a':1}}}|not JSON",
                "{'device':'d1','values':{'a':1}|not JSON",
                "{'device':'d1','values':{'a':1e400}}|a: is beyond the range",
                "{'device':'d1','values':{'a\u200Bb':1}}|a<U+200B>b: is not a metric name",
                "{'device':'d1','values':{}}|a reading has at least one value",
                "{'device':'d1','ts':'2026-02-30T00:00:00Z','values':{'a':1}}|ts: not an RFC 3339 time",
                "{'device':'d1','values':{'t':1,'t':2}}|t: is there twice",
                "{'device':'d1','values':{'t':1},'t':2}|t: is there twice",
                "{'device':'d1','ts':1,'ts':2,'values':{'t':1}}|ts: is there twice",
                "{'device':'d1','device':'d2','values':{'t':1}}|device: is there twice",
                "{'device':'d1','ts':tru,'values':{'a':1}}|not JSON"
            })
    void badLine_isRefusedAsTheParserRefusesIt(String line, String problem) {
        byte[] bytes = bytes(line);
        PointBuffer points = new PointBuffer();
        LineReader reader = new JsonLines().read(bytes, bytes.length, points);

        assertThat(reader.next()).isTrue();
        assertThat(reader.problem()).startsWith(problem);
        assertThat(points.size()).isZero();
    }

    @Test
    void plainReader_onAnyBytes_takesOnlyWhatTheParserTakesAlike() {
        long seed = Seed.of(getClass());
        Random random = new Random(seed);
        String[] pieces = {
            "{",
            "}",
            "\"",
            ":",
            ",",
            " ",
            "\"device\":",
            "\"d1\"",
            "\"ts\":",
            "1763806400123",
            "-1",
            "0",
            "1.5",
            "1e3",
            "\"values\":{",
            "\"a\":",
            "\"b\":",
            "true",
            "false",
            "null",
            "\"x\"",
            "\\",
            "\u00ff",
            "\t",
            "01",
            "\"2026-11-22T10:00:00Z\"",
            "{\"device\":\"d1\",\"ts\":1763806400123,\"values\":{\"a\":1}}"
        };
        int taken = 0;
        for (int i = 0; i < 100_000; i++) {
            StringBuilder line =
                    new StringBuilder("{\"device\":\"d1\",\"ts\":1763806400123,\"values\":{\"a\":1,\"b\":true}}");
            for (int edits = random.nextInt(3); edits >= 0; edits--) {
                int from = random.nextInt(line.length());
                int to = Math.min(line.length(), from + random.nextInt(4));
                line.replace(from, to, random.nextInt(3) == 0 ? "" : pieces[random.nextInt(pieces.length)]);
                if (line.length() == 0) {
                    line.append('{');
                }
            }
            byte[] bytes = line.toString().getBytes(ISO_8859_1);
            PointBuffer points = new PointBuffer();
            DeviceId device = plain().read(bytes, 0, bytes.length, points);
            if (device != null) {
                taken++;
                assertThat(readings(points)).as("seed %d: %s", seed, line).isEqualTo(parsed(bytes));
            }
        }
        assertThat(taken).isGreaterThan(1_000);
    }

    @Test
    void longLine_isRefusedUnread() {
        byte[] bytes = bytes("{'device':'d1','values':{'a':1}}" + " ".repeat(LineFormat.MAX_LINE_BYTES)
                + "x\n{'device':'d1'," + "'values':{'a':1}}");
        LineReader reader = new JsonLines().read(bytes, bytes.length, new PointBuffer());

        assertThat(reader.next()).isTrue();
        assertThat(reader.isTooLong()).isTrue();
        assertThat(reader.problem()).isEqualTo("a line has at most 262144 bytes");
        assertThat(reader.next()).isTrue();
        assertThat(reader.problem()).isNull();
        assertThat(reader.isTooLong()).isFalse();
    }

    private static PlainJsonLine plain() {
        return new PlainJsonLine(NameCache.ofDevices(), NameCache.ofMetrics());
    }

    private List<String> parsed(byte[] line) {
        PointBuffer points = new PointBuffer();
        try {
            json.decodeLine(line, 0, line.length, points);
        } catch (MalformedPayloadException e) {
            return List.of(String.valueOf(e.getMessage()));
        }
        return readings(points);
    }

    private static List<String> readings(PointBuffer points) {
        List<String> readings = new ArrayList<>();
        for (int reading = 0; reading < points.size(); reading++) {
            StringBuilder text = new StringBuilder().append(points.timeMicros(reading));
            for (int point = points.firstPoint(reading); point < points.firstPoint(reading + 1); point++) {
                byte kind = points.kind(point);
                text.append(' ').append(points.metric(point)).append(kind).append('=');
                text.append(kind == Column.TEXT ? points.text(point) : Double.toString(points.number(point)));
            }
            readings.add(text.toString());
        }
        return readings;
    }

    private static byte[] bytes(String line) {
        return line.replace('\'', '"').getBytes(UTF_8);
    }
}
