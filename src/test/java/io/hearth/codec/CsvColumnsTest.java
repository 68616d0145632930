package io.hearth.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CsvColumnsTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "dev,when,value    | the header must have the columns device and ts, and either metric and value, or metrics;"
                        + " it is dev,when,value",
                "device;ts;a       | the header must have the columns device and ts, and either metric and value, or metrics;"
                        + " it is device;ts;a",
                "device,ts,metric  | the header has only one of the columns metric and value",
                "device,ts         | the header has no metric",
                "device,ts,a,b,a   | the header has the column a twice",
                "device,ts,a,values.a | the header has the column a twice",
                "device,ts,room\u200B  | a column: room<U+200B>: is not a metric name: it has U+200B; as it is stored, a name has 1 to 128 bytes of UTF-8, without control and format characters",
                "device,ts,room a,room%20a | the header has the column room%20a twice"
            })
    void of_headerOfNoLayout_saysWhatIsWrong(String header, String problem) {
        assertThatThrownBy(() -> CsvColumns.of(header))
                .isInstanceOf(MalformedPayloadException.class)
                .hasMessage(problem);
    }

    @Test
    void of_headerOfASpreadsheet_isUnderstood() throws Exception {
        CsvColumns columns = CsvColumns.of("\uFEFF\"device_id\", ts ,\"values.metric\"\r\n");

        assertThat(columns).isEqualTo(new CsvColumns(0, 1, -1, -1, -1, List.of("device_id", "ts", "metric")));
        assertThat(columns.isWide()).isTrue();
    }

    @Test
    void of_longLayout_findsEachColumnWhereverItIs() throws Exception {
        CsvColumns columns = CsvColumns.of("type,value,metric,ts,device");

        assertThat(columns)
                .isEqualTo(new CsvColumns(4, 3, 2, 1, 0, List.of("type", "value", "metric", "ts", "device")));
        assertThat(columns.isWide()).isFalse();
    }
}
