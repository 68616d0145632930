package io.hearth.table.rocksdb.log;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/** Appends records to a log file, in the format that {@link LogFileReader} describes. */
public final class LogFileWriter implements Closeable {
    private final FileChannel channel;
    private final CRC32C crc = new CRC32C();
    private long position;

    /** @param file absent, or one that ends with a whole record */
    public LogFileWriter(Path file) throws IOException {
        channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        position = channel.size();
        channel.position(position);
    }

    public void append(byte[] record, int length) throws IOException {
        int from = 0;
        boolean begun = false;
        do {
            int room = LogFileReader.BLOCK_BYTES - (int) (position % LogFileReader.BLOCK_BYTES);
            if (room < LogFileReader.HEADER_BYTES) {
                write(ByteBuffer.allocate(room));
                room = LogFileReader.BLOCK_BYTES;
            }
            int count = Math.min(length - from, room - LogFileReader.HEADER_BYTES);
            boolean ends = from + count == length;
            int type = begun
                    ? (ends ? LogFileReader.LAST : LogFileReader.MIDDLE)
                    : ends ? LogFileReader.FULL : LogFileReader.FIRST;
            write(fragment(type, record, from, count));
            from += count;
            begun = true;
        } while (from < length);
    }

    private ByteBuffer fragment(int type, byte[] record, int from, int count) {
        crc.reset();
        crc.update(type);
        crc.update(record, from, count);
        return ByteBuffer.allocate(LogFileReader.HEADER_BYTES + count)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(LogFileReader.masked((int) crc.getValue()))
                .putShort((short) count)
                .put((byte) type)
                .put(record, from, count)
                .flip();
    }

    private void write(ByteBuffer bytes) throws IOException {
        position += bytes.remaining();
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** Makes durable what was appended. */
    @Override
    public void close() throws IOException {
        channel.force(true);
        channel.close();
    }
}
