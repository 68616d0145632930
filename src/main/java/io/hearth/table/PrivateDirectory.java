package io.hearth.table;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;

/**
 * Directories of readings, and of tokens of peers. Nobody but the owner gets in, whatever the umask, so what is below may have
 * any mode.
 */
public final class PrivateDirectory {
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rwx------");
    private static final FileAttribute<Set<PosixFilePermission>> ATTRIBUTE =
            PosixFilePermissions.asFileAttribute(OWNER_ONLY);
    private static final Set<PosixFilePermission> OF_ALL = EnumSet.of(
            PosixFilePermission.OTHERS_READ, PosixFilePermission.OTHERS_WRITE, PosixFilePermission.OTHERS_EXECUTE);

    private PrivateDirectory() {}

    /**
     * Makes a directory, and those above it that are absent, for the owner alone. One that is there is left as it is.
     *
     * @throws IOException if it cannot be made
     */
    public static void create(Path directory) throws IOException {
        if (Files.isDirectory(directory)) {
            return;
        }
        if (isPosix(directory)) {
            Files.createDirectories(directory, ATTRIBUTE);
        } else {
            Files.createDirectories(directory);
        }
    }

    /**
     * Takes the rights of everybody but the owner from a directory that is there. It must be known to be one of Hearth's own. If
     * the rights may not be changed, as it is the root of a volume, it stays as it is.
     */
    public static void close(Path directory) {
        take(directory, EnumSet.complementOf(EnumSet.copyOf(OWNER_ONLY)));
    }

    /** As {@link #close}, but its group keeps its rights: who copies backups elsewhere may be in it. */
    public static void closeToAll(Path directory) {
        take(directory, OF_ALL);
    }

    private static void take(Path directory, Set<PosixFilePermission> taken) {
        if (!isPosix(directory)) {
            return;
        }
        try {
            Set<PosixFilePermission> kept = EnumSet.noneOf(PosixFilePermission.class);
            kept.addAll(Files.getPosixFilePermissions(directory));
            if (kept.removeAll(taken)) {
                Files.setPosixFilePermissions(directory, kept);
            }
        } catch (IOException notOurs) {
            // What is made in it is closed all the same.
        }
    }

    private static boolean isPosix(Path directory) {
        return directory.getFileSystem().supportedFileAttributeViews().contains("posix");
    }
}
