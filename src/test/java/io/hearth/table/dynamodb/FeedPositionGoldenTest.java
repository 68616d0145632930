package io.hearth.table.dynamodb;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hearth.table.Cursor;
import io.hearth.table.CursorCodec;
import io.hearth.table.CursorCodec.Kind;
import io.hearth.table.CursorExpiredException;
import io.hearth.table.dynamodb.FeedPosition.ShardPosition;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Pins the bytes of a place in the change feed: followers keep them over upgrades of the service. */
final class FeedPositionGoldenTest {
    private static final String STREAM_AND_TIME = "01020304" + "b8df9dd006";
    private static final String TWO_SHARDS =
            "02" + "01" + hex("a") + "02" + hex("17") + "00" + "00" + "01" + hex("b") + "00" + "05" + "09";
    private static final List<ShardPosition> SHARDS =
            List.of(new ShardPosition("a", "17", 0, 0), new ShardPosition("b", null, 5, 9));

    @Test
    void toCursor_anyPosition_hasItsShardsAndThoseThatEnded() {
        FeedPosition position = new FeedPosition(0x01020304, 1_778_872_248L, SHARDS, List.of("c"));

        assertThat(position.toCursor()).isEqualTo(cursor(STREAM_AND_TIME + TWO_SHARDS + "01" + "01" + hex("c")));
        assertThat(FeedPosition.of(position.toCursor())).isEqualTo(position);
    }

    @Test
    void of_cursorOfAnEarlierVersion_hasItsShards() {
        assertThat(FeedPosition.of(cursor(STREAM_AND_TIME + TWO_SHARDS)))
                .isEqualTo(new FeedPosition(0x01020304, 1_778_872_248L, SHARDS, List.of()));
    }

    /** It had lost all of them, as their children were not listed. */
    @Test
    void of_cursorOfAnEarlierVersionWithoutShards_hasExpired() {
        Cursor cursor = cursor(STREAM_AND_TIME + "00");

        assertThatThrownBy(() -> FeedPosition.of(cursor)).isInstanceOf(CursorExpiredException.class);
    }

    private static Cursor cursor(String hex) {
        return CursorCodec.encode(Kind.CHANGES, new byte[0], HexFormat.of().parseHex(hex));
    }

    private static String hex(String text) {
        return HexFormat.of().formatHex(text.getBytes(US_ASCII));
    }
}
