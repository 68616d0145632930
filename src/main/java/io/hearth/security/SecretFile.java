package io.hearth.security;

import io.hearth.config.StartupRefusedException;
import io.hearth.table.PrivateDirectory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.EnumSet;
import java.util.Set;

/**
 * A secret in a file that only its owner can read: one line. It is made at the first start and read at later ones.
 *
 * <p>The file has its mode from the moment it exists, under another name, and gets its own name when it is complete and
 * on disk; so nobody else can read it at any time, and a crash leaves a whole one or none.
 */
final class SecretFile {
    private static final int SECRET_BYTES = 32;
    private static final int MAX_FILE_BYTES = 4096;
    private static final FileAttribute<Set<PosixFilePermission>> OWNER_FILE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    private static final FileAttribute<Set<PosixFilePermission>> OWNER_DIRECTORY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    private static final Set<PosixFilePermission> OF_OTHERS = EnumSet.of(
            PosixFilePermission.GROUP_READ,
            PosixFilePermission.GROUP_WRITE,
            PosixFilePermission.OTHERS_READ,
            PosixFilePermission.OTHERS_WRITE);

    private final Path dataDir;
    private final Path directory;
    private final Path file;

    SecretFile(Path dataDir, String name) {
        this.dataDir = dataDir;
        directory = dataDir.resolve("secrets");
        file = directory.resolve(name);
    }

    Path path() {
        return file;
    }

    /**
     * The secret in the file, which is made if there is none.
     *
     * @throws StartupRefusedException the file can be read or changed by others, is empty or broken, or cannot be read or
     *     made
     */
    String readOrMake() {
        try {
            try {
                return read();
            } catch (NoSuchFileException none) {
                return make();
            }
        } catch (UnsupportedOperationException e) {
            throw new StartupRefusedException(
                    "the file system of " + file
                            + " has no POSIX permissions to protect a secret with: preset the secrets"
                            + " with HEARTH_ADMIN_TOKEN and HEARTH_DEVICE_PASSWORD",
                    e);
        } catch (IOException e) {
            throw new StartupRefusedException("the secret in " + file + " cannot be read or made: " + e, e);
        }
    }

    private String read() throws IOException {
        Set<PosixFilePermission> granted = Files.getPosixFilePermissions(file);
        if (granted.stream().anyMatch(OF_OTHERS::contains)) {
            throw new StartupRefusedException(
                    file + " holds a secret and is open to other users (" + PosixFilePermissions.toString(granted)
                            + "): replace the secret, or close the file with chmod 600",
                    null);
        }
        if (Files.size(file) > MAX_FILE_BYTES) {
            throw broken();
        }
        // One byte to one character: whatever is not visible ASCII is refused below, whatever its encoding.
        String secret = Files.readString(file, StandardCharsets.ISO_8859_1).stripTrailing();
        if (secret.isEmpty()) {
            throw new StartupRefusedException(
                    file + " is empty: remove it to have a new secret made, or write one line into it", null);
        }
        if (!isVisibleAscii(secret)) {
            throw broken();
        }
        return secret;
    }

    private StartupRefusedException broken() {
        return new StartupRefusedException(
                file + " is broken, as a secret is one line of visible ASCII: remove it to have a new one made", null);
    }

    private String make() throws IOException {
        byte[] random = new byte[SECRET_BYTES];
        new SecureRandom().nextBytes(random);
        String secret = Base64.getUrlEncoder().withoutPadding().encodeToString(random);

        PrivateDirectory.create(dataDir);
        Files.createDirectories(directory, OWNER_DIRECTORY);
        Path unfinished = Files.createTempFile(directory, file.getFileName().toString(), ".new", OWNER_FILE);
        try {
            try (FileChannel channel = FileChannel.open(unfinished, StandardOpenOption.WRITE)) {
                ByteBuffer line = ByteBuffer.wrap((secret + '\n').getBytes(StandardCharsets.US_ASCII));
                while (line.hasRemaining()) {
                    channel.write(line);
                }
                channel.force(true);
            }
            Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(unfinished);
        }
        try (FileChannel entry = FileChannel.open(directory, StandardOpenOption.READ)) {
            entry.force(true);
        }
        return secret;
    }

    /** What can stand in a header and on a line: letters, digits, punctuation, no white space; at least one. */
    static boolean isVisibleAscii(String text) {
        return !text.isEmpty() && text.chars().allMatch(c -> c > ' ' && c < 0x7F);
    }
}
