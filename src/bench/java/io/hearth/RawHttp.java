package io.hearth;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** A keep-alive connection that costs next to nothing, so that the server is what gets measured. */
final class RawHttp implements Closeable {
    private final Socket socket;
    private final InputStream in;
    private final String headers;
    private final byte[] skip = new byte[1 << 16];

    RawHttp(URI server, String token) throws IOException {
        socket = new Socket();
        socket.connect(new InetSocketAddress(server.getHost(), server.getPort()));
        socket.setTcpNoDelay(true);
        in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
        headers = "Host: " + server.getAuthority() + "\r\nAuthorization: Bearer " + token + "\r\n";
    }

    /** Asks for a path and returns how many bytes the body of the answer had. */
    long get(String path) throws IOException {
        socket.getOutputStream()
                .write(("GET " + path + " HTTP/1.1\r\n" + headers + "\r\n").getBytes(StandardCharsets.US_ASCII));
        return readAnswer(path);
    }

    long post(String path, String contentType, byte[] body, int length) throws IOException {
        String head = "POST " + path + " HTTP/1.1\r\n" + headers + "Content-Type: " + contentType
                + "\r\nContent-Length: " + length + "\r\n\r\n";
        socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
        socket.getOutputStream().write(body, 0, length);
        return readAnswer(path);
    }

    private long readAnswer(String path) throws IOException {
        String status = readLine();
        long length = 0;
        boolean chunked = false;
        for (String line = readLine(); !line.isEmpty(); line = readLine()) {
            String lower = line.toLowerCase(Locale.ROOT);
            if (lower.startsWith("content-length:")) {
                length = Long.parseLong(line.substring(15).strip());
            }
            chunked |= lower.startsWith("transfer-encoding:") && lower.contains("chunked");
        }
        if (chunked) {
            length = 0;
            for (int chunk = readChunkSize(); chunk > 0; chunk = readChunkSize()) {
                skip(chunk);
                length += chunk;
                readLine();
            }
            readLine();
        } else {
            skip(length);
        }
        if (!status.contains(" 20")) {
            throw new IOException(path + " answered " + status);
        }
        return length;
    }

    private int readChunkSize() throws IOException {
        return Integer.parseInt(readLine().strip(), 16);
    }

    private void skip(long length) throws IOException {
        for (long left = length; left > 0; ) {
            int read = in.read(skip, 0, (int) Math.min(skip.length, left));
            if (read < 0) {
                throw new EOFException();
            }
            left -= read;
        }
    }

    private String readLine() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new EOFException();
            }
            if (c != '\r') {
                line.append((char) c);
            }
        }
        return line.toString();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
