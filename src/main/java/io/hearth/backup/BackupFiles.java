package io.hearth.backup;

import io.hearth.backup.Manifest.StoredFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The files of a checkpoint, copied to a directory of backups. Sorted files never change, so those that an earlier backup
 * has are shared. Two are the same if their number, size and last bytes are: RocksDB writes there, among other things, the
 * id of the session that made the file.
 *
 * @param copiedBytes how much no earlier backup had
 */
record BackupFiles(List<StoredFile> stored, long copiedBytes) {
    private static final String SORTED = ".sst";
    private static final int TAIL_BYTES = 16 << 10;
    private static final int TAIL_DIGEST_BYTES = 12;

    /** @param damaged paths of shared files that are known to be damaged: they are copied again, and then removed from it */
    static BackupFiles copy(BackupDirectory directory, String id, Path checkpoint, Set<String> damaged)
            throws IOException {
        Map<String, StoredFile> known = new HashMap<>();
        for (Manifest manifest : directory.readable()) {
            manifest.files().forEach(file -> known.put(file.path(), file));
        }
        List<StoredFile> stored = new ArrayList<>();
        long copied = 0;
        for (Path source : DurableFiles.list(checkpoint)) {
            String name = source.getFileName().toString();
            String path = name.endsWith(SORTED)
                    ? BackupDirectory.FILES + "/" + sharedName(source)
                    : BackupDirectory.BACKUPS + "/" + id + "/" + name;
            Path target = directory.root().resolve(path);
            long bytes = Files.size(source);
            StoredFile same = damaged.contains(path) ? null : known.get(path);
            if (same != null && same.bytes() == bytes && Files.exists(target) && Files.size(target) == bytes) {
                stored.add(new StoredFile(same.sha256(), bytes, path, name));
            } else {
                stored.add(new StoredFile(DurableFiles.copy(source, target), bytes, path, name));
                copied += bytes;
                damaged.remove(path);
            }
        }
        DurableFiles.syncDirectory(directory.sharedFiles());
        DurableFiles.syncDirectory(directory.backup(id));
        return new BackupFiles(stored, copied);
    }

    private static String sharedName(Path file) throws IOException {
        ByteBuffer tail = ByteBuffer.allocate(TAIL_BYTES);
        long bytes;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            bytes = channel.size();
            channel.position(Math.max(0, bytes - TAIL_BYTES));
            while (tail.hasRemaining() && channel.read(tail) >= 0) {
                // until the end of the file
            }
        }
        MessageDigest digest = DurableFiles.sha256();
        digest.update(tail.flip());
        digest.update(Long.toString(bytes).getBytes(StandardCharsets.US_ASCII));
        String name = file.getFileName().toString();
        return name.substring(0, name.length() - SORTED.length()) + "-"
                + HexFormat.of().formatHex(digest.digest(), 0, TAIL_DIGEST_BYTES) + SORTED;
    }
}
