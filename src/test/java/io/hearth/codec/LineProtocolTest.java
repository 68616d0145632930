package io.hearth.codec;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.Seed;
import io.hearth.codec.LineProtocol.Naming;
import io.hearth.model.Column;
import io.hearth.model.DeviceId;
import io.hearth.model.PointBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LineProtocolTest {
    private static final long NO_TIME = PointBuffer.NO_TIME;

    private final LineProtocol protocol = new LineProtocol(List.of("device_id", "device"));
    private final PointBuffer points = new PointBuffer();
    private final List<Read> lines = new ArrayList<>();

    /** What came of a line; {@code device} is empty if it named none that is valid. */
    private record Read(int line, String device, String problem) {}

    @Test
    void read_tagsFieldsTime_isAReadingOfTheDevice() {
        read("readings,room=hall,device_id=d1,type=t temperature=21.5,humidity=40 1763806400123456789\n");

        assertThat(lines).containsExactly(new Read(0, "d1", ""));
        assertThat(reading(0)).isEqualTo(Map.of("temperature", 21.5, "humidity", 40.0));
        assertThat(points.timeMicros(0)).isEqualTo(1_763_806_400_123_456L);
    }

    @Test
    void read_deviceTags_theFirstOfTheListCounts() {
        read("m,device=a,device_id=b v=1\nm,device_id=c,device=d v=1\nm,device=e v=1\nm,device_idx=f,xdevice=g v=1");

        assertThat(lines)
                .containsExactly(
                        new Read(0, "b", ""),
                        new Read(1, "c", ""),
                        new Read(2, "e", ""),
                        new Read(3, "", "there is no tag device_id or device to name the device"));
    }

    @Test
    void read_everyTypeOfField_isItsValue() {
        read(
                "m,device=d i=-12i,u=12u,f=-1.5e3,plus=+2,point=.5,t1=t,t2=T,t3=true,t4=True,t5=TRUE,f1=f,f2=F,f3=false,"
                        + "f4=False,f5=FALSE,s=\"text\",empty=\"\",zero=-0i,min=-9223372036854775808i,max=18446744073709551615u");

        assertThat(lines).containsExactly(new Read(0, "d", ""));
        Map<String, Object> expected = new TreeMap<>(Map.of(
                "i", -12.0, "u", 12.0, "f", -1500.0, "plus", 2.0, "point", 0.5, "s", "text", "empty", "", "zero", 0.0));
        for (int i = 1; i <= 5; i++) {
            expected.put("t" + i, true);
            expected.put("f" + i, false);
        }
        expected.put("min", (double) Long.MIN_VALUE);
        expected.put("max", 0x1p64);
        assertThat(reading(0)).isEqualTo(expected);
        assertThat(points.timeMicros(0)).isEqualTo(NO_TIME);
    }

    @Test
    void read_escapes_areThoseOfTheSpecification() {
        read(
                "my\\ meas\\,ure=ment,ta\\ g\\,k\\=ey=val\\ ue\\,\\=,device=d1,path=C:\\Windows f\\,ie\\=ld=1,back\\slash=2,"
                        + "s=\"a \\\"quoted\\\" and \\\\ and \\n, = and a \nnew line\" 5");

        assertThat(lines).containsExactly(new Read(0, "d1", ""));
        assertThat(reading(0))
                .isEqualTo(Map.of(
                        "f,ie=ld", 1.0, "back\\slash", 2.0, "s", "a \"quoted\" and \\ and \\n, = and a \nnew line"));
    }

    @Test
    void read_escapedSpaceInAField_isStoredInAnotherForm() {
        read("m,device=d a\\ b=1,a/b=2");

        assertThat(lines.get(0).problem).isEmpty();
        assertThat(reading(0)).isEqualTo(Map.of("a%20b", 1.0, "a%2Fb", 2.0));
    }

    @Test
    void read_escapeInTheDevice_isNoDevice() {
        read("m,device=d\\ 1 a=1\nm,device=d.1 a=1\nm,device=d\u00e4 a=1");

        assertThat(lines)
                .extracting(Read::device, Read::problem)
                .containsOnly(org.assertj.core.groups.Tuple.tuple("", ""));
        assertThat(lines).hasSize(3);
    }

    @Test
    void read_measurementNaming_putsItInFront() {
        LineFormat format = protocol.format(EpochUnit.NANOSECONDS, Naming.MEASUREMENT_FIELD);
        read(format, "cpu,device=d usage=1\nde\\,sk,device=d us\\=age=2\nlonger_than_before,device=d usage=3");

        assertThat(reading(0)).isEqualTo(Map.of("cpu.usage", 1.0));
        assertThat(reading(1)).isEqualTo(Map.of("de,sk.us=age", 2.0));
        assertThat(reading(2)).isEqualTo(Map.of("longer_than_before.usage", 3.0));
    }

    @ParameterizedTest
    @CsvSource({
        "NANOSECONDS,1763806400123456789,1763806400123456",
        "NANOSECONDS,-1,-1",
        "MICROSECONDS,1763806400123456,1763806400123456",
        "MILLISECONDS,1763806400123,1763806400123000",
        "SECONDS,1763806400,1763806400000000",
        "MINUTES,29396773,1763806380000000",
        "HOURS,489946,1763805600000000"
    })
    void read_timestamp_isOfTheUnit(EpochUnit unit, String timestamp, long micros) {
        read(protocol.format(unit, Naming.FIELD), "m,device=d a=1 " + timestamp);

        assertThat(points.timeMicros(0)).isEqualTo(micros);
    }

    @Test
    void read_commentsAndBlankLines_arePassedOverAndCounted() {
        read("# a \"comment\n\n  \n\t # another\r\n m,device=d a=1  7000 \r\nm,device=d a=2\r\n\n");

        assertThat(lines).containsExactly(new Read(4, "d", ""), new Read(5, "d", ""));
        assertThat(points.timeMicros(0)).isEqualTo(7);
        assertThat(points.timeMicros(1)).isEqualTo(NO_TIME);
    }

    @Test
    void read_badLineBetweenGoodOnes_isReportedAlone() {
        read(
                "m,device=d a=1 1000\nm,device=d a=\"x\ny\",b= 2000\nm,device=d s=\"l1\nl2\" 3000\nbad\nm,device=d a=4 4000");

        assertThat(lines).extracting(Read::line).containsExactly(0, 1, 3, 5, 6);
        assertThat(lines.get(1).problem).isEqualTo("b: has no value");
        assertThat(lines.get(3).problem).startsWith("the fields are missing");
        assertThat(points.size()).isEqualTo(3);
        assertThat(reading(1)).isEqualTo(Map.of("s", "l1\nl2"));
        assertThat(reading(2)).isEqualTo(Map.of("a", 4.0));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\u0001',
            value = {
                "m,device=d|the fields are missing",
                "m a=1|there is no tag",
                ",device=d a=1|the measurement is missing",
                "m,device a=1|a tag is not written as key=value",
                "m,=x,device=d a=1|a tag is not written as key=value",
                "m,device= a=1|a tag has no value",
                "m,device=d,x=a=b a=1|the fields are missing, or what must be escaped",
                "m,device=d =1|a field is not written as key=value",
                "m,device=d a|a field is not written as key=value",
                "m,device=d a=|a: has no value",
                "m,device=d a=,b=1|a: has no value",
                "m,device=d a=1,|a field is not written as key=value",
                "m,device=d a=1,,b=2|a field is not written as key=value",
                "m,device=d a=NaN|a: NaN is neither",
                "m,device=d a=Infinity|a: Infinity is neither",
                "m,device=d a=-inf|a: -inf is neither",
                "m,device=d a=1e400|a: is beyond the range",
                "m,device=d a=-1e400|a: is beyond the range",
                "m,device=d a=0x10|a: 0x10 is neither",
                "m,device=d a=1d|a: 1d is neither",
                "m,device=d a=1e|a: 1e is neither",
                "m,device=d a=1.5i|a: is not a 64-bit integer",
                "m,device=d a=1e3i|a: is not a 64-bit integer",
                "m,device=d a=9223372036854775808i|a: is not a 64-bit integer",
                "m,device=d a=-1u|a: is not a 64-bit unsigned integer",
                "m,device=d a=18446744073709551616u|a: is not a 64-bit unsigned integer",
                "m,device=d a=1ii|a: 1ii is neither",
                "m,device=d a=tRUE|a: tRUE is neither",
                "m,device=d a=text|a: text is neither",
                "m,device=d a='x'|a: 'x' is neither",
                "m,device=d a=\"x|a: the string does not end",
                "m,device=d a=\"x\\\"|a: the string does not end",
                "m,device=d a=\"x\"y|a: \"x\"y is neither",
                "m,device=d a\u200Bb=1|a<U+200B>b: is not a metric name",
                "m,device=d a=1,a=2|a: is there twice",
                "m,device=d a=1,b=2,c=3,d=4,e=5,b=\"x\"|b: is there twice",
                "m,device=d,device=e a=1|device: is there twice",
                "m,device=d a=1 12.5|the timestamp is not a whole number",
                "m,device=d a=1 x|the timestamp is not a whole number",
                "m,device=d a=1 -|the timestamp is not a whole number",
                "m,device=d a=1 9223372036854775808|the timestamp is beyond the range",
                "m,device=d a=1 99999999999999999999|the timestamp is beyond the range",
                "m,device=d a=1 5 6|there is more behind the end"
            })
    void read_malformedLine_saysWhatIsWrong(String line, String problem) {
        read(line + "\nm,device=good a=1");

        assertThat(lines.get(0).problem).startsWith(problem);
        assertThat(points.size()).isLessThanOrEqualTo(1);
        if (!problem.contains("string")) {
            assertThat(lines.get(1)).isEqualTo(new Read(1, "good", ""));
        }
    }

    @Test
    void read_timestampTooLargeForItsUnit_isRefused() {
        read(protocol.format(EpochUnit.SECONDS, Naming.FIELD), "m,device=d a=1 9223372036854775807");

        assertThat(lines.get(0).problem).isEqualTo("the timestamp is beyond the range");
    }

    @Test
    void read_integersBeyond2To53_areTheNearestNumber() {
        read("m,device=d a=9223372036854775807i,b=9007199254740993i");

        assertThat(reading(0)).isEqualTo(Map.of("a", 0x1p63, "b", 9007199254740992.0));
    }

    @Test
    void read_badUtf8_isRefused() {
        byte[] text = "m,device=d a=\"\u00ff\u00fe\"\nm,device=d \u00ff=1\nm,device=d a=1".getBytes(ISO_8859_1);
        read(protocol.format(EpochUnit.NANOSECONDS, Naming.FIELD), text);

        assertThat(lines.get(0).problem).isEqualTo("a: is not UTF-8");
        assertThat(lines.get(1).problem).contains("is not a metric name");
        assertThat(reading(0)).isEqualTo(Map.of("a", 1.0));
    }

    @Test
    void read_unicode_isKept() {
        read("m,device=d,raum=k\u00fcche luftg\u00fcte=\"m\u00e4\u00dfig \ud83d\ude00\"");

        assertThat(reading(0)).isEqualTo(Map.of("luftg\u00fcte", "m\u00e4\u00dfig \ud83d\ude00"));
    }

    @Test
    void read_stringAndMetricsAtTheirBounds_areTakenAndBeyondRefused() {
        read("m,device=d a=\"" + "\u00fc".repeat(512) + "\"\nm,device=d a=\"" + "\u00fc".repeat(512)
                + "x\"\nm,device=d "
                + fields(JsonReadings.MAX_METRICS) + "\nm,device=d " + fields(JsonReadings.MAX_METRICS + 1)
                + "\nm,device=d " + "a".repeat(128) + "=1\nm,device=d " + "a".repeat(129) + "=1");

        assertThat(lines.get(0).problem).isEmpty();
        assertThat(lines.get(1).problem).isEqualTo("a: a string has at most 1024 bytes");
        assertThat(lines.get(2).problem).isEmpty();
        assertThat(lines.get(3).problem).isEqualTo("a reading has at most 1024 metrics");
        assertThat(lines.get(4).problem).isEmpty();
        assertThat(lines.get(5).problem).contains("is not a metric name");
    }

    @Test
    void endOfLastLine_stringsWithLineFeeds_areNotCutApart() {
        assertThat(endOfLastLine("m,device=d a=1\nm,device=d a=2")).isEqualTo(15);
        assertThat(endOfLastLine("m,device=d a=1\n")).isEqualTo(15);
        assertThat(endOfLastLine("m,device=d a=1")).isZero();
        assertThat(endOfLastLine("m,device=d a=1\nm,device=d a=\"x\ny")).isEqualTo(15);
        assertThat(endOfLastLine("m,device=d a=\"x\\\"\ny\"\nm")).isEqualTo(21);
        // Quotes elsewhere are letters like others.
        assertThat(endOfLastLine("m,device=d,t=\"x a=1\nm")).isEqualTo(20);
        assertThat(endOfLastLine("# \"\nm")).isEqualTo(4);
        assertThat(endOfLastLine("m,device=d a=1\"\nm")).isEqualTo(16);
    }

    @Test
    void read_anyBytes_takesThemOrRefusesThemLineByLine() {
        long seed = Seed.of(getClass());
        Random random = new Random(seed);
        String alphabet = "m,device=d \\\"\n\r#0123456789.eEiu+-tTfF\u00ff\0 ,=";
        for (int i = 0; i < 20_000; i++) {
            StringBuilder text = new StringBuilder();
            int length = random.nextInt(60);
            for (int j = 0; j < length; j++) {
                text.append(
                        random.nextInt(8) == 0 ? "m,device=d a=1" : alphabet.charAt(random.nextInt(alphabet.length())));
            }
            byte[] bytes = text.toString().getBytes(ISO_8859_1);
            lines.clear();
            points.clear();
            // With garbage behind its end, which must not be looked at.
            byte[] longer = (text + "=1 5\n\"").getBytes(ISO_8859_1);
            read(protocol.format(EpochUnit.NANOSECONDS, Naming.FIELD), longer, bytes.length);

            long good = lines.stream().filter(line -> line.problem.isEmpty()).count();
            assertThat(good).as("seed %d: %s", seed, text).isEqualTo(points.size());
            assertThat(LineProtocolTest.this.endOfLastLine(text.toString()))
                    .as("seed %d: %s", seed, text)
                    .isLessThanOrEqualTo(bytes.length);
        }
    }

    private static String fields(int count) {
        StringBuilder fields = new StringBuilder();
        for (int i = 0; i < count; i++) {
            fields.append(i == 0 ? "" : ",").append('f').append(i).append("=1");
        }
        return fields.toString();
    }

    private int endOfLastLine(String text) {
        byte[] bytes = text.getBytes(ISO_8859_1);
        return protocol.format(EpochUnit.NANOSECONDS, Naming.FIELD).endOfLastLine(bytes, bytes.length);
    }

    private void read(String text) {
        read(protocol.format(EpochUnit.NANOSECONDS, Naming.FIELD), text);
    }

    private void read(LineFormat format, String text) {
        read(format, text.getBytes(UTF_8));
    }

    private void read(LineFormat format, byte[] text) {
        read(format, text, text.length);
    }

    private void read(LineFormat format, byte[] text, int length) {
        LineReader reader = format.read(text, length, points);
        while (reader.next()) {
            DeviceId device = reader.device();
            String problem = reader.problem();
            lines.add(new Read(reader.line(), device == null ? "" : device.value(), problem == null ? "" : problem));
        }
    }

    private Map<String, Object> reading(int reading) {
        Map<String, Object> values = new TreeMap<>();
        for (int point = points.firstPoint(reading); point < points.firstPoint(reading + 1); point++) {
            values.put(
                    points.metric(point),
                    switch (points.kind(point)) {
                        case Column.NUMBER -> points.number(point);
                        case Column.BOOL -> points.number(point) != 0;
                        default -> points.text(point);
                    });
        }
        return values;
    }
}
