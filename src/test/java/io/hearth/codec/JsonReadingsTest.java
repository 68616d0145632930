package io.hearth.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.hearth.model.Column;
import io.hearth.model.MetricName;
import io.hearth.model.PointBuffer;
import io.hearth.model.Value;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonReadingsTest {
    private final JsonReadings json = new JsonReadings();
    private final PointBuffer points = new PointBuffer();

    @Test
    void decode_plainObject_hasNoTime() throws Exception {
        assertThat(decode("{\"temperature\":21.5,\"motion\":true,\"mode\":\"auto\"}"))
                .isEmpty();

        assertThat(points.size()).isEqualTo(1);
        assertThat(points.timeMicros(0)).isEqualTo(PointBuffer.NO_TIME);
        assertThat(reading(0)).isEqualTo(Map.of("temperature", 21.5, "motion", true, "mode", "auto"));
    }

    @Test
    void decode_envelope_readsTimeAndValuesInAnyOrder() throws Exception {
        decode("[{\"ts\":1732270000123,\"values\":{\"a\":1}},{\"values\":{\"a\":2},\"ts\":\"2024-11-22T10:06:40Z\"}]");

        assertThat(points.timeMicros(0)).isEqualTo(1_732_270_000_123_000L);
        assertThat(points.timeMicros(1)).isEqualTo(1_732_270_000_000_000L);
        assertThat(reading(1)).isEqualTo(Map.of("a", 2.0));
    }

    @Test
    void decode_manyFieldsBelowALongName_isRejectedBeforeTheNamesAreJoined() throws Exception {
        StringBuilder payload = new StringBuilder("{\"" + "x".repeat(49_000) + "\":{\"" + "y".repeat(49_000) + "\":{");
        for (int i = 0; i < 18_000; i++) {
            payload.append(i == 0 ? "" : ",").append("\"a\":null");
        }
        payload.append("}}}");
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        byte[] bytes = payload.toString().getBytes(StandardCharsets.UTF_8);

        long before = threads.getCurrentThreadAllocatedBytes();
        List<RejectedReading> rejected = json.decode(bytes, points);
        long allocatedBytes = threads.getCurrentThreadAllocatedBytes() - before;

        assertThat(rejected).hasSize(1);
        assertThat(rejected.get(0).detail()).contains("at most 128 bytes together");
        // Joined, the names would have 1.7 GB.
        assertThat(allocatedBytes).isLessThan(20 << 20);
    }

    @Test
    void decode_nestedNameOf128Bytes_isStored_oneMoreIsRejected() throws Exception {
        String field = "y".repeat(127 - 60);
        assertThat(decode("{\"" + "x".repeat(60) + "\":{\"" + field + "\":1}}")).isEmpty();
        assertThat(decode("{\"" + "x".repeat(60) + "\":{\"" + field + "z\":null}}"))
                .hasSize(1);
    }

    @Test
    void decode_nullsAmongManyValues_findsTheOneThatIsThereTwice() throws Exception {
        StringBuilder payload = new StringBuilder("{");
        for (int i = 0; i < JsonReadings.MAX_METRICS; i++) {
            payload.append("\"m").append(i).append("\":1,");
        }
        for (int i = 0; i < 20_000; i++) {
            payload.append("\"n").append(i).append("\":null,");
        }
        assertThat(decode(payload + "\"u\":null}")).isEmpty();
        assertThat(decode(payload + "\"m1023\":null}"))
                .singleElement()
                .satisfies(rejected -> assertThat(rejected.detail()).contains("m1023"));
        assertThat(decode(payload + "\"n7\":null}"))
                .singleElement()
                .satisfies(rejected -> assertThat(rejected.detail()).contains("n7"));
    }

    @Test
    void decode_nestedNullAndUnknownFields_flattensLeavesOutAndKeeps() throws Exception {
        decode(
                "{\"ts\":null,\"ENERGY\":{\"Power\":12,\"Total\":{\"kWh\":1.25}},\"gone\":null,\"values\":{\"a\":{\"b\":1}},\"x\":0}");

        assertThat(reading(0)).isEqualTo(Map.of("ENERGY.Power", 12.0, "ENERGY.Total.kWh", 1.25, "a.b", 1.0, "x", 0.0));
    }

    @Test
    void decode_arrays_flattenByIndex() throws Exception {
        assertThat(
                        decode(
                                "{\"aenergy\":{\"total\":5.5,\"by_minute\":[1.5,null,\"x\"]},\"m\":[[1,2],[{\"k\":true}]],\"e\":[]}"))
                .isEmpty();
        assertThat(decode("[{\"e\":[]},{\"a\":[1],\"a.0\":2},{\"a\":[1,{\"b\u200Bc\":1}]},{\"a\":1}]"))
                .extracting(RejectedReading::detail)
                .satisfiesExactly(
                        nothing -> assertThat(nothing).contains("at least one value"),
                        twice -> assertThat(twice).isEqualTo("a.0: is there twice"),
                        name -> assertThat(name).startsWith("a.1.b<U+200B>c: is not a metric name"));

        assertThat(reading(0))
                .isEqualTo(Map.of(
                        "aenergy.total",
                        5.5,
                        "aenergy.by_minute.0",
                        1.5,
                        "aenergy.by_minute.2",
                        "x",
                        "m.0.0",
                        1.0,
                        "m.0.1",
                        2.0,
                        "m.1.0.k",
                        true));
        assertThat(points.size()).isEqualTo(2);
    }

    @Test
    void decode_manyNullsInALongName_isRefusedBeforeTheyAreNamed() throws Exception {
        String nulls = "null,".repeat(25_000) + "null";

        assertThat(decode("{\"" + "n".repeat(40_000) + "\":[" + nulls + "],\"a\":1}")
                        .get(0)
                        .detail())
                .contains("at most 128 bytes together");
    }

    @Test
    void decode_byteOrderMark_isSkipped() throws Exception {
        assertThat(decode("\uFEFF{\"a\":1}")).isEmpty();
        assertThat(decode("\uFEFF[{\"a\":2},{}]")).hasSize(1);

        assertThat(reading(0)).isEqualTo(Map.of("a", 1.0));
        assertThat(reading(1)).isEqualTo(Map.of("a", 2.0));
        byte[] marked = "\uFEFF[{\"a\":2},{\"b\":3}]".getBytes(StandardCharsets.UTF_8);
        assertThat(new String(json.select(marked, List.of(new JsonReadings.Part(1))), StandardCharsets.UTF_8))
                .isEqualTo("[{\"b\":3}]");
    }

    /** Characters that are not seen would make two metrics of what looks like one name. */
    @ParameterizedTest
    @CsvSource({"200B", "202E", "FEFF", "00AD", "2066", "E0001"})
    void decode_formatCharacterInAName_isRefusedAndShown(String code) throws Exception {
        String name = "v" + Character.toString(Integer.parseInt(code, 16));

        List<RejectedReading> rejected = decode("[{\"v\":1},{\"" + name + "\":2}]");

        assertThat(rejected).hasSize(1);
        assertThat(rejected.get(0).detail())
                .isEqualTo(
                        "v<U+" + code + ">: is not a metric name: it has U+" + code
                                + "; as it is stored, a name has 1 to 128 bytes of UTF-8, without control and format characters");
    }

    @ParameterizedTest
    @CsvSource({
        "relay/0, relay%2F0",
        "Q+, Q%2B",
        "L1 Amps, L1%20Amps",
        "a\u00A0b, a%C2%A0b",
        "100 %, 100%20%25",
        "100%, 100%",
        "L1%20Amps, L1%20Amps",
        "'', %"
    })
    void decode_nameWithOtherCharacters_isStoredInAFormThatCanBeTurnedBack(String name, String stored)
            throws Exception {
        assertThat(decode("{\"" + name + "\":1}")).isEmpty();

        assertThat(reading(0)).isEqualTo(Map.of(stored, 1.0));
    }

    @Test
    void decode_nameInBothForms_isThereTwice() throws Exception {
        assertThat(decode("{\"L1 Amps\":1,\"L1%20Amps\":2}").get(0).detail()).isEqualTo("L1%20Amps: is there twice");
    }

    @Test
    void decode_nameThatIsTooLongWhenStored_isRefused() throws Exception {
        assertThat(decode("[{\"" + "/".repeat(42) + "ab\":1},{\"" + "/".repeat(42) + "abc\":1}]"))
                .extracting(RejectedReading::index)
                .containsExactly(1);
    }

    @Test
    void decode_timeFinerThanAMicrosecond_isRoundedDownInEveryForm() throws Exception {
        decode("[{\"ts\":1732270000.1234569,\"a\":1},{\"ts\":\"2024-11-22T10:06:40.1234569Z\",\"a\":1},"
                + "{\"ts\":1732270000123456999,\"a\":1},{\"ts\":\"1732270000.1234569\",\"a\":1},"
                + "{\"ts\":1732270000123456.9,\"a\":1},{\"ts\":1.7322700001234569e9,\"a\":1}]");

        assertThat(points.size()).isEqualTo(6);
        for (int reading = 0; reading < 6; reading++) {
            assertThat(points.timeMicros(reading)).isEqualTo(1_732_270_000_123_456L);
        }
    }

    @Test
    void decode_wholeNumbers_areExactUpTo2To53() throws Exception {
        decode("{\"a\":9007199254740992,\"b\":-9007199254740991,\"c\":-0.0,\"d\":1e-320}");

        assertThat(reading(0))
                .isEqualTo(Map.of("a", 9007199254740992.0, "b", -9007199254740991.0, "c", -0.0, "d", 1e-320));
    }

    @Test
    void decode_oneUnfitReadingOfMany_rejectsItAlone() throws Exception {
        List<RejectedReading> rejected = decode(
                "[{\"a\":1},{\"a\":\"\\ud800\",\"c\":1},7,{\"a\":{\"b\u200Bc\":1}},{},{\"ts\":\"soon\",\"a\":1},{\"a\":1e999},{\"a\":2}]");

        assertThat(points.size()).isEqualTo(2);
        assertThat(reading(0)).isEqualTo(Map.of("a", 1.0));
        assertThat(reading(1)).isEqualTo(Map.of("a", 2.0));
        assertThat(rejected).extracting(RejectedReading::index).containsExactly(1, 2, 3, 4, 5, 6);
        assertThat(rejected.get(0).detail()).startsWith("a: ");
        assertThat(rejected.get(4).detail()).startsWith("ts: ");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\u0001',
            value = {
                "{'t':1,'t':2}                                  | t",
                "{'t':1,'\\u0074':2}                            | t",
                "{'a':{'b':1},'a.b':2}                          | a.b",
                "{'a':{'b':1},'a':{'b':2}}                      | a.b",
                "{'values':{'t':21},'t':99}                     | t",
                "{'t':99,'ts':1,'values':{'t':21}}              | t",
                "{'values':{'t':21},'values':{'u':21}}          | values",
                "{'values':1,'values':{'u':21}}                 | values",
                "{'ts':1,'ts':2,'t':1}                          | ts",
                "{'ts':null,'ts':2,'t':1}                       | ts",
                "{'t':1,'t':null}                               | t",
                "{'t':null,'t':1}                               | t",
                "{'t':null,'u':1,'t':null}                      | t",
                "{'a':1,'b':1,'c':1,'d':1,'e':1,'f':1,'c':2}    | c"
            })
    void decode_keyTwice_rejectsTheReadingAndNamesTheKey(String reading, String key) throws Exception {
        byte[] payload = ("[" + reading + ",{'x':1}]").replace('\'', '"').getBytes(StandardCharsets.UTF_8);

        assertThat(json.decode(payload, points)).containsExactly(new RejectedReading(0, key + ": is there twice"));
        assertThat(points.size()).isEqualTo(1);
        assertThat(points.metric(0)).isEqualTo("x");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{'t':1,'':{'t':2}}", "{'a':{'b':1},'b':2}", "{'values':{'ts':1,'values':2},'ts':5}"})
    void decode_differentKeys_areAllKept(String reading) throws Exception {
        byte[] payload = reading.replace('\'', '"').getBytes(StandardCharsets.UTF_8);

        assertThat(json.decode(payload, points)).isEmpty();
        assertThat(points.firstPoint(1)).isEqualTo(2);
    }

    @Test
    void decode_tooManyMetrics_rejectsTheReading() throws Exception {
        String fields = IntStream.rangeClosed(0, JsonReadings.MAX_METRICS)
                .mapToObj(i -> "\"m" + i + "\":1")
                .collect(Collectors.joining(","));

        assertThat(decode("{" + fields + "}")).hasSize(1);
        assertThat(points.size()).isZero();
    }

    @Test
    void decode_textBeyondItsLimit_rejectsTheReading() throws Exception {
        assertThat(decode("{\"a\":\"" + "x".repeat(1024) + "\"}")).isEmpty();
        assertThat(decode("{\"a\":\"" + "x".repeat(1025) + "\"}")).hasSize(1);
        assertThat(decode("{\"a\":\"" + "€".repeat(342) + "\"}")).hasSize(1);
        assertThat(decode("{\"a\":\"\\ud800\"}")).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "{",
                "[{\"a\":1},",
                "{\"a\":NaN}",
                "{\"a\":Infinity}",
                "{\"a\":1}}",
                "{\"a\":1} {\"a\":2}",
                "{'a':1}",
                "42",
                "\"text\"",
                "null",
                "{\"a\":01}",
                "{\"a\":1,}",
            })
    void decode_noJson_refusesAllAndLeavesTheTargetAlone(String payload) throws Exception {
        decode("{\"before\":1}");

        assertThatThrownBy(() -> decode(payload)).isInstanceOf(MalformedPayloadException.class);
        assertThat(points.size()).isEqualTo(1);
        decode("{\"after\":2}");
        assertThat(reading(1)).isEqualTo(Map.of("after", 2.0));
    }

    @Test
    void decode_noJson_saysWhatIsWrongToItsSender() {
        assertThatThrownBy(() -> decode("{\"a\":NaN}"))
                .hasMessageStartingWith("not JSON at byte ")
                .hasMessageEndingWith("Non-standard token 'NaN'");
        assertThatThrownBy(() -> decode("{\"a\":1")).hasMessageContaining("Unexpected end-of-input");
    }

    @Test
    void decode_otherEncodings_areRefused() {
        byte[] utf16 = "{\"a\":1}".getBytes(StandardCharsets.UTF_16);
        byte[] utf16le = "{\"a\":1}".getBytes(StandardCharsets.UTF_16LE);
        byte[] latin1 = "{\"a\":\"\u00e4\"}".getBytes(StandardCharsets.ISO_8859_1);
        for (byte[] payload : List.of(utf16, utf16le, latin1)) {
            assertThatThrownBy(() -> json.decode(payload, points)).isInstanceOf(MalformedPayloadException.class);
        }
    }

    @Test
    void decode_deepNesting_isRefused() {
        String deep = "{\"a\":".repeat(100_000) + "1" + "}".repeat(100_000);
        assertThatThrownBy(() -> decode(deep)).isInstanceOf(MalformedPayloadException.class);
    }

    @Test
    void decodeLine_namesTheDevice() throws Exception {
        byte[] lines = "x{\"device\":\"d1\",\"ts\":1732270000,\"values\":{\"a\":1}}x".getBytes(StandardCharsets.UTF_8);

        assertThat(json.decodeLine(lines, 1, lines.length - 2, points)).isEqualTo("d1");
        assertThat(reading(0)).isEqualTo(Map.of("a", 1.0));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"{\"a\":1}", "[]", "{\"device\":7,\"a\":1}", "{\"device\":\"d\"}", "{\"device\":\"d\",\"a\":1} x"
            })
    void decodeLine_noReading_isRefused(String line) {
        byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
        assertThatThrownBy(() -> json.decodeLine(bytes, 0, bytes.length, points))
                .isInstanceOf(MalformedPayloadException.class);
        assertThat(points.size()).isZero();
    }

    @Test
    void select_someReadings_keepsTheirBytes() {
        byte[] payload = " [ {\"a\": 1} , 7,\n{\"b\":[2, 3]} ]".getBytes(StandardCharsets.UTF_8);
        List<JsonReadings.Part> parts = List.of(new JsonReadings.Part(1), new JsonReadings.Part(2));

        assertThat(new String(json.select(payload, parts), StandardCharsets.UTF_8))
                .isEqualTo("[7,{\"b\":[2, 3]}]");
    }

    @Test
    void decodeMost_valuesThatCannotBeStored_leavesOnlyThemOut() throws Exception {
        String text = "x".repeat(Value.MAX_TEXT_BYTES + 1);
        String name = "n".repeat(MetricName.MAX_BYTES);
        String payload = "[{\"a\":1},{\"ts\":5,\"b\":null,\"long\":\"" + text
                + "\",\"values\":{\"c\":2,\"ts\":3,\"o\":{\"p\":[1e999,4]}}}" + ",7,{\"" + name
                + "\":{\"x\":[1,null,{\"y\":true}]},\"d\":5},{\"half\":\"\\ud800\"}]";

        List<RejectedReading> rejected = decodeMost(payload);

        assertThat(reading(0)).isEqualTo(Map.of("a", 1.0));
        assertThat(reading(1)).isEqualTo(Map.of("c", 2.0, "ts", 3.0, "o.p.1", 4.0));
        assertThat(points.timeMicros(1)).isEqualTo(5_000_000);
        assertThat(reading(2)).isEqualTo(Map.of("d", 5.0));
        assertThat(points.size()).isEqualTo(3);
        assertThat(rejected).extracting(RejectedReading::index).containsExactly(1, 2, 3, 4);
        assertThat(rejected).extracting(RejectedReading::isWhole).containsExactly(false, true, false, true);
        assertThat(rejected.get(0).detail())
                .isEqualTo("long: a string has at most 1024 bytes (and 1 more values of this reading)");
        // ts, b, long, c, ts, o.p.0, o.p.1
        assertThat(rejected.get(0).refusedValues()).isEqualTo(places(2, 5));
        assertThat(rejected.get(2).refusedValues()).isEqualTo(places(0, 1, 2));
    }

    /** What is left of the payload can be read again, adds to the reading and doubles nothing of it. */
    @Test
    void select_valuesOfReadings_hasNothingThatIsStored() {
        String payload =
                " [{\"a\":1} ,{\"ts\":5,\"b\":null,\"t\":\"é\\ud800\",\"values\":{\"c\":2,\"ts\":3,\"o\":{\"p\":[1e999,4]}}},{\"e\":[6,{\"f\":7}]}]";
        List<JsonReadings.Part> parts = List.of(
                new JsonReadings.Part(1, places(2, 5), 1_700_000_000_000_000L),
                new JsonReadings.Part(2, places(1), 1_700_000_000_000_001L));

        String selected =
                new String(json.select(payload.getBytes(StandardCharsets.UTF_8), parts), StandardCharsets.UTF_8);

        assertThat(selected)
                .isEqualToIgnoringCase("[{\"ts\":1700000000000000,\"b\":null,\"t\":\"\\u00e9\\ud800\",\"values\":"
                        + "{\"c\":null,\"ts\":null,\"o\":{\"p\":[1e999,null]}}}"
                        + ",{\"ts\":1700000000000001,\"e\":[null,{\"f\":7}]}]");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1e9999999999", "1e-9999999999", "-0", "1.50", "12345678901234567890123"})
    void select_anyNumber_isKeptAsItWasWritten(String number) {
        byte[] payload = ("{\"a\":1,\"b\":" + number + "}").getBytes(StandardCharsets.UTF_8);
        List<JsonReadings.Part> parts = List.of(new JsonReadings.Part(0, places(1), 1_700_000_000_000_000L));

        assertThat(new String(json.select(payload, parts), StandardCharsets.UTF_8))
                .isEqualTo("{\"ts\":1700000000000000,\"a\":null,\"b\":" + number + "}");
    }

    @ParameterizedTest
    @ValueSource(longs = {300_000_000, 0, -5_000_000, 99_999_999_999_999_999L, 100_000_000_000_000_000L})
    void select_anyTime_isReadBackAsTheSame(long micros) throws Exception {
        byte[] payload = "{\"a\":1,\"b\":2}".getBytes(StandardCharsets.UTF_8);

        byte[] selected = json.select(payload, List.of(new JsonReadings.Part(0, places(1), micros)));

        assertThat(json.decode(selected, points)).isEmpty();
        assertThat(points.timeMicros(0)).isEqualTo(micros);
    }

    @Test
    void decodeMost_moreThanAReadingMayHave_keepsAsMuchAsItMay() throws Exception {
        StringBuilder many = new StringBuilder("{\"m0\":0");
        StringBuilder large = new StringBuilder("{\"m0\":\"\"");
        for (int i = 1; i < 1030; i++) {
            many.append(",\"m").append(i).append("\":").append(i);
        }
        for (int i = 1; i < 130; i++) {
            large.append(",\"m")
                    .append(i)
                    .append("\":\"")
                    .append("x".repeat(1024))
                    .append('"');
        }

        List<RejectedReading> rejected = decodeMost(many + "}");
        assertThat(rejected.get(0).detail())
                .isEqualTo("a reading has at most 1024 metrics (and 5 more values of this reading)");
        assertThat(rejected.get(0).refusedValues()).isEqualTo(places(1024, 1025, 1026, 1027, 1028, 1029));
        assertThat(reading(0)).hasSize(1024);

        points.clear();
        rejected = decodeMost(large + "}");
        int stored = reading(0).size();
        assertThat(points.fits(0)).isTrue();
        assertThat(stored).isBetween(110, 120);
        assertThat(rejected.get(0).refusedValues())
                .isEqualTo(places(IntStream.range(stored, 130).toArray()));
    }

    @Test
    void decodeMost_readingsThatAreNoReadings_areLeftOutAsAWhole() throws Exception {
        String text = "x".repeat(Value.MAX_TEXT_BYTES + 1);
        for (String reading : List.of(
                "{\"t\":\"" + text + "\"}",
                "{\"ts\":\"never\",\"a\":1}",
                "{\"a\":1,\"t\":\"" + text + "\",\"a\":2}",
                "{\"a\":1,\"t\":\"" + text + "\",\"t\":2}",
                "{\"a\":1,\"t\":2,\"t\":\"" + text + "\"}",
                "{\"a\":1,\"t\":\"" + text + "\",\"ts\":{}}")) {
            List<RejectedReading> rejected = decodeMost(reading);
            assertThat(rejected).as(reading).hasSize(1);
            assertThat(rejected.get(0).isWhole()).as(reading).isTrue();
            assertThat(points.size()).as(reading).isZero();
        }
    }

    private List<RejectedReading> decodeMost(String payload) throws MalformedPayloadException {
        return json.decodeMost(payload.getBytes(StandardCharsets.UTF_8), points);
    }

    private static BitSet places(int... places) {
        BitSet set = new BitSet();
        IntStream.of(places).forEach(set::set);
        return set;
    }

    /** So the size of what is behind costs nothing. */
    @Test
    void decode_oneReadingThatIsUnfit_isNotReadOn() throws MalformedPayloadException {
        String name = "x".repeat(300);

        assertThat(decode("{\"" + name + "\":{\"a\":1}} no JSON")).hasSize(1);
        assertThatThrownBy(() -> decode("[{\"" + name + "\":{\"a\":1}}] no JSON"))
                .isInstanceOf(MalformedPayloadException.class);
        assertThat(points.size()).isZero();
    }

    private List<RejectedReading> decode(String payload) throws MalformedPayloadException {
        return json.decode(payload.getBytes(StandardCharsets.UTF_8), points);
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
