package io.hearth.series.erase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hearth.bytes.UnsupportedFormatException;
import io.hearth.model.DeviceId;
import io.hearth.model.HybridTime;
import io.hearth.model.RegionId;
import io.hearth.model.TimeRange;
import io.hearth.model.WriteStamp;
import io.hearth.series.item.SeriesKeys;
import io.hearth.series.value.Erasure;
import io.hearth.table.Bytes;
import io.hearth.table.Item;
import java.time.Duration;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** SeriesGoldenTest pins the bytes through the store, too. */
class StoredErasureTest {
    private static final WriteStamp STAMP = new WriteStamp(new HybridTime(0x01a202b2c5000000L), new RegionId("local"));
    private static final Erasure ERASURE = new Erasure(new DeviceId("d1"), new TimeRange(0x0a, 0x0b), true, STAMP);

    private final Item item = StoredErasure.item(ERASURE, Duration.ofDays(2));

    @Test
    void item_ofAnErasure_hasItsBytes_andIsKeptForItsLife() {
        assertThat(item.key().partitionKey()).isEqualTo("!erasures");
        assertThat(hex(item.key().sortKey())).isEqualTo("01a202b2c5000000" + "6c6f63616c");
        assertThat(hex(item.body())).isEqualTo("01" + "026431" + "000000000000000a" + "000000000000000b" + "01");
        assertThat(item.expiresAtSeconds())
                .isEqualTo(STAMP.time().physicalMillis() / 1000
                        + Duration.ofDays(2).toSeconds());
        assertThat(item.key()).isEqualTo(StoredErasure.key(STAMP));
    }

    @Test
    void of_itsItem_isTheErasure() {
        assertThat(StoredErasure.of(item)).isEqualTo(ERASURE);
    }

    @Test
    void of_aLaterFormat_isRefused() {
        byte[] body = item.body().array().clone();
        body[0] = 2;
        Item later = new Item(item.key(), Bytes.wrap(body), 0, 0, null);
        assertThatThrownBy(() -> StoredErasure.of(later)).isInstanceOf(UnsupportedFormatException.class);
    }

    @Test
    void isErasure_ofKeys_isThatOfAnErasureOnly() {
        assertThat(StoredErasure.isErasure(item.key())).isTrue();
        assertThat(StoredErasure.isErasure(SeriesKeys.device(new DeviceId("d1"))))
                .isFalse();
    }

    private static String hex(Bytes bytes) {
        return HexFormat.of().formatHex(bytes.array());
    }
}
