package io.hearth.simulator.publish.raw;

import io.hearth.simulator.publish.WireBuffer;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;

/**
 * TLS to one host. The server's certificate must be trusted and name that host. For one thread, as all its connections
 * share two buffers.
 */
final class Tls {

    private static final byte[] NOTHING = {};
    private static final ByteBuffer NO_BYTES = ByteBuffer.wrap(NOTHING);

    private final SSLContext context;
    private final String host;
    private final int port;
    private final ByteBuffer encrypted = ByteBuffer.allocate(128 * 1024);
    private final ByteBuffer record = ByteBuffer.allocate(64 * 1024);

    Tls(SSLContext context, String host, int port) {
        this.context = context;
        this.host = host;
        this.port = port;
    }

    SSLContext context() {
        return context;
    }

    /** The TLS side of a new connection. */
    Codec codec() {
        SSLEngine engine = context.createSSLEngine(host, port);
        engine.setUseClientMode(true);
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        engine.setSSLParameters(parameters);
        return new Codec(engine);
    }

    /** Turns plain bytes into TLS records and back. Knows no sockets but to read from one. */
    final class Codec {
        private final SSLEngine engine;
        private byte[] undecrypted = NOTHING;
        private boolean established;

        private Codec(SSLEngine engine) {
            this.engine = engine;
        }

        boolean isEstablished() {
            return established;
        }

        /** Writes the client's hello. */
        void start(WireBuffer out) throws IOException {
            try {
                engine.beginHandshake();
                encrypted.clear().flip();
                advance(NO_BYTES, out);
            } catch (SSLException e) {
                throw failure(e);
            }
        }

        void send(WireBuffer plain, WireBuffer out) throws IOException {
            ByteBuffer source = ByteBuffer.wrap(plain.array(), 0, plain.length());
            try {
                while (source.hasRemaining()) {
                    wrap(source, out);
                }
            } catch (SSLException e) {
                throw failure(e);
            }
        }

        /**
         * Reads from the socket.
         *
         * @param plain receives what could be decrypted
         * @param reply receives what TLS itself wants to answer
         * @return below 0 if the server has closed the connection
         */
        int receive(SocketChannel socket, ByteBuffer plain, WireBuffer reply) throws IOException {
            encrypted.clear();
            encrypted.put(undecrypted);
            undecrypted = NOTHING;
            // A record decrypts to less than it is, so what is read fits into what is left.
            encrypted.limit(Math.min(encrypted.capacity(), encrypted.position() + 64 * 1024));
            int count = socket.read(encrypted);
            encrypted.flip();
            try {
                advance(plain, reply);
            } catch (SSLException e) {
                throw failure(e);
            } catch (EOFException e) {
                return -1;
            }
            if (encrypted.hasRemaining()) {
                undecrypted = Arrays.copyOfRange(encrypted.array(), encrypted.position(), encrypted.limit());
            }
            return count;
        }

        private void advance(ByteBuffer plain, WireBuffer out) throws IOException {
            while (true) {
                switch (engine.getHandshakeStatus()) {
                    case NEED_TASK -> {
                        Runnable task = engine.getDelegatedTask();
                        if (task != null) {
                            task.run();
                        }
                    }
                    case NEED_WRAP -> wrap(NO_BYTES, out);
                    default -> {
                        if (!unwrap(plain)) {
                            return;
                        }
                    }
                }
            }
        }

        /** False if there is not a whole record left. */
        private boolean unwrap(ByteBuffer plain) throws IOException {
            if (!encrypted.hasRemaining()) {
                return false;
            }
            SSLEngineResult result = engine.unwrap(encrypted, plain);
            noteHandshake(result);
            return switch (result.getStatus()) {
                case OK -> true;
                case BUFFER_UNDERFLOW -> false;
                case BUFFER_OVERFLOW -> throw new IOException("a TLS record larger than any may be");
                case CLOSED -> throw new EOFException();
            };
        }

        private void wrap(ByteBuffer plain, WireBuffer out) throws SSLException {
            record.clear();
            SSLEngineResult result = engine.wrap(plain, record);
            noteHandshake(result);
            if (result.getStatus() == SSLEngineResult.Status.CLOSED) {
                throw new SSLException("the server closed the connection");
            }
            out.bytes(record.array(), record.position());
        }

        private void noteHandshake(SSLEngineResult result) {
            if (result.getHandshakeStatus() == SSLEngineResult.HandshakeStatus.FINISHED) {
                established = true;
            }
        }

        private IOException failure(SSLException e) {
            Throwable root = e;
            for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
                root = cause;
            }
            return new IOException("TLS: " + root.getMessage(), e);
        }
    }
}
