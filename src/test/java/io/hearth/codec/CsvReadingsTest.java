package io.hearth.codec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.model.PointBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CsvReadingsTest {
    private static final String LONG = "device,ts,metric,value,type";

    @Test
    void below_headerOfASpreadsheet_isUnderstood() throws Exception {
        CsvReadings csv = CsvReadings.below("\uFEFF\"device_id\", ts ,\"values.metric\"\r\n");

        assertThat(read(csv, "d1,2026-11-22T10:00:00Z,1\r\n")).containsExactly("d1 1 points");
    }

    @Test
    void below_metricsCalledAsTheOtherColumns_areMetrics() throws Exception {
        CsvReadings csv = CsvReadings.below("device,ts,values.device,values.ts");

        assertThat(read(csv, "d1,2026-11-22T10:00:00Z,1,2\r\n")).containsExactly("d1 2 points");
    }

    @Test
    void read_rowsOfADeviceAndTimeThatAreTooLargeForOneReading_becomeSeveral() throws Exception {
        StringBuilder rows = new StringBuilder();
        for (int i = 0; i < 200; i++) {
            rows.append("d1,2026-11-22T10:00:00Z,m")
                    .append(i)
                    .append(',')
                    .append("x".repeat(1000))
                    .append("\r\n");
        }

        List<String> readings = read(CsvReadings.below("device,ts,metric,value"), rows.toString());

        assertThat(readings).containsExactly("d1 118 points", "d1 82 points");
    }

    @Test
    void endOfLastLine_withinTheRowsOfAReading_isBeforeThem() throws Exception {
        CsvReadings csv = CsvReadings.below(LONG);
        String first = "d1,1,a,1,number\nd1,1,b,1,number\n";

        assertThat(end(csv, first)).isEqualTo(first.length());
        assertThat(end(csv, first + "d1,2,a,1,number\nd1,2,b,1,num")).isEqualTo(first.length());
        assertThat(end(csv, first + "d2,1,a,1,number\n")).isEqualTo(first.length());
        assertThat(end(csv, first + "d2,1,a,\"x\ny")).isEqualTo(first.length());
        assertThat(end(csv, "d1,1,a")).isZero();
    }

    @Test
    void endOfLastLine_ofReadingsARow_isBehindTheLast() throws Exception {
        CsvReadings csv = CsvReadings.below("device,ts,a");

        assertThat(end(csv, "d1,1,1\nd1,1,2\nd1,2")).isEqualTo("d1,1,1\nd1,1,2\n".length());
    }

    @Test
    void read_rowsOfADeviceAndTime_areOneReading_andABadOneIsLeftOutAlone() throws Exception {
        List<String> read = read(
                CsvReadings.below(LONG),
                "d1,1,a,1,number\nd1,1,b,true,boolean\nd1,1,c,x,number\nd1,1,d,,string\nd1,2,e,,\nd1,3,f,\"\",\n"
                        + "d1,4,g,1,number,more\nd1,5,h,\"x\n");

        assertThat(read)
                .containsExactly(
                        "d1 2 points",
                        "2: c: is not a number",
                        "d1 1 points",
                        "4: e: has no value",
                        "d1 1 points",
                        "6: the row has more fields than the header",
                        "7: a field in quotes does not end; all that follows counts as part of it");
    }

    private static int end(CsvReadings csv, String rows) {
        return csv.endOfLastLine(rows.getBytes(UTF_8), rows.length());
    }

    /** The readings, and of those that are none the line and what is wrong. */
    private static List<String> read(CsvReadings csv, String rows) {
        byte[] bytes = rows.getBytes(UTF_8);
        PointBuffer points = new PointBuffer();
        LineReader reader = csv.read(bytes, bytes.length, points);
        List<String> read = new ArrayList<>();
        while (reader.next()) {
            int last = points.size() - 1;
            read.add(
                    reader.problem() != null
                            ? reader.line() + ": " + reader.problem()
                            : reader.device() + " " + (points.firstPoint(last + 1) - points.firstPoint(last))
                                    + " points");
        }
        return read;
    }
}
