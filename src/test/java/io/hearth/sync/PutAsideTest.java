package io.hearth.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hearth.bytes.ByteReader;
import io.hearth.bytes.ByteWriter;
import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.RegionId;
import io.hearth.series.SeriesFixture;
import io.hearth.series.WindowDigests;
import io.hearth.series.item.StoredRun;
import io.hearth.series.value.RemoteRun;
import io.hearth.sync.wire.PeerPage;
import io.hearth.sync.wire.PutAside;
import io.hearth.sync.wire.RecordLines;
import io.hearth.sync.wire.SyncPage;
import io.hearth.sync.wire.SyncRecord;
import io.hearth.table.Bytes;
import io.hearth.table.Cursor;
import io.hearth.table.ForwardingTable;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.Page;
import io.hearth.table.Query;
import io.hearth.table.Scan;
import io.hearth.table.Table;
import io.hearth.table.ThrottledException;
import io.hearth.table.Write;
import io.hearth.table.memory.MemoryTable;
import io.smallrye.mutiny.Uni;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

/** A record that cannot be taken in holds no other up, and is not lost. */
@SuppressWarnings("NullAway")
class PutAsideTest {
    private static final DeviceId DEVICE = new DeviceId("d1");
    private static final DeviceId OTHER = new DeviceId("d2");
    private static final long DAY = EpochMicros.of(Instant.parse("2026-11-20T00:00:00Z"));
    private static final long SECOND = 1_000_000;
    private static final RegionId HERE = new RegionId("here");

    private final Instant[] now = {Instant.parse("2026-11-22T10:00:00Z")};
    private final MemoryTable memory = new MemoryTable(() -> now[0]);
    private final SimulatedRegion peer = new SimulatedRegion(new RegionId("peer"), now, Duration.ZERO);
    private final SimulatedRegion here = new SimulatedRegion(HERE, now, Duration.ZERO, memory);
    private final SimulatedLink link = new SimulatedLink(
            peer, new SyncSource.Wanted(Set.of(), Set.of(), SyncSource.Origin.ALL, HERE), new Random(0));

    PutAsideTest() {
        link.faulty = false;
    }

    private void pull(SimulatedRegion region) throws IOException {
        do {
            region.pull(peer.id, link).step();
        } while (region.progress.get(peer.id).state() != PeerProgress.State.FOLLOWING);
    }

    private PeerProgress progress() {
        return here.progress.get(peer.id);
    }

    private static void fill(SimulatedRegion region, DeviceId device, int readings) {
        for (int i = 0; i < readings; i++) {
            SeriesFixture.append(region.series, device.value(), DAY + i * SECOND, Map.of("n", i));
        }
    }

    private static void seal(SimulatedRegion region) {
        region.series.seal(EpochMicros.of(region.instant()), nanos -> {});
    }

    private static List<Item> items(Table table, Predicate<Item> which) {
        return table.scan(new Scan(0, 1, 100_000, null)).await().indefinitely().items().stream()
                .filter(which)
                .toList();
    }

    private static void put(Table table, Item item) {
        table.write(List.of(new Write.Put(item))).await().indefinitely();
    }

    private static Item chunkOf(Table table, DeviceId device) {
        return items(
                        table,
                        item -> StoredRun.isChunk(item.key())
                                && item.key().partitionKey().equals(device.value()))
                .get(0);
    }

    private static Item damaged(Item item) {
        byte[] body = item.body().array().clone();
        body[20] ^= 1;
        return Item.of(item.key(), Bytes.wrap(body));
    }

    @Test
    void pull_ofATimeWhoseChunkHereIsDamaged_isStoredBesideIt() throws Exception {
        fill(here, DEVICE, 50);
        seal(here);
        Item chunk = chunkOf(memory, DEVICE);
        put(memory, damaged(chunk));
        here.restart(); // nothing of it is kept in memory
        peer.clockOffsetMillis = 1000;
        SeriesFixture.append(peer.series, DEVICE.value(), DAY + 10 * SECOND, Map.of("n", -1));
        fill(peer, OTHER, 20);

        pull(here);

        assertThat(here.readings(OTHER)).isEqualTo(peer.readings(OTHER)).hasSize(20);
        assertThat(progress().putAside(PutAside.Reason.FAILED)).isZero();
        assertThat(progress().refused()).isZero();
        put(memory, chunk);
        assertThat(here.readings(DEVICE)).hasSize(50).containsEntry(DAY + 10 * SECOND, Map.of("n", -1.0));
    }

    @Test
    void pull_ofWhatADamagedRecordHereKeepsFromBeingStored_goesOnAndTakesItInOnceThatIsMended() throws Exception {
        fill(here, DEVICE, 50);
        Item record = items(
                        memory,
                        item -> item.key().partitionKey().equals(DEVICE.value())
                                && item.key().sortKey().array()[0] == 1)
                .get(0);
        byte[] body = record.body().array().clone();
        body[0] ^= 1;
        put(memory, new Item(record.key(), Bytes.wrap(body), 0, 0, record.index()));
        here.restart(); // nothing of it is kept in memory
        peer.clockOffsetMillis = 1000;
        SeriesFixture.append(peer.series, DEVICE.value(), DAY + 10 * SECOND, Map.of("n", -1));
        fill(peer, OTHER, 20);

        pull(here);

        assertThat(here.readings(OTHER)).isEqualTo(peer.readings(OTHER)).hasSize(20);
        assertThat(progress().putAside(PutAside.Reason.FAILED))
                .as("the record of the device, and its run")
                .isEqualTo(2);
        assertThat(progress().refused()).isZero();
        assertThat(here.service(link).startStatus().done()).isFalse();

        here.restart();
        retry(here);
        assertThat(items(memory, PutAsideTest::isAside)).as("still damaged").hasSize(2);

        put(memory, record);
        here.restart();
        retry(here);

        assertThat(here.readings(DEVICE)).hasSize(50).containsEntry(DAY + 10 * SECOND, Map.of("n", -1.0));
        assertThat(items(memory, PutAsideTest::isAside)).isEmpty();
    }

    private void retry(SimulatedRegion region) {
        SyncService service = region.service(link);
        service.prepare(List.of());
        assertThat(service.attemptStart()).isTrue();
    }

    private static boolean isAside(Item item) {
        String key = new String(item.key().sortKey().array(), StandardCharsets.ISO_8859_1);
        return item.key().partitionKey().equals("!sync") && (key.startsWith("aside/") || key.startsWith("unknown/"));
    }

    @Test
    void pull_ofAChunkWhosePartDoesNotFitAnItem_goesOn() throws Exception {
        String[] texts = IntStream.range(0, 5)
                .mapToObj(i -> String.valueOf((char) ('a' + i)).repeat(800))
                .toArray(String[]::new);
        for (int i = 0; i < 16_384; i++) {
            SeriesFixture.append(
                    peer.series,
                    DEVICE.value(),
                    DAY + i * SECOND,
                    Map.of("one", texts[i % 5], "other", texts[(i / 7) % 5]));
        }
        seal(peer);
        fill(peer, OTHER, 20);
        // Something of the same time, so that what is missing is stored as runs.
        SeriesFixture.append(here.series, DEVICE.value(), DAY + 8000 * SECOND + 1, Map.of("n", 1));

        pull(here);

        assertThat(here.readings(OTHER)).hasSize(20);
        assertThat(progress().putAside(PutAside.Reason.FAILED)).isZero();
        assertThat(here.readings(DEVICE)).hasSize(16_385);
    }

    @Test
    void pull_ofFormatsOfALaterBuild_putsThemAsideByThatReason() throws Exception {
        fill(peer, DEVICE, 3);
        Item run = items(peer.table, item -> StoredRun.isRun(item.key())).get(1);
        byte[] later = run.body().array().clone();
        later[0] = 77;
        put(peer.table, Item.of(run.key(), Bytes.wrap(later)));

        pull(here);

        assertThat(here.readings(DEVICE)).hasSize(2);
        assertThat(progress().putAside(PutAside.Reason.LATER_VERSION)).isOne();
        assertThat(items(memory, PutAsideTest::isAside)).hasSize(1);
    }

    @Test
    void pull_ofAChunkOfALaterBuild_putsItAsideByThatReasonAndGoesOn() throws Exception {
        fill(peer, DEVICE, 20);
        seal(peer);
        Item chunk = chunkOf(peer.table, DEVICE);
        put(
                peer.table,
                Item.of(chunk.key(), Bytes.wrap(ofLaterVersion(chunk.body().array()))));
        fill(peer, OTHER, 3);

        pull(here);

        assertThat(here.readings(OTHER)).hasSize(3);
        assertThat(progress().putAside(PutAside.Reason.LATER_VERSION)).isOne();
        assertThat(progress().putAside(PutAside.Reason.FAILED)).isZero();
        assertThat(items(memory, PutAsideTest::isAside)).isNotEmpty();
    }

    /** A chunk: [1] version | [4] CRC-32C of the version and all that follows of the header, little-endian | varint length | header. */
    private static byte[] ofLaterVersion(byte[] chunk) {
        byte[] later = chunk.clone();
        later[0] = 77;
        ByteReader in = new ByteReader(later, 5, later.length);
        int header = in.readCount(in.remaining());
        CRC32C crc = new CRC32C();
        crc.update(later, 0, 1);
        crc.update(later, 5, in.position() + header - 5);
        for (int i = 0; i < Integer.BYTES; i++) {
            later[1 + i] = (byte) (crc.getValue() >>> (8 * i));
        }
        return later;
    }

    @Test
    void pull_whileTheTableHereThrottles_putsNothingAsideAndTakesItInLater() throws Exception {
        boolean[] fails = {false};
        Table throttling = new ForwardingTable(memory) {
            @Override
            public Uni<Page> query(Query query) {
                return fails[0] && query.partitionKey().equals(DEVICE.value())
                        ? Uni.createFrom().failure(new ThrottledException("too many requests", null))
                        : table.query(query);
            }
        };
        SimulatedRegion region = new SimulatedRegion(HERE, now, Duration.ZERO, throttling);
        SeriesFixture.append(region.series, DEVICE.value(), DAY, Map.of("n", -1));
        fill(peer, DEVICE, 3);
        fails[0] = true;

        assertThatThrownBy(() -> pull(region)).isInstanceOf(ThrottledException.class);
        assertThat(items(memory, PutAsideTest::isAside)).isEmpty();

        fails[0] = false;
        pull(region);
        assertThat(region.readings(DEVICE)).hasSize(3);
    }

    @Test
    void retry_ofLinesOfAnEarlierBuild_takesThemInToo() {
        fill(peer, DEVICE, 1);
        Item run = items(peer.table, item -> StoredRun.isRun(item.key())).get(0);
        String line = RecordLines.line(new SyncRecord.Run(new RemoteRun(run.key(), run.body())));
        put(
                memory,
                Item.of(
                        new Key("!sync", Bytes.wrap("unknown/12345678".getBytes(StandardCharsets.US_ASCII))),
                        Bytes.wrap(line.getBytes(StandardCharsets.UTF_8))));

        retry(here);

        assertThat(here.readings(DEVICE)).hasSize(1);
        assertThat(items(memory, PutAsideTest::isAside)).isEmpty();
    }

    @Test
    void retry_ofALineWhoseStampIsAhead_leavesItAndGoesOn() {
        PutAsideItems aside = new PutAsideItems(memory, () -> now[0], 1 << 20);
        peer.clockOffsetMillis = Duration.ofDays(3650).toMillis();
        fill(peer, DEVICE, 1);
        peer.clockOffsetMillis = 0;
        SimulatedRegion third = new SimulatedRegion(new RegionId("third"), now, Duration.ZERO);
        fill(third, OTHER, 1);
        for (SimulatedRegion region : List.of(peer, third)) {
            Item run = items(region.table, item -> StoredRun.isRun(item.key())).get(0);
            SyncRecord record = new SyncRecord.Run(new RemoteRun(run.key(), run.body()));
            aside.keep(
                    List.of(new PutAside(RecordLines.line(record), PutAside.Reason.FAILED, "for the test")), peer.id);
        }

        retry(here);

        assertThat(here.readings(OTHER)).hasSize(1);
        assertThat(here.readings(DEVICE)).isEmpty();
        assertThat(items(memory, PutAsideTest::isAside)).hasSize(1);
    }

    @Test
    void keep_ofALineLargerThanAnItem_givesItBackWhole() {
        String line = new Random(1)
                .ints(700_000, 'a', 'z')
                .mapToObj(c -> String.valueOf((char) c))
                .collect(Collectors.joining());
        PutAsideItems aside = new PutAsideItems(memory, () -> now[0], 1 << 20);

        assertThat(aside.keep(List.of(new PutAside(line, PutAside.Reason.FAILED, "why")), peer.id))
                .isEmpty();

        assertThat(items(memory, PutAsideTest::isAside)).hasSize(4);
        assertThat(kept(aside)).containsExactly(line);
        assertThat(aside.kept()).isEqualTo(new PutAsideItems.Kept(1, 700_000));
        aside.forEach(aside::forget);
        assertThat(items(memory, PutAsideTest::isAside)).isEmpty();
        assertThat(aside.kept()).isEqualTo(new PutAsideItems.Kept(0, 0));
    }

    private static List<String> kept(PutAsideItems aside) {
        List<String> lines = new ArrayList<>();
        aside.forEach(stored -> lines.add(stored.line()));
        return lines;
    }

    @Test
    void keep_ofMoreThanThereIsRoomFor_saysWhichWereNotKept_alsoAfterARestart() {
        PutAside first = new PutAside("a".repeat(600), PutAside.Reason.FAILED, "why");
        PutAside second = new PutAside("b".repeat(600), PutAside.Reason.FAILED, "why");
        PutAsideItems aside = new PutAsideItems(memory, () -> now[0], 1000);

        assertThat(aside.keep(List.of(first, second), peer.id)).containsExactly(second);
        assertThat(aside.keep(List.of(first), peer.id)).as("it is kept already").isEmpty();

        PutAsideItems after = new PutAsideItems(memory, () -> now[0], 1000);
        assertThat(after.keep(List.of(second), peer.id)).containsExactly(second);
        now[0] = now[0].plus(Duration.ofDays(31));
        PutAsideItems later = new PutAsideItems(memory, () -> now[0], 1000);
        assertThat(later.keep(List.of(second), peer.id)).isEmpty();
    }

    /** Later builds have to find what this one puts aside. */
    @Test
    void keep_ofALine_hasThisForm() {
        new PutAsideItems(memory, () -> now[0], 1000)
                .keep(List.of(new PutAside("{}", PutAside.Reason.UNREADABLE, "why")), peer.id);

        Item item = items(memory, PutAsideTest::isAside).get(0);
        HexFormat hex = HexFormat.of();
        assertThat(hex.formatHex(item.key().sortKey().array()))
                .isEqualTo("61736964652f44136fa355b3678a1146ad16f7e8649e0000");
        assertThat(hex.formatHex(item.body().array()))
                .isEqualTo("01" + "0470656572" + "0a756e7265616461626c65" + "03776879" + "02" + "7b7d");
        assertThat(item.expiresAtSeconds())
                .isEqualTo(now[0].plus(Duration.ofDays(30)).getEpochSecond());
    }

    @Test
    void verify_withADamagedChunkOfOneDeviceHere_comparesTheOthers() throws Exception {
        fill(peer, DEVICE, 20);
        fill(peer, OTHER, 20);
        pull(here);
        seal(here);
        Item lost = chunkOf(memory, OTHER);
        memory.write(List.of(new Write.Delete(lost.key()))).await().indefinitely();
        put(memory, damaged(chunkOf(memory, DEVICE)));
        here.restart();

        Verification.Report report = here.verification().run(peer.id, link);

        assertThat(report.differences())
                .containsExactlyInAnyOrder(
                        new Verification.Difference(DEVICE, DAY, false), new Verification.Difference(OTHER, DAY, true));
        assertThat(here.readings(OTHER)).isEqualTo(peer.readings(OTHER));
    }

    @Test
    void verify_withADamagedChunkOfOneDeviceAtThePeer_comparesTheOthers() throws Exception {
        fill(peer, DEVICE, 20);
        fill(peer, OTHER, 20);
        pull(here);
        seal(peer);
        put(peer.table, damaged(chunkOf(peer.table, DEVICE)));
        memory.write(List.of(new Write.Delete(
                        WindowDigests.stored(memory, OTHER, DAY).get(5).key())))
                .await()
                .indefinitely();

        Verification.Report report = here.verification().run(peer.id, link);

        assertThat(report.differences()).containsExactly(new Verification.Difference(OTHER, DAY, true));
    }

    @Test
    void read_linesThatMakeNoSense_putsThemAsideAndReadsTheOthers() throws Exception {
        fill(peer, DEVICE, 1);
        Item run = items(peer.table, item -> StoredRun.isRun(item.key())).get(0);
        SyncRecord good = new SyncRecord.Run(new RemoteRun(run.key(), run.body()));
        String erasure =
                "{\"v\":1,\"kind\":\"erasure\",\"device\":\"d1\",\"from\":1,\"to\":2,\"time\":-5,\"region\":\"a\"}\n";
        String device = "{\"v\":1,\"kind\":\"device\",\"device\":\"no/device\",\"firstSeen\":1}\n";
        String page = erasure
                + device
                + new String(
                        RecordLines.write(new SyncPage(List.of(good), new Cursor("place"), false, 0), 1),
                        StandardCharsets.UTF_8);

        PeerPage answer = RecordLines.read(page.getBytes(StandardCharsets.UTF_8));

        assertThat(answer.records()).containsExactly(good);
        assertThat(answer.aside())
                .extracting(PutAside::reason)
                .containsExactly(PutAside.Reason.UNREADABLE, PutAside.Reason.UNREADABLE);
        assertThat(answer.aside().get(0).line()).isEqualTo(erasure.strip());
    }

    @Test
    void read_aRunThatMakesNoSenseAmongOthers_putsOnlyThatAside() throws Exception {
        fill(peer, DEVICE, 3);
        List<SyncRecord> runs = items(peer.table, item -> StoredRun.isRun(item.key())).stream()
                .<SyncRecord>map(item -> new SyncRecord.Run(new RemoteRun(item.key(), item.body())))
                .toList();
        // The second one without a partition key, which no table can have.
        byte[] data = concat(rawRun(runs.get(0)), new byte[] {0, 1, 0x10, 1, 1}, rawRun(runs.get(2)));
        String page = RecordLines.runsLine(data, 3) + "\n"
                + new String(
                        RecordLines.write(new SyncPage(List.of(), new Cursor("place"), false, 0), 1),
                        StandardCharsets.UTF_8);

        PeerPage answer = RecordLines.read(page.getBytes(StandardCharsets.UTF_8));

        assertThat(answer.records()).containsExactly(runs.get(0), runs.get(2));
        assertThat(answer.aside()).hasSize(1);
        assertThat(RecordLines.readKept(answer.aside().get(0).line())).isEmpty();
    }

    private static byte[] rawRun(SyncRecord record) {
        RemoteRun run = ((SyncRecord.Run) record).run();
        ByteWriter out = new ByteWriter(64);
        out.writeText(run.key().partitionKey());
        out.writeVarint(run.key().sortKey().length());
        out.writeBytes(run.key().sortKey().array());
        out.writeVarint(run.body().length());
        out.writeBytes(run.body().array());
        return out.toByteArray();
    }

    private static byte[] concat(byte[]... parts) {
        byte[] all = new byte[0];
        for (byte[] part : parts) {
            int at = all.length;
            all = Arrays.copyOf(all, at + part.length);
            System.arraycopy(part, 0, all, at, part.length);
        }
        return all;
    }
}
