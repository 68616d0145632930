package io.hearth.table.rocksdb.file;

import io.hearth.table.TableException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;
import org.jboss.logging.Logger;

/*
 * The file DURABLE in the table's directory, two slots that are written in turn, so that one is whole whenever the process dies:
 *
 *   [8] sequence number, big-endian   [4] version of this format, 1   [4] CRC-32C of the former
 */

/**
 * Remembers up to which sequence number writers were answered that they are durable, so that a start can tell whether the log
 * still has all of that. It is written after the sync of each commit and not synced itself: after a power failure it may say
 * less than is true, never more.
 */
public final class DurableFile implements AutoCloseable {
    public static final String NAME = "DURABLE";

    private static final int VERSION = 1;
    private static final int SLOT_BYTES = 16;
    private static final int SLOTS = 2;
    private static final int VERSION_OFFSET = Long.BYTES;
    private static final int CRC_OFFSET = VERSION_OFFSET + Integer.BYTES;
    private static final Logger LOG = Logger.getLogger(DurableFile.class);

    private final Path file;
    private final FileChannel channel;
    private final ByteBuffer slot = ByteBuffer.allocate(SLOT_BYTES);
    private final CRC32C crc = new CRC32C();
    private long sequence;
    private int nextSlot;
    private boolean sequenceWasWritten;
    private boolean failed;
    private boolean isNew;
    private boolean isDamaged;

    /**
     * Opens the file, or makes it durably if there is none.
     *
     * @throws TableException if another process has it open, or it cannot be used
     */
    public static DurableFile open(Path directory) {
        Path file = directory.resolve(NAME);
        try {
            boolean absent = !Files.exists(file);
            FileChannel channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            boolean opened = false;
            try {
                DurableFile durable = new DurableFile(file, channel);
                if (!isLocked(channel, false)) {
                    throw new TableException(
                            "the table directory " + directory
                                    + " is open elsewhere: a Hearth, or a command of it, runs on it already",
                            null);
                }
                if (absent) {
                    durable.isNew = true;
                    durable.create(directory);
                } else {
                    durable.read();
                }
                opened = true;
                return durable;
            } finally {
                if (!opened) {
                    channel.close();
                }
            }
        } catch (IOException e) {
            throw new TableException("the table directory " + directory + " cannot be used: " + e, e);
        }
    }

    private DurableFile(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /**
     * Reads the file, and leaves it as it is.
     *
     * @throws IOException if it cannot be read, or there is none
     */
    public static DurableFile readOnly(Path file) throws IOException {
        DurableFile durable = new DurableFile(file, FileChannel.open(file, StandardOpenOption.READ));
        durable.read();
        return durable;
    }

    /** Takes the lock on a file until it is closed; answers whether that is possible. */
    public static boolean isLocked(FileChannel channel, boolean shared) throws IOException {
        try {
            FileLock lock = channel.tryLock(0, Long.MAX_VALUE, shared);
            return lock != null;
        } catch (OverlappingFileLockException e) {
            return false; // by this process
        }
    }

    private void create(Path directory) throws IOException {
        for (int i = 0; i < SLOTS; i++) {
            write(0);
        }
        channel.force(true);
        CheckedText.sync(directory);
    }

    private void read() throws IOException {
        boolean readable = false;
        for (int i = 0; i < SLOTS; i++) {
            slot.clear();
            while (slot.hasRemaining() && channel.read(slot, (long) i * SLOT_BYTES + slot.position()) >= 0) {
                // A read may answer less than there is.
            }
            if (!slot.hasRemaining() && slot.getInt(VERSION_OFFSET) == VERSION && slot.getInt(CRC_OFFSET) == crc()) {
                readable = true;
                if (slot.getLong(0) >= sequence) {
                    sequence = slot.getLong(0);
                    nextSlot = (i + 1) % SLOTS;
                }
            }
        }
        isDamaged = !readable;
    }

    /** Whether it was made by this opening. */
    public boolean isNew() {
        return isNew;
    }

    /** Whether it was there, and nothing in it could be read. */
    public boolean isDamaged() {
        return isDamaged;
    }

    @Override
    public String toString() {
        return file.toString();
    }

    /** The highest sequence number whose writers were answered that it is durable, as far as is known. */
    public synchronized long sequence() {
        return sequence;
    }

    /** Notes that everything up to {@code sequence} is durable. Does not fail: the next one may do. */
    public synchronized void reached(long sequence) {
        if (sequence <= this.sequence) {
            return;
        }
        try {
            write(sequence);
            sequenceWasWritten = true;
            this.sequence = sequence;
            failed = false;
        } catch (IOException e) {
            if (!failed) {
                failed = true;
                LOG.warn("how far the log reaches cannot be noted in " + file, e);
            }
        }
    }

    private void write(long sequence) throws IOException {
        slot.clear();
        slot.putLong(0, sequence).putInt(VERSION_OFFSET, VERSION);
        slot.putInt(CRC_OFFSET, crc());
        while (slot.hasRemaining()) {
            channel.write(slot, (long) nextSlot * SLOT_BYTES + slot.position());
        }
        nextSlot = (nextSlot + 1) % SLOTS;
    }

    private int crc() {
        crc.reset();
        crc.update(slot.array(), 0, CRC_OFFSET);
        return (int) crc.getValue();
    }

    /** Makes durable what was noted. */
    @Override
    public synchronized void close() {
        try (FileChannel closing = channel) {
            if (closing.isOpen() && sequenceWasWritten) {
                closing.force(false);
            }
        } catch (IOException e) {
            LOG.warn("how far the log reaches cannot be made durable in " + file, e);
        }
    }
}
