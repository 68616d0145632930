package io.hearth.rest.http;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hearth.rest.problem.ProblemException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

class UnpackedBodyTest {
    private static final int MEBIBYTE = 1 << 20;

    private static byte[] gzipped(byte[] body) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(body);
        }
        return packed.toByteArray();
    }

    private static long unpackedBytes(byte[] packed, UnpackedBody.Limits limits) throws IOException {
        UnpackedBody body = UnpackedBody.of(new ByteArrayInputStream(packed), "gzip", limits);
        byte[] buffer = new byte[8192];
        long bytes = 0;
        for (int read = body.read(buffer, 0, buffer.length); read >= 0; read = body.read(buffer, 0, buffer.length)) {
            bytes += read;
        }
        return bytes;
    }

    @Test
    void read_bombOfBadLines_endsSoonAfterTheFirstMebibyte() throws IOException {
        byte[] bomb = gzipped("x\n".repeat(16 * MEBIBYTE).getBytes(US_ASCII));
        assertThat(bomb.length).isLessThan(MEBIBYTE / 4);
        UnpackedBody body =
                UnpackedBody.of(new ByteArrayInputStream(bomb), "gzip", new UnpackedBody.Limits(10, Long.MAX_VALUE));
        byte[] buffer = new byte[8192];
        long[] bytes = {0};

        assertThatThrownBy(() -> {
                    while (true) {
                        bytes[0] += body.read(buffer, 0, buffer.length);
                    }
                })
                .isInstanceOf(ProblemException.class)
                .hasMessageContaining("at most 10 times as large");
        assertThat(bytes[0]).isBetween((long) MEBIBYTE - buffer.length, 10L * bomb.length + MEBIBYTE);
    }

    @Test
    void read_moreThanBodiesMayBecome_isRefused() throws IOException {
        byte[] random = new byte[2 * MEBIBYTE];
        new Random(1).nextBytes(random);
        byte[] packed = gzipped(random);

        assertThat(unpackedBytes(packed, new UnpackedBody.Limits(2, 2 * MEBIBYTE)))
                .isEqualTo(2 * MEBIBYTE);
        assertThatThrownBy(() -> unpackedBytes(packed, new UnpackedBody.Limits(2, 2 * MEBIBYTE - 1)))
                .isInstanceOf(ProblemException.class)
                .hasMessageContaining("at most 2097151 bytes");
    }

    @Test
    void read_readingsThatRepeatThemselves_areWithinTheDefaultRatio() throws IOException {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 50_000; i++) {
            lines.append("{\"device\":\"thermostat-1\",\"ts\":")
                    .append(1_796_000_000_000L + i * 1000L)
                    .append(",\"values\":{\"temperature\":21.5,\"humidity\":40}}\n");
        }
        byte[] body = lines.toString().getBytes(US_ASCII);

        assertThat(unpackedBytes(gzipped(body), new UnpackedBody.Limits(100, Long.MAX_VALUE)))
                .isEqualTo(body.length);
    }

    @Test
    void read_smallBodyOfFewBytes_isTaken() throws IOException {
        assertThat(unpackedBytes(gzipped(new byte[MEBIBYTE]), new UnpackedBody.Limits(2, Long.MAX_VALUE)))
                .isEqualTo(MEBIBYTE);
    }
}
