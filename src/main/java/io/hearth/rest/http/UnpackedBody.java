package io.hearth.rest.http;

import io.hearth.rest.problem.ProblemException;
import io.hearth.rest.problem.ProblemType;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/** What a request sends, unpacked as its Content-Encoding says. */
public final class UnpackedBody extends InputStream {
    private static final int GZIP_BUFFER_BYTES = 64 * 1024;

    /** So much may be unpacked of few bytes: it takes little time, and the ratio of small bodies says nothing. */
    private static final long FREE_BYTES = 1 << 20;

    private final InputStream body;
    private final @Nullable CountedInput packed;
    private final Limits limits;
    private long unpackedBytes;

    /**
     * What a packed body may become.
     *
     * @param ratio bytes for each byte that was sent, beyond the first {@value #FREE_BYTES}
     * @param bytes in all
     */
    record Limits(int ratio, long bytes) {
        /** For bodies that are bounded as a whole. */
        static final Limits NONE = new Limits(Integer.MAX_VALUE, Long.MAX_VALUE);
    }

    /** Counts what was read of a packed body. */
    private static final class CountedInput extends FilterInputStream {
        private long bytes;

        CountedInput(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            int read = super.read();
            bytes += read < 0 ? 0 : 1;
            return read;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            int read = super.read(target, offset, length);
            bytes += Math.max(0, read);
            return read;
        }
    }

    private UnpackedBody(InputStream body, @Nullable CountedInput packed, Limits limits) {
        this.body = body;
        this.packed = packed;
        this.limits = limits;
    }

    /** As with limits, for a body that is bounded as a whole. */
    public static UnpackedBody of(InputStream body, @Nullable String contentEncoding) throws IOException {
        return of(body, contentEncoding, Limits.NONE);
    }

    /**
     * The body of a request.
     *
     * @param contentEncoding null, {@code identity} or {@code gzip}
     * @throws ProblemException another encoding, or what comes is not gzip
     */
    static UnpackedBody of(InputStream body, @Nullable String contentEncoding, Limits limits) throws IOException {
        if (contentEncoding == null || contentEncoding.equalsIgnoreCase("identity")) {
            return new UnpackedBody(body, null, limits);
        }
        if (!contentEncoding.equalsIgnoreCase("gzip")) {
            throw new ProblemException(
                    ProblemType.UNSUPPORTED_MEDIA_TYPE, "Of Content-Encodings, gzip is understood, or none.");
        }
        try {
            CountedInput packed = new CountedInput(body);
            return new UnpackedBody(new GZIPInputStream(packed, GZIP_BUFFER_BYTES), packed, limits);
        } catch (ZipException | EOFException e) {
            throw notGzip();
        }
    }

    /** @throws ProblemException it has become more than a packed body may */
    @Override
    public int read() throws IOException {
        byte[] next = new byte[1];
        return read(next, 0, 1) < 0 ? -1 : next[0] & 0xFF;
    }

    /**
     * Reads up to {@code length} bytes; -1 at the end.
     *
     * @throws ProblemException it has become more than a packed body may
     */
    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        int read;
        try {
            read = body.read(target, offset, length);
        } catch (ZipException | EOFException e) {
            throw notGzip();
        }
        if (packed != null && read > 0) {
            unpackedBytes += read;
            requireWithinLimits(packed.bytes);
        }
        return read;
    }

    private void requireWithinLimits(long packedBytes) {
        if (unpackedBytes > limits.bytes) {
            throw new ProblemException(
                    ProblemType.PAYLOAD_TOO_LARGE,
                    "A body may have at most " + limits.bytes
                            + " bytes when it is unpacked; lines before may be stored. Send it in parts.");
        }
        if (unpackedBytes > FREE_BYTES && unpackedBytes / limits.ratio > packedBytes) {
            throw new ProblemException(
                    ProblemType.PAYLOAD_TOO_LARGE,
                    "A body may be at most " + limits.ratio
                            + " times as large when it is unpacked; lines before may be stored. Send it less packed.");
        }
    }

    /** @throws ProblemException it has more than {@code maxBytes}, after unpacking */
    public byte[] readWhole(int maxBytes) throws IOException {
        byte[] whole;
        try {
            whole = body.readNBytes(maxBytes + 1);
        } catch (ZipException | EOFException e) {
            throw notGzip();
        }
        if (whole.length > maxBytes) {
            throw new ProblemException(
                    ProblemType.PAYLOAD_TOO_LARGE,
                    "The readings of one request may have at most " + maxBytes + " bytes.");
        }
        return whole;
    }

    private static ProblemException notGzip() {
        return new ProblemException(
                ProblemType.INVALID_REQUEST, "Content-Encoding says gzip, and the body is not, or breaks off.");
    }
}
