package io.hearth.rest;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/** A connection of HTTP/1.1 that sends requests byte by byte as it is told, also such as no client would, and reads the answers. */
final class RawConnection implements Closeable {
    private static final int PATIENCE_MILLIS = 60_000;

    private final Socket socket;
    private final InputStream in;
    private boolean reusable = true;

    RawConnection(int port) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(PATIENCE_MILLIS);
        socket.setTcpNoDelay(true);
        in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
    }

    /**
     * An answer.
     *
     * @param headers by name in lower case; of several of a name the last
     * @param body null of a stream of events, which has no end
     */
    @SuppressWarnings("ArrayRecordComponent")
    record Answer(int status, Map<String, String> headers, byte @Nullable [] body) {
        @Nullable
        String contentType() {
            return headers.get("content-type");
        }
    }

    /** Whether another request can be sent. */
    boolean isReusable() {
        return reusable;
    }

    /**
     * Sends a request and reads its answer.
     *
     * @param head the request line and the headers, each with its line end, and the empty line
     * @param hasNoBody whether the answer has none whatever its headers say, as to HEAD
     * @throws IOException the connection broke, or no answer came
     */
    Answer exchange(byte[] head, byte[] body, boolean hasNoBody) throws IOException {
        ByteArrayOutputStream request = new ByteArrayOutputStream(head.length + body.length);
        request.write(head);
        request.write(body);
        reusable = false;
        socket.getOutputStream().write(request.toByteArray());
        int status;
        Map<String, String> headers = new HashMap<>();
        do {
            String[] statusLine = line().split(" ", 3);
            if (statusLine.length < 2 || !statusLine[0].equals("HTTP/1.1")) {
                throw new IOException("no answer of HTTP/1.1: " + String.join(" ", statusLine));
            }
            status = Integer.parseInt(statusLine[1]);
            headers.clear();
            for (String header = line(); !header.isEmpty(); header = line()) {
                int colon = header.indexOf(':');
                headers.put(
                        header.substring(0, colon).toLowerCase(Locale.ROOT),
                        header.substring(colon + 1).strip());
            }
        } while (status < 200);
        byte[] answered = bodyOf(status, headers, hasNoBody);
        if (answered != null && answered.length > 0 && "gzip".equals(headers.get("content-encoding"))) {
            answered = new GZIPInputStream(new ByteArrayInputStream(answered)).readAllBytes();
        }
        reusable = answered != null && !"close".equalsIgnoreCase(headers.get("connection"));
        return new Answer(status, Map.copyOf(headers), answered);
    }

    private byte @Nullable [] bodyOf(int status, Map<String, String> headers, boolean hasNoBody) throws IOException {
        if (hasNoBody || status == 204 || status == 304) {
            return new byte[0];
        }
        if ("text/event-stream".equals(ApiContract.mediaType(headers.get("content-type")))) {
            return null;
        }
        if ("chunked".equalsIgnoreCase(headers.get("transfer-encoding"))) {
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            int length;
            do {
                length = Integer.parseInt(line(), 16);
                body.write(bytes(length));
                line();
            } while (length > 0);
            return body.toByteArray();
        }
        String length = headers.get("content-length");
        return length == null ? in.readAllBytes() : bytes(Integer.parseInt(length));
    }

    private byte[] bytes(int length) throws IOException {
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new EOFException("the answer ends after " + bytes.length + " of " + length + " bytes");
        }
        return bytes;
    }

    private String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0) {
                throw new EOFException(
                        "the connection ends where an answer is due, after: " + line.toString(ISO_8859_1));
            }
            if (next != '\r') {
                line.write(next);
            }
        }
        return line.toString(ISO_8859_1);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
