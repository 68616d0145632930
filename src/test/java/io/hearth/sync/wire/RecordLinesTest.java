package io.hearth.sync.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.hearth.model.DeviceId;
import io.hearth.model.HybridTime;
import io.hearth.model.RegionId;
import io.hearth.model.TimeRange;
import io.hearth.model.WriteStamp;
import io.hearth.series.value.DeviceSummary;
import io.hearth.series.value.Erasure;
import io.hearth.series.value.RemoteRun;
import io.hearth.table.Bytes;
import io.hearth.table.Cursor;
import io.hearth.table.Key;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.TreeSet;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

class RecordLinesTest {
    private static final RegionId EU = new RegionId("eu");
    private static final SyncRecord RUN = new SyncRecord.Run(new RemoteRun(
            new Key("d1", Bytes.wrap(new byte[] {1, 2})), Bytes.wrap(new byte[] {3, 4, 5})));
    private static final SyncRecord DEVICE = new SyncRecord.Device(
            new DeviceSummary(new DeviceId("d1"), 7, new TreeSet<>(List.of("t")), new TreeSet<>(List.of(EU))));
    private static final SyncRecord ERASED = new SyncRecord.Erased(
            new Erasure(new DeviceId("d1"), new TimeRange(1, 2), false, new WriteStamp(new HybridTime(9), EU)));

    private static byte[] page(SyncRecord... records) {
        return RecordLines.write(new SyncPage(List.of(records), new Cursor("place"), true, 5), 11);
    }

    @Test
    void write_devicesErasuresAndTheEnd_hasThisForm() {
        assertThat(new String(page(DEVICE, ERASED), StandardCharsets.UTF_8)).isEqualToIgnoringWhitespace("""
                        {"v":1,"kind":"device","device":"d1","firstSeen":7,"metrics":["t"],"regions":["eu"]}
                        {"v":1,"kind":"erasure","device":"d1","from":1,"to":2,"whole":false,"time":9,"region":"eu"}
                        {"v":1,"kind":"next","after":"place","more":true,"behind":5,"clock":11}
                        """);
    }

    @Test
    void read_whatWasWritten_isTheSame() throws Exception {
        PeerPage answer = RecordLines.read(page(DEVICE, RUN, RUN, ERASED));

        assertThat(answer.records()).containsExactly(DEVICE, RUN, RUN, ERASED);
        assertThat(answer.next()).isEqualTo("place");
        assertThat(answer.more()).isTrue();
        assertThat(answer.behind()).isEqualTo(5);
    }

    @Test
    void read_linesOfALaterVersion_areKeptAsTheyAre() throws Exception {
        String later = "{\"v\":2,\"kind\":\"runs\",\"x\":1}\n{\"v\":1,\"kind\":\"song\"}\n";
        byte[] lines = (later + new String(page(DEVICE), StandardCharsets.UTF_8)).getBytes(StandardCharsets.UTF_8);

        PeerPage answer = RecordLines.read(lines);

        assertThat(answer.records()).containsExactly(DEVICE);
        assertThat(answer.aside())
                .extracting(PutAside::line, PutAside::reason)
                .containsExactly(
                        tuple("{\"v\":2,\"kind\":\"runs\",\"x\":1}", PutAside.Reason.LATER_VERSION),
                        tuple("{\"v\":1,\"kind\":\"song\"}", PutAside.Reason.LATER_VERSION));
    }

    @Test
    void read_aShadowWhoseDocumentHasALaterFormat_putsItAsideByThatReason() throws Exception {
        byte[] document = {77};
        CRC32C crc = new CRC32C();
        crc.update(document);
        String later = "{\"v\":1,\"kind\":\"shadow\",\"thing\":\"d1\",\"name\":\"\",\"crc\":" + crc.getValue()
                + ",\"data\":\"" + Base64.getEncoder().encodeToString(document) + "\"}";
        String page = later + "\n" + new String(page(DEVICE), StandardCharsets.UTF_8);

        PeerPage answer = RecordLines.read(page.getBytes(StandardCharsets.UTF_8));

        assertThat(answer.records()).containsExactly(DEVICE);
        assertThat(answer.aside())
                .extracting(PutAside::line, PutAside::reason)
                .containsExactly(tuple(later, PutAside.Reason.LATER_VERSION));
    }

    @Test
    void read_aPageThatIsBrokenOffOrDamaged_isRefused() {
        byte[] whole = page(RUN);
        byte[] torn = Arrays.copyOf(whole, whole.length - 2);
        String damaged = new String(whole, StandardCharsets.UTF_8).replace("\"crc\":", "\"crc\":1");

        assertThatThrownBy(() -> RecordLines.read(torn)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> RecordLines.read(damaged.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(IOException.class);
    }

    @Test
    void read_moreRecordsThanAPageMayHave_isRefused() {
        byte[] shortLines = "{}\n".repeat(RecordLines.MAX_RECORDS + 1).getBytes(StandardCharsets.US_ASCII);
        byte[] emptyRuns = new byte[3 * (RecordLines.MAX_RECORDS + 1)];
        byte[] oneLine =
                (RecordLines.runsLine(emptyRuns, Integer.MAX_VALUE) + "\n").getBytes(StandardCharsets.US_ASCII);

        for (byte[] page : List.of(shortLines, oneLine)) {
            assertThatThrownBy(() -> RecordLines.read(page))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("more than 300000 records");
        }
    }

    @Test
    void read_moreRunsInALineThanThereAre_putsTheLineAside() throws Exception {
        String line = RecordLines.runsLine(new byte[0], Integer.MAX_VALUE) + "\n" + end("\"place\"", 1);

        PeerPage answer = RecordLines.read(line.getBytes(StandardCharsets.US_ASCII));

        assertThat(answer.records()).isEmpty();
        assertThat(answer.aside()).hasSize(1);
    }

    @Test
    void read_aLineOfMoreValuesThanAnyHas_isRefused() {
        byte[] page = ("{\"x\":[" + "[],".repeat(200_000) + "0]}\n").getBytes(StandardCharsets.US_ASCII);

        assertThatThrownBy(() -> RecordLines.read(page)).isInstanceOf(IOException.class);
    }

    @Test
    void read_aPlaceOrAClockBeyondAnySense_isRefused() {
        for (String end : List.of(
                end('"' + "x".repeat(PeerTransport.MAX_PLACE_LENGTH + 1) + '"', 1),
                end("\"place\"", Long.MAX_VALUE),
                end("\"place\"", -1))) {
            assertThatThrownBy(() -> RecordLines.read(end.getBytes(StandardCharsets.US_ASCII)))
                    .isInstanceOf(IOException.class);
        }
    }

    private static String end(String after, long clockMillis) {
        return "{\"v\":1,\"kind\":\"next\",\"after\":" + after + ",\"more\":false,\"behind\":0,\"clock\":" + clockMillis
                + "}\n";
    }
}
