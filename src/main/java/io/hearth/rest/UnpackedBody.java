package io.hearth.rest;

import io.hearth.rest.problem.ProblemException;
import io.hearth.rest.problem.ProblemType;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/** What a request sends, unpacked as its Content-Encoding says. */
final class UnpackedBody {
    private static final int GZIP_BUFFER_BYTES = 64 * 1024;

    private final InputStream body;

    private UnpackedBody(InputStream body) {
        this.body = body;
    }

    /**
     * @param contentEncoding null, {@code identity} or {@code gzip}
     * @throws ProblemException another encoding, or what comes is not gzip
     */
    static UnpackedBody of(InputStream body, @Nullable String contentEncoding) throws IOException {
        if (contentEncoding == null || contentEncoding.equalsIgnoreCase("identity")) {
            return new UnpackedBody(body);
        }
        if (!contentEncoding.equalsIgnoreCase("gzip")) {
            throw new ProblemException(
                    ProblemType.UNSUPPORTED_MEDIA_TYPE, "Of Content-Encodings, gzip is understood, or none.");
        }
        try {
            return new UnpackedBody(new GZIPInputStream(body, GZIP_BUFFER_BYTES));
        } catch (ZipException | EOFException e) {
            throw notGzip();
        }
    }

    /** Reads up to {@code length} bytes; -1 at the end. */
    int read(byte[] target, int offset, int length) throws IOException {
        try {
            return body.read(target, offset, length);
        } catch (ZipException | EOFException e) {
            throw notGzip();
        }
    }

    /** @throws ProblemException it has more than {@code maxBytes}, after unpacking */
    byte[] readWhole(int maxBytes) throws IOException {
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
