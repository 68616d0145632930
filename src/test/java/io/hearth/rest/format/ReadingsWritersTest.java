package io.hearth.rest.format;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.quicktheories.QuickTheory.qt;
import static org.quicktheories.generators.SourceDSL.integers;
import static org.quicktheories.generators.SourceDSL.longs;
import static org.quicktheories.generators.SourceDSL.strings;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.hearth.model.Column;
import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.ReadingBlock;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReadingsWritersTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final DeviceId DEVICE = new DeviceId("d1");
    private static final long TEN = 1_795_341_600_000_000L; // 2026-11-22T10:00:00Z

    private static final ReadingBlock BLOCK = new ReadingBlock(
            3,
            new long[] {TEN, TEN + 1_500_000, TEN + 2_000_001},
            List.of(
                    new Column(
                            "motion",
                            new byte[] {Column.BOOL, Column.ABSENT, Column.BOOL},
                            new double[] {1, 0, 0},
                            null),
                    new Column(
                            "note", new byte[] {Column.TEXT, Column.TEXT, Column.ABSENT}, new double[3], new String[] {
                                "a,\"b\"\n", "", null
                            }),
                    new Column("ts", null, new double[] {21.5, -0.5, 3}, null)));

    @Test
    void rows_ascending() {
        assertThat(write(out -> JsonRows.document(DEVICE, TimeForm.RFC3339, out), 0, 2, null))
                .isEqualTo("""
                        {"device":"d1","readings":[\
                        {"ts":"2026-11-22T10:00:00Z","values":{"motion":true,"note":"a,\\"b\\"\\n","ts":21.5}},\
                        {"ts":"2026-11-22T10:00:01.500Z","values":{"note":"","ts":-0.5}},\
                        {"ts":"2026-11-22T10:00:02.000001Z","values":{"motion":false,"ts":3}}\
                        ],"nextCursor":null}""");
    }

    @Test
    void rows_descendingAndPartly_withEpochTimesAndACursor() {
        assertThat(write(out -> JsonRows.document(DEVICE, TimeForm.EPOCH, out), 2, 1, "abc"))
                .isEqualTo("""
                        {"device":"d1","readings":[\
                        {"ts":1795341602000.001,"values":{"motion":false,"ts":3}},\
                        {"ts":1795341601500,"values":{"note":"","ts":-0.5}}\
                        ],"nextCursor":"abc"}""");
    }

    @Test
    void lines_areAReadingEach() {
        assertThat(write(out -> JsonRows.lines(TimeForm.RFC3339, out), 0, 1, "never written"))
                .isEqualTo("""
                        {"ts":"2026-11-22T10:00:00Z","values":{"motion":true,"note":"a,\\"b\\"\\n","ts":21.5}}
                        {"ts":"2026-11-22T10:00:01.500Z","values":{"note":"","ts":-0.5}}
                        """);
    }

    @Test
    void columns_areParallel_withNullWhereThereIsNoValue() {
        assertThat(write(out -> new JsonColumns(DEVICE, TimeForm.EPOCH, out), 2, 0, null))
                .isEqualTo("""
                        {"device":"d1","readings":{"ts":[1795341602000.001,1795341601500,1795341600000],\
                        "motion":[false,null,true],"note":[null,"","a,\\"b\\"\\n"],"values.ts":[3,-0.5,21.5]},\
                        "nextCursor":null}""");
    }

    @Test
    void csv_quotesWhatNeedsIt_andLeavesOutWhatIsNotThere() {
        assertThat(write(
                        out -> new CsvRows(List.of("ts", "absent", "note", "motion"), TimeForm.RFC3339, out),
                        0,
                        2,
                        null))
                .isEqualTo("ts,values.ts,absent,note,motion\r\n"
                        + "2026-11-22T10:00:00Z,21.5,,\"a,\"\"b\"\"\n\",true\r\n"
                        + "2026-11-22T10:00:01.500Z,-0.5,,\"\",\r\n"
                        + "2026-11-22T10:00:02.000001Z,3,,,false\r\n");
    }

    @Test
    void noReadings_areStillAWholeDocument() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        TextOutput out = new TextOutput(bytes);
        ReadingsWriter writer = JsonRows.document(DEVICE, TimeForm.RFC3339, out);
        writer.begin();
        writer.end(null);
        out.flush();

        assertThat(bytes.toString(UTF_8)).isEqualTo("{\"device\":\"d1\",\"readings\":[],\"nextCursor\":null}");
    }

    @Test
    void time_anyTwoAfterAnother_areAsWrittenAlone() {
        qt().forAll(
                        longs().between(EpochMicros.MIN_RFC3339 + 240_000_000, EpochMicros.MAX_RFC3339 - 120_000_000),
                        longs().between(-120, 120),
                        integers().between(0, 2))
                .check((micros, seconds, fraction) -> {
                    long whole = Math.floorDiv(micros, 1_000_000L) * 1_000_000;
                    long next = whole + seconds * 1_000_000 + (fraction == 0 ? 1 : 0);
                    return times(whole, next).equals(EpochMicros.toRfc3339(whole) + EpochMicros.toRfc3339(next));
                });
    }

    private static String times(long first, long second) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            TextOutput out = new TextOutput(bytes);
            out.time(first);
            out.time(second);
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toString(UTF_8);
    }

    @Test
    void jsonString_anyText_readsBack() {
        qt().withExamples(20_000)
                .forAll(strings().allPossible().ofLengthBetween(0, 60))
                .check(text -> {
                    JsonNode read = parse(jsonString(text));
                    return read.textValue().equals(text);
                });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"\u0000\u001f\u007f", "\ud800", "x\udc00y", "\ud83d\ude00", "\u00fc\u20ac", "\\\"/\b\f\n\r\t"})
    void jsonString_oddCharacters_readBack(String text) {
        assertThat(parse(jsonString(text)).textValue()).isEqualTo(text);
    }

    @Test
    void jsonString_longerThanTheBuffer_readsBack() {
        String text = "\u20ac\"".repeat(40_000);

        assertThat(parse(jsonString(text)).textValue()).isEqualTo(text);
    }

    private static byte[] jsonString(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            TextOutput out = new TextOutput(bytes);
            out.jsonString(text);
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static JsonNode parse(byte[] json) {
        try {
            return JSON.readTree(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String write(
            Function<TextOutput, ReadingsWriter> form, int first, int last, @Nullable String nextCursor) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            TextOutput out = new TextOutput(bytes);
            ReadingsWriter writer = form.apply(out);
            writer.begin();
            writer.block(BLOCK, first, last);
            writer.end(nextCursor);
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toString(UTF_8);
    }
}
