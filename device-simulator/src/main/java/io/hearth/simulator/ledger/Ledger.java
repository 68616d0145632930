package io.hearth.simulator.ledger;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * All ledger files of a directory, for reading. Opening checks every block and remembers only where each device's blocks
 * are, so memory holds one device's readings at a time. Safe for many threads.
 *
 * <p>A file that was cut short, or not closed as its simulator was killed, promises less than was acknowledged: what is left of it
 * is read, and {@link #incomplete} names it.
 */
public final class Ledger implements Closeable {

    static final String FILE_SUFFIX = ".ledger";

    private final List<FileChannel> channels = new ArrayList<>();
    private final Map<String, BlockList> blocks = new TreeMap<>();
    private final List<String> incomplete = new ArrayList<>();
    private long tornBytes;

    private Ledger() {}

    /**
     * Opens all files of a directory.
     *
     * @throws CorruptLedgerException a file is no ledger, is damaged before its end, or lacks blocks
     * @throws IOException the directory cannot be read
     */
    public static Ledger open(Path directory) throws IOException {
        Ledger ledger = new Ledger();
        try (Stream<Path> listed = Files.list(directory)) {
            List<Path> files = listed.filter(path -> path.toString().endsWith(FILE_SUFFIX))
                    .sorted()
                    .toList();
            Map<String, Path> others = new TreeMap<>();
            for (Path file : files) {
                for (String other : ledger.index(file)) {
                    others.putIfAbsent(other, file);
                }
            }
            files.forEach(file -> others.remove(nameOf(file)));
            others.forEach((missing, file) -> ledger.incomplete.add(
                    directory.resolve(missing) + " is missing: it was there when " + file + " was closed"));
        } catch (IOException | RuntimeException e) {
            ledger.close();
            throw e;
        }
        return ledger;
    }

    /** Answers the names of the other files that the file knows of. */
    private List<String> index(Path path) throws IOException {
        FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
        int file = channels.size();
        channels.add(channel);
        long size = channel.size();
        byte[] magic = new byte[LedgerFormat.MAGIC.length];
        if (size < magic.length) {
            return cutShort(path, size);
        }
        read(channel, ByteBuffer.wrap(magic), 0);
        boolean hasEnd = Arrays.equals(magic, LedgerFormat.MAGIC);
        if (!hasEnd && !Arrays.equals(magic, LedgerFormat.MAGIC_WITHOUT_END)) {
            throw new CorruptLedgerException(path + " is not a ledger of this version");
        }
        long at = magic.length;
        long count = 0;
        ByteBuffer header = ByteBuffer.allocate(LedgerFormat.BLOCK_HEADER_BYTES);
        while (at < size) {
            long rest = size - at - LedgerFormat.BLOCK_HEADER_BYTES;
            if (rest < 0) {
                return cutShort(path, size - at);
            }
            read(channel, header.clear(), at);
            int length = header.getInt(0);
            if (length < 0 || length > LedgerFormat.MAX_BODY_BYTES) {
                throw new CorruptLedgerException(path + " is damaged at byte " + at);
            }
            if (length > rest) {
                return cutShort(path, size - at);
            }
            byte[] body = new byte[length];
            read(channel, ByteBuffer.wrap(body), at + LedgerFormat.BLOCK_HEADER_BYTES);
            if (LedgerFormat.checksum(body, length) != header.getInt(4)) {
                if (length == rest) {
                    return cutShort(path, size - at);
                }
                throw new CorruptLedgerException(path + " is damaged at byte " + at);
            }
            String deviceId = LedgerFormat.readDeviceId(body);
            if (deviceId.isEmpty()) {
                LedgerFormat.End end = LedgerFormat.readEnd(body);
                if (!hasEnd || end.blocks() != count || length != rest) {
                    throw new CorruptLedgerException(path + " is damaged: it has " + count + " blocks instead of "
                            + end.blocks() + ", goes on behind its end, or ought not to have one");
                }
                return end.others();
            }
            blocks.computeIfAbsent(deviceId, id -> new BlockList()).add(file, at);
            count++;
            at += LedgerFormat.BLOCK_HEADER_BYTES + length;
        }
        return hasEnd ? cutShort(path, 0) : List.of();
    }

    private List<String> cutShort(Path path, long torn) {
        tornBytes += torn;
        incomplete.add(path + " has no end, so the simulator was killed or the file was cut short"
                + (torn == 0 ? "" : "; its last " + torn + " bytes are no whole block"));
        return List.of();
    }

    static String nameOf(Path file) {
        return String.valueOf(file.getFileName());
    }

    /** The devices with at least one entry. */
    public SortedSet<String> deviceIds() {
        return new TreeSet<>(blocks.keySet());
    }

    /** Number of files read. */
    public int files() {
        return channels.size();
    }

    /** Why something that was acknowledged may be missing here, by file; empty if the ledger is whole. */
    public List<String> incomplete() {
        return List.copyOf(incomplete);
    }

    /** Bytes at the ends of files that belong to no whole block. */
    public long tornBytes() {
        return tornBytes;
    }

    /** Passes on the device's entries, file by file and in each file in the order they were written. */
    public void read(String deviceId, Consumer<LedgerEntry> sink) throws IOException {
        BlockList list = blocks.get(deviceId);
        if (list == null) {
            return;
        }
        ByteBuffer header = ByteBuffer.allocate(LedgerFormat.BLOCK_HEADER_BYTES);
        for (int i = 0; i < list.size; i++) {
            FileChannel channel = channels.get(list.files[i]);
            read(channel, header.clear(), list.offsets[i]);
            byte[] body = new byte[header.getInt(0)];
            read(channel, ByteBuffer.wrap(body), list.offsets[i] + LedgerFormat.BLOCK_HEADER_BYTES);
            LedgerFormat.readBody(body, sink);
        }
    }

    private static void read(FileChannel channel, ByteBuffer into, long from) throws IOException {
        long at = from;
        while (into.hasRemaining()) {
            int n = channel.read(into, at);
            if (n < 0) {
                throw new CorruptLedgerException("a ledger file became shorter while it was read");
            }
            at += n;
        }
    }

    @Override
    public void close() throws IOException {
        for (FileChannel channel : channels) {
            channel.close();
        }
    }

    /** Where one device's blocks are. Two plain arrays, as a long run has millions of blocks. */
    private static final class BlockList {
        int[] files = new int[4];
        long[] offsets = new long[4];
        int size;

        void add(int file, long offset) {
            if (size == files.length) {
                files = Arrays.copyOf(files, 2 * size);
                offsets = Arrays.copyOf(offsets, 2 * size);
            }
            files[size] = file;
            offsets[size++] = offset;
        }
    }
}
