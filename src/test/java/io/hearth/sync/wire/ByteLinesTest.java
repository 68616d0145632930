package io.hearth.sync.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ByteLinesTest {
    @Test
    void next_ofAStreamThatComesInSmallPieces_isEachLineWhole() throws IOException {
        assertThat(lines(inPieces("a\n\nlonger\nlast\n", 1))).containsExactly("a", "", "longer", "last");
        assertThat(lines(inPieces("a\n\nlonger\nlast\n", 5))).containsExactly("a", "", "longer", "last");
    }

    @Test
    void next_ofALineLongerThanTheBuffer_isWhole() throws IOException {
        String large = "x".repeat(200_000);

        assertThat(lines(new ByteArrayInputStream(bytes("before\n" + large + "\nbehind\n"))))
                .containsExactly("before", large, "behind");
    }

    @Test
    void next_ofALineWithoutAnEnd_isNone() throws IOException {
        assertThat(lines(new ByteArrayInputStream(bytes("whole\nbroken o")))).containsExactly("whole");
    }

    @Test
    void bytes_areThoseThatWereRead() throws IOException {
        ByteLines lines = new ByteLines(new ByteArrayInputStream(bytes("é\nbroken")));
        assertThat(lines.bytes()).isZero();
        byte[] first = lines.next();

        assertThat(first).isEqualTo(bytes("é"));
        assertThat(lines.next()).isNull();
        assertThat(lines.bytes()).isEqualTo(9);
    }

    private static List<String> lines(InputStream in) throws IOException {
        List<String> found = new ArrayList<>();
        ByteLines lines = new ByteLines(in);
        for (byte[] line = lines.next(); line != null; line = lines.next()) {
            found.add(new String(line, StandardCharsets.UTF_8));
        }
        return found;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static InputStream inPieces(String text, int pieceBytes) {
        return new ByteArrayInputStream(bytes(text)) {
            @Override
            public synchronized int read(byte[] into, int at, int length) {
                return super.read(into, at, Math.min(length, pieceBytes));
            }
        };
    }
}
