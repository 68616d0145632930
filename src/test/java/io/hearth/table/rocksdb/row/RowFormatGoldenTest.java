package io.hearth.table.rocksdb.row;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hearth.bytes.ByteWriter;
import io.hearth.table.Bytes;
import io.hearth.table.IndexKey;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.TableException;
import io.hearth.table.rocksdb.TableFiles;
import io.hearth.table.rocksdb.file.DurableFile;
import io.hearth.table.rocksdb.file.FormatFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pins the bytes on disk. Who changes one must raise {@link FormatFile#VERSION}, or old tables become unreadable. */
final class RowFormatGoldenTest {
    @Test
    void hash_anyPartition_isFnv1aFoldedTo16Bits() {
        assertThat(RowKey.hash(utf8("a"))).isEqualTo(0xE40C ^ 0x292C);
        assertThat(RowKey.hash(utf8("foobar"))).isEqualTo(0xBF9C ^ 0xF968);
    }

    @Test
    void rowKey_anyKey_isHashLengthPartitionAndSortKey() {
        assertThat(hex(RowKey.encode(new Key("foobar", Bytes.wrap(new byte[] {0, (byte) 0xFF})))))
                .isEqualTo("46f4" + "06" + "666f6f626172" + "00ff");
        assertThat(hex(RowKey.encode(new Key("é", Bytes.wrap(new byte[] {1}))))).endsWith("02" + "c3a9" + "01");
    }

    @Test
    void value_plainItem_isAZeroByteAndTheBody() {
        assertThat(value(0, 0, null)).isEqualTo("00" + "626f6479");
    }

    @Test
    void value_allOfIt_isFlagsExpiryVersionIndexKeyAndBody() {
        IndexKey index = new IndexKey("home", Bytes.wrap(new byte[] {0, 1}));

        assertThat(value(1_800_000_000, 0, null)).isEqualTo("01" + "80a4a7da06" + "626f6479");
        assertThat(value(0, 300, null)).isEqualTo("02" + "ac02" + "626f6479");
        assertThat(value(1_800_000_000, 300, index))
                .isEqualTo("07" + "80a4a7da06" + "ac02" + "04" + "686f6d65" + "0002" + "0001" + "626f6479");
    }

    @Test
    void value_readBack_isTheItem() {
        for (long expiresAtSeconds : new long[] {0, 1, 127, 128, 1_800_000_000L, Long.MAX_VALUE}) {
            for (long version : new long[] {0, 1, 128, Long.MAX_VALUE}) {
                Item item = new Item(
                        new Key("foobar", Bytes.wrap(new byte[] {1})),
                        Bytes.wrap(utf8("body")),
                        expiresAtSeconds,
                        version,
                        new IndexKey("é", Bytes.wrap(new byte[] {0})));
                ByteWriter sink = new ByteWriter(1);
                ItemValue.encode(item, utf8("é"), sink);

                assertThat(new ItemValue().read(sink.array(), sink.length()).item(item.key()))
                        .isEqualTo(item);
                assertThat(ItemValue.encodedBytes(item, utf8("é"))).isEqualTo(sink.length());
            }
        }
    }

    @Test
    void value_damaged_isToldAsSuch() {
        for (String damaged :
                new String[] {"", "08", "01", "0180", "04", "040161", "0401610005ff", "01ffffffffffffffffffffff"}) {
            byte[] bytes = HexFormat.of().parseHex(damaged);

            assertThatThrownBy(() ->
                            new ItemValue().read(bytes, bytes.length).item(new Key("a", Bytes.wrap(new byte[] {1}))))
                    .as(damaged)
                    .isInstanceOf(TableException.class);
        }
    }

    @Test
    void indexRow_anyKeys_isPartitionEscapedSortKeyEscapedItemPartitionAndItemSortKey() {
        byte[] row = IndexRow.encode(
                new IndexKey("foobar", Bytes.wrap(new byte[] {7, 0, 8})),
                new Key("d\u00001", Bytes.wrap(new byte[] {0, 9})));

        assertThat(hex(row))
                .isEqualTo("46f4" + "06" + "666f6f626172" + "0700ff08" + "0001" + "6400ff31" + "0001" + "0009");
        assertThat(IndexRow.itemKey(row, row.length)).isEqualTo(new Key("d\u00001", Bytes.wrap(new byte[] {0, 9})));
        assertThat(hex(IndexRow.bound(RowKey.prefix(utf8("foobar")), Bytes.wrap(new byte[] {7, 0}))))
                .isEqualTo("46f4" + "06" + "666f6f626172" + "0700ff");
    }

    @Test
    void formatFile_text_isThreeLinesAndTheirChecksum() {
        assertThat(new FormatFile(UUID.fromString("01234567-89ab-cdef-0123-456789abcdef"), true).text())
                .isEqualTo(
                        "hearth table.rocksdb\nversion 1\nid 01234567-89ab-cdef-0123-456789abcdef\ncheck b0e02ca0\n");
    }

    @Test
    void durableFile_bytes_areTwoSlotsOfSequenceNumberVersionAndChecksum(@TempDir Path directory) throws IOException {
        try (DurableFile file = DurableFile.open(directory)) {
            file.reached(5);
            file.reached(0x0102_0304_0506L);
        }

        assertThat(hex(Files.readAllBytes(directory.resolve("DURABLE"))))
                .isEqualTo("0000000000000005" + "00000001" + "015fe742" + "0000010203040506" + "00000001" + "4ccae8a4");
        try (DurableFile file = DurableFile.open(directory)) {
            assertThat(file.sequence()).isEqualTo(0x0102_0304_0506L);
        }
    }

    @Test
    void durableFile_slotThatWasWrittenInPart_isNotUsed(@TempDir Path directory) throws IOException {
        try (DurableFile file = DurableFile.open(directory)) {
            file.reached(5);
            file.reached(6);
        }
        TableFiles.flip(directory.resolve("DURABLE"), 16 * Byte.SIZE);

        try (DurableFile file = DurableFile.open(directory)) {
            assertThat(file.sequence()).isEqualTo(5);
            assertThat(file.isDamaged()).isFalse();
            file.reached(7);
        }
        try (DurableFile file = DurableFile.open(directory)) {
            assertThat(file.sequence()).isEqualTo(7);
        }
    }

    private static String value(long expiresAtSeconds, long version, @Nullable IndexKey index) {
        Item item = new Item(
                new Key("d", Bytes.wrap(new byte[] {1})), Bytes.wrap(utf8("body")), expiresAtSeconds, version, index);
        ByteWriter sink = new ByteWriter(1);
        ItemValue.encode(item, index == null ? null : utf8(index.partitionKey()), sink);
        return hex(sink.toByteArray());
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
