package io.hearth.simulator.ledger;

import io.hearth.simulator.fleet.Shape;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Appends to a new ledger file of its own. Safe for many threads.
 *
 * <p>Entries gather in memory per device and reach the file at {@link #flush} or when a device has a block's worth. It is
 * the service that gets killed in a test and not the simulator, so nothing here waits for the disk: after {@link #close}
 * the file survives the process, not the machine. A file that was not closed has no end, and readers say so.
 */
public final class LedgerWriter implements Closeable {

    private static final int BLOCK_BYTES = 16 * 1024;

    private final Path file;
    private final OutputStream out;
    private final List<DeviceLog> devices = new ArrayList<>();
    private final ByteBuffer header = ByteBuffer.allocate(LedgerFormat.BLOCK_HEADER_BYTES);
    private long blocks;
    private boolean closed;

    private LedgerWriter(Path file, OutputStream out) {
        this.file = file;
        this.out = out;
    }

    /** Starts a new file in {@code directory}, which is created if it is not there. */
    public static LedgerWriter create(Path directory) throws IOException {
        Files.createDirectories(directory);
        String name = "acks-" + System.currentTimeMillis() + "-"
                + ProcessHandle.current().pid();
        for (int attempt = 0; ; attempt++) {
            Path file = directory.resolve(name + (attempt == 0 ? "" : "-" + attempt) + Ledger.FILE_SUFFIX);
            try {
                OutputStream out = new BufferedOutputStream(
                        Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), 1 << 18);
                out.write(LedgerFormat.MAGIC);
                return new LedgerWriter(file, out);
            } catch (FileAlreadyExistsException e) {
                // Another writer of this process in the same millisecond; take the next name.
            }
        }
    }

    public Path file() {
        return file;
    }

    /** Makes a device known; the handle that comes back names it in {@link #append}. */
    public synchronized int register(String deviceId, Shape shape) {
        devices.add(new DeviceLog(deviceId, shape));
        return devices.size() - 1;
    }

    /**
     * Records one reading that carried {@code deviceTimeMicros}; its values stand from {@code at} on.
     *
     * @param sentMillis when it was first sent, epoch milliseconds
     * @param acknowledgedMillis when the acknowledgement came; not looked at if none did
     */
    public synchronized void appendTimed(
            int device,
            Delivery delivery,
            long sentMillis,
            long acknowledgedMillis,
            long deviceTimeMicros,
            long[] values,
            int at) {
        append(devices.get(device), delivery, sentMillis, acknowledgedMillis, true, deviceTimeMicros, values, at);
    }

    /** Records one reading that carried no time. */
    public synchronized void appendUntimed(
            int device, Delivery delivery, long sentMillis, long acknowledgedMillis, long[] values, int at) {
        append(devices.get(device), delivery, sentMillis, acknowledgedMillis, false, 0, values, at);
    }

    private void append(
            DeviceLog log,
            Delivery delivery,
            long sentMillis,
            long acknowledgedMillis,
            boolean timed,
            long micros,
            long[] values,
            int at) {
        if (closed) {
            throw new IllegalStateException("the ledger is closed");
        }
        if (log.body.length() == 0) {
            log.lastTimeMicros = 0;
            log.lastSentMillis = 0;
            LedgerFormat.writeBodyHead(log.body, log.deviceId, log.shape);
        }
        LedgerFormat.writeEntry(
                log.body,
                delivery,
                timed,
                sentMillis - log.lastSentMillis,
                Math.max(0, acknowledgedMillis - sentMillis),
                micros - log.lastTimeMicros,
                values,
                at,
                log.shape.size());
        log.lastSentMillis = sentMillis;
        if (timed) {
            log.lastTimeMicros = micros;
        }
        if (log.body.length() >= BLOCK_BYTES) {
            writeBlock(log);
        }
    }

    private void writeBlock(DeviceLog log) {
        try {
            writeBlock(log.body);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write the ledger " + file + ": " + e.getMessage(), e);
        }
        blocks++;
        log.body.clear();
    }

    private void writeBlock(VarintBuffer body) throws IOException {
        int length = body.length();
        header.clear();
        header.putInt(length).putInt(LedgerFormat.checksum(body.array(), length));
        out.write(header.array());
        out.write(body.array(), 0, length);
    }

    /** Hands everything so far to the operating system. */
    public synchronized void flush() {
        if (closed) {
            return;
        }
        for (DeviceLog log : devices) {
            if (log.body.length() > 0) {
                writeBlock(log);
            }
        }
        try {
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write the ledger " + file + ": " + e.getMessage(), e);
        }
    }

    @Override
    public synchronized void close() throws IOException {
        if (!closed) {
            flush();
            closed = true;
            VarintBuffer end = new VarintBuffer();
            LedgerFormat.writeEnd(end, new LedgerFormat.End(blocks, others()));
            writeBlock(end);
            out.close();
        }
    }

    private List<String> others() throws IOException {
        Path directory = file.toAbsolutePath().getParent();
        if (directory == null) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(Ledger::nameOf)
                    .filter(name -> name.endsWith(Ledger.FILE_SUFFIX) && !name.equals(Ledger.nameOf(file)))
                    .sorted()
                    .toList();
        }
    }

    private static final class DeviceLog {
        final String deviceId;
        final Shape shape;
        final VarintBuffer body = new VarintBuffer();
        long lastTimeMicros;
        long lastSentMillis;

        DeviceLog(String deviceId, Shape shape) {
            this.deviceId = deviceId;
            this.shape = shape;
        }
    }
}
