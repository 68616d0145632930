package io.hearth.table;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrivateDirectoryTest {
    @TempDir
    Path directory;

    private static String mode(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    private Path existing(String mode) throws IOException {
        Path existing = Files.createDirectory(directory.resolve("existing"));
        return Files.setPosixFilePermissions(existing, PosixFilePermissions.fromString(mode));
    }

    @Test
    void create_absentDirectories_areOfTheOwnerAlone() throws IOException {
        Path inner = directory.resolve("outer/inner");

        PrivateDirectory.create(inner);

        assertThat(mode(inner)).isEqualTo("rwx------");
        assertThat(mode(directory.resolve("outer"))).isEqualTo("rwx------");
    }

    @Test
    void create_directoryThatIsThere_staysAsItIs() throws IOException {
        Path existing = existing("rwxr-xr-x");

        PrivateDirectory.create(existing);

        assertThat(mode(existing)).isEqualTo("rwxr-xr-x");
    }

    @Test
    void close_directoryOfAnEarlierVersion_isOfTheOwnerAlone() throws IOException {
        Path existing = existing("rwxr-xr-x");

        PrivateDirectory.close(existing);

        assertThat(mode(existing)).isEqualTo("rwx------");
    }

    @Test
    void closeToAll_directoryOfAnEarlierVersion_isOfTheOwnerAndTheGroup() throws IOException {
        Path existing = existing("rwxr-xr-x");

        PrivateDirectory.closeToAll(existing);

        assertThat(mode(existing)).isEqualTo("rwxr-x---");
    }

    @Test
    void close_absentDirectory_doesNothing() {
        PrivateDirectory.close(directory.resolve("absent"));

        assertThat(directory.resolve("absent")).doesNotExist();
    }
}
