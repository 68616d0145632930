package io.hearth.rest.format;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.model.Column;
import io.hearth.model.DeviceId;
import io.hearth.model.ReadingBlock;
import io.hearth.model.TimeRange;
import io.hearth.series.aggregate.Aggregation;
import io.hearth.series.aggregate.BucketGrid;
import io.hearth.series.aggregate.BucketSeries;
import io.hearth.series.aggregate.Every;
import io.hearth.series.aggregate.Fill;
import io.hearth.series.aggregate.Function;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.ZoneId;
import java.util.List;
import org.junit.jupiter.api.Test;

class BucketsWritersTest {
    private static final DeviceId DEVICE = new DeviceId("d1");
    private static final long TEN = 1_795_341_600_000_000L; // 2026-11-22T10:00:00Z
    private static final long HOUR = 3_600_000_000L;
    private static final BucketGrid GRID =
            BucketGrid.of(new TimeRange(TEN, TEN + 3 * HOUR), Every.parse("1h"), ZoneId.of("UTC"));

    /** Two readings in the first hour, none in the second, one in the third. */
    private static final ReadingBlock BLOCK = new ReadingBlock(
            3,
            new long[] {TEN, TEN + 1, TEN + 2 * HOUR},
            List.of(
                    new Column(
                            "note", new byte[] {Column.TEXT, Column.TEXT, Column.ABSENT}, new double[3], new String[] {
                                "x", "a,\"b\"", null
                            }),
                    new Column("temperature", null, new double[] {21, 22, -3.5}, null),
                    new Column(
                            "ts",
                            new byte[] {Column.ABSENT, Column.ABSENT, Column.BOOL},
                            new double[] {0, 0, 1},
                            null)));

    @Test
    void rows_withoutFill_leaveOutWhatHasNoValue() {
        assertThat(write(Fill.NONE, out -> JsonBuckets.ofDevice(DEVICE, GRID, false, TimeForm.RFC3339, out), false))
                .isEqualTo("""
                        {"device":"d1","every":"PT1H","tz":"UTC","buckets":[\
                        {"ts":"2026-11-22T10:00:00Z","note":{"last":"a,\\"b\\""},"temperature":{"avg":21.5,"last":22}},\
                        {"ts":"2026-11-22T12:00:00Z","temperature":{"avg":-3.5,"last":-3.5},"values.ts":{"avg":1,"last":true}}\
                        ]}""");
    }

    @Test
    void rows_withNulls_haveEveryBucket() {
        assertThat(write(Fill.NULL, out -> JsonBuckets.ofAll(7, GRID, false, TimeForm.EPOCH, out), false))
                .isEqualTo("""
                        {"every":"PT1H","tz":"UTC","devices":7,"buckets":[\
                        {"ts":1795341600000,"note":{"avg":null,"last":"a,\\"b\\""},\
                        "temperature":{"avg":21.5,"last":22},"values.ts":{"avg":null,"last":null}},\
                        {"ts":1795345200000,"note":{"avg":null,"last":null},\
                        "temperature":{"avg":null,"last":null},"values.ts":{"avg":null,"last":null}},\
                        {"ts":1795348800000,"note":{"avg":null,"last":null},\
                        "temperature":{"avg":-3.5,"last":-3.5},"values.ts":{"avg":1,"last":true}}\
                        ]}""");
    }

    @Test
    void columns_ofADevice_areParallel() {
        assertThat(write(Fill.NONE, out -> JsonBuckets.ofDevice(DEVICE, GRID, true, TimeForm.EPOCH, out), false))
                .isEqualTo("""
                        {"device":"d1","every":"PT1H","tz":"UTC","ts":[1795341600000,1795348800000],\
                        "note":{"avg":[null,null],"last":["a,\\"b\\"",null]},\
                        "temperature":{"avg":[21.5,-3.5],"last":[22,-3.5]},\
                        "values.ts":{"avg":[null,1],"last":[null,true]}}""");
    }

    @Test
    void groups_twoDevices_areElementsOfOneDocument() {
        String series = """
                "ts":[1795341600000,1795348800000],\
                "note":{"avg":[null,null],"last":["a,\\"b\\"",null]},\
                "temperature":{"avg":[21.5,-3.5],"last":[22,-3.5]},\
                "values.ts":{"avg":[null,1],"last":[null,true]}}""";
        assertThat(write(Fill.NONE, out -> JsonBuckets.groups(GRID, true, TimeForm.EPOCH, out), true))
                .isEqualTo("{\"every\":\"PT1H\",\"tz\":\"UTC\",\"groups\":[{\"device\":\"d1\"," + series
                        + ",{\"device\":\"d2\"," + series + "]}");
    }

    @Test
    void csv_columnsInTheOrderAsked_withEmptyFields() {
        List<String> metrics = List.of("temperature", "absent", "note", "ts");
        assertThat(write(
                        Fill.NONE,
                        out -> new CsvBuckets(metrics, series(Fill.NONE).functions(), false, TimeForm.RFC3339, out),
                        false))
                .isEqualTo("""
                        ts,temperature.avg,temperature.last,absent.avg,absent.last,note.avg,note.last,values.ts.avg,values.ts.last
                        2026-11-22T10:00:00Z,21.5,22,,,,"a,""b""\",,
                        2026-11-22T12:00:00Z,-3.5,-3.5,,,,,1,true
                        """.replace("\n", "\r\n"));
    }

    @Test
    void csvAndNdjson_ofSeveralDevices_nameTheDevice() {
        assertThat(write(
                        Fill.NONE,
                        out -> new CsvBuckets(List.of("temperature"), List.of(Function.AVG), true, TimeForm.EPOCH, out),
                        true))
                .isEqualTo("""
                        device,ts,temperature.avg
                        d1,1795341600000,21.5
                        d1,1795348800000,-3.5
                        d2,1795341600000,21.5
                        d2,1795348800000,-3.5
                        """.replace("\n", "\r\n"));
        assertThat(write(Fill.NONE, out -> new NdjsonBuckets(TimeForm.EPOCH, out), true)
                        .lines()
                        .skip(3))
                .containsExactly(
                        "{\"device\":\"d2\",\"ts\":1795348800000,\"temperature\":{\"avg\":-3.5,\"last\":-3.5},\"values.ts\":{\"avg\":1,\"last\":true}}");
    }

    private static BucketSeries series(Fill fill) {
        Aggregation aggregation = new Aggregation(GRID, List.of(Function.AVG, Function.LAST), List.of());
        aggregation.add(BLOCK);
        return aggregation.result(fill);
    }

    private static String write(
            Fill fill, java.util.function.Function<TextOutput, BucketsWriter> form, boolean twoDevices) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            TextOutput out = new TextOutput(bytes);
            BucketsWriter writer = form.apply(out);
            writer.begin();
            writer.series(twoDevices ? DEVICE : null, series(fill));
            if (twoDevices) {
                writer.series(new DeviceId("d2"), series(fill));
            }
            writer.end();
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toString(UTF_8);
    }
}
