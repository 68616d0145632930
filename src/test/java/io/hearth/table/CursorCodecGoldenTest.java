package io.hearth.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.table.CursorCodec.Kind;
import java.util.Base64;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** Pins the text of cursors: followers of the change feed keep them for days, across upgrades of the service. */
final class CursorCodecGoldenTest {
    @Test
    void encode_anyPosition_isKindChecksumAndPosition() {
        Cursor cursor = CursorCodec.encode(Kind.CHANGES, new byte[] {1, 2}, new byte[] {3, (byte) 0xFF});

        assertThat(hex(cursor)).startsWith("43").endsWith("03ff").hasSize(14);
        assertThat(cursor.value()).isEqualTo("QwgagSID_w");
        assertThat(CursorCodec.decode(Kind.CHANGES, new byte[] {1, 2}, cursor)).isEqualTo(new byte[] {3, (byte) 0xFF});
    }

    private static String hex(Cursor cursor) {
        return HexFormat.of().formatHex(Base64.getUrlDecoder().decode(cursor.value()));
    }
}
