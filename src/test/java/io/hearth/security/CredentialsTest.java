package io.hearth.security;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hearth.config.StartupRefusedException;
import io.hearth.identity.Principal;
import io.hearth.identity.Right;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CredentialsTest {
    @TempDir
    Path dir;

    @Test
    void firstStart_makesBothSecrets_forTheirOwnerOnly() throws IOException {
        Credentials credentials = open(Map.of());

        Path secrets = data().resolve("secrets");
        assertThat(mode(secrets)).isEqualTo("rwx------");
        assertThat(mode(secrets.resolve("admin-token"))).isEqualTo("rw-------");
        assertThat(mode(secrets.resolve("device-password"))).isEqualTo("rw-------");
        assertThat(secrets).isDirectoryContaining("glob:**/admin-token");
        try (var files = Files.list(secrets)) {
            assertThat(files).as("no unfinished file is left").hasSize(2);
        }
        String token = line("admin-token");
        String password = line("device-password");
        assertThat(token).matches("[A-Za-z0-9_-]{43}").isNotEqualTo(password);
        assertThat(isAdmin(credentials, token)).isTrue();
        assertThat(isDevice(credentials, "any", password.getBytes(UTF_8))).isTrue();
        assertThat(isDevice(credentials, null, password.getBytes(UTF_8))).isTrue();
    }

    @Test
    void wrongOrMissingCredentials_areNotAccepted() throws IOException {
        Credentials credentials = open(Map.of());

        String token = line("admin-token");
        assertThat(isAdmin(credentials, null)).isFalse();
        assertThat(isAdmin(credentials, "")).isFalse();
        assertThat(isAdmin(credentials, token + "x")).isFalse();
        assertThat(isAdmin(credentials, line("device-password"))).isFalse();
        assertThat(isDevice(credentials, "any", null)).isFalse();
        assertThat(isDevice(credentials, "any", new byte[0])).isFalse();
        assertThat(isDevice(credentials, "any", token.getBytes(UTF_8))).isFalse();
    }

    @Test
    void partOfASecret_isNotAccepted() throws IOException {
        Credentials credentials = open(Map.of("hearth.sync.token", "a-token-for-peers"));

        String token = line("admin-token");
        String password = line("device-password");
        for (int length = 0; length < token.length(); length++) {
            assertThat(isAdmin(credentials, token.substring(0, length))).isFalse();
            assertThat(isAdmin(credentials, token.substring(token.length() - length)))
                    .isFalse();
        }
        for (int length = 0; length < password.length(); length++) {
            assertThat(isDevice(
                            credentials, "any", password.substring(0, length).getBytes(UTF_8)))
                    .isFalse();
        }
        for (int length = 0; length < "a-token-for-peers".length(); length++) {
            assertThat(isPeer(credentials, "a-token-for-peers".substring(0, length)))
                    .isFalse();
        }
        assertThat(isAdmin(credentials, swapCase(token))).isFalse();
        assertThat(isDevice(credentials, "any", swapCase(password).getBytes(UTF_8)))
                .isFalse();
    }

    private static String swapCase(String text) {
        StringBuilder swapped = new StringBuilder();
        for (char c : text.toCharArray()) {
            swapped.append(Character.isUpperCase(c) ? Character.toLowerCase(c) : Character.toUpperCase(c));
        }
        return swapped.toString();
    }

    @Test
    void laterStart_keepsTheSecrets() throws IOException {
        open(Map.of());
        String token = line("admin-token");

        assertThat(isAdmin(open(Map.of()), token)).isTrue();
        assertThat(line("admin-token")).isEqualTo(token);
    }

    @Test
    void presets_areTaken_andNothingIsWritten() {
        Credentials credentials =
                open(Map.of("hearth.admin-token", "preset-token", "hearth.device-password", "preset"));

        assertThat(isAdmin(credentials, "preset-token")).isTrue();
        assertThat(isDevice(credentials, "", "preset".getBytes(UTF_8))).isTrue();
        assertThat(data()).doesNotExist();
    }

    @Test
    void syncToken_letsPeersRead_andNothingElse() {
        Credentials without = open(Map.of());
        Credentials with = open(Map.of("hearth.sync.token", "a-token-for-peers"));

        assertThat(isPeer(with, "a-token-for-peers")).isTrue();
        assertThat(isPeer(with, "a-token-for-peer")).isFalse();
        assertThat(isAdmin(with, "a-token-for-peers")).isFalse();
        assertThat(isPeer(without, "a-token-for-peers")).isFalse();
        assertThat(isPeer(without, "")).isFalse();
        assertThat(isPeer(without, null)).isFalse();
    }

    @Test
    void preset_thatNoHeaderCanCarry_refusesToStart() {
        assertThatThrownBy(() -> open(Map.of("hearth.admin-token", "two words")))
                .isInstanceOf(StartupRefusedException.class)
                .hasMessageContaining("HEARTH_ADMIN_TOKEN")
                .hasMessageNotContaining("two words");
    }

    @ParameterizedTest
    @ValueSource(strings = {"rw-r--r--", "rw-r-----", "rw--w----", "rw----r--"})
    void secretOpenToOthers_refusesToStart(String permissions) throws IOException {
        open(Map.of());
        Path file = data().resolve("secrets/admin-token");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));

        assertThatThrownBy(() -> open(Map.of()))
                .isInstanceOf(StartupRefusedException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining("chmod 600");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\n", "two\nlines\n", "two words\n", "\u0000\u0001\n", "f\u00fcr\n"})
    void emptyOrBrokenSecret_refusesToStart_andKeepsTheFile(String content) throws IOException {
        open(Map.of());
        Path file = data().resolve("secrets/device-password");
        Files.writeString(file, content);

        assertThatThrownBy(() -> open(Map.of()))
                .isInstanceOf(StartupRefusedException.class)
                .hasMessageContaining(file.toString());
        assertThat(file).hasContent(content);
    }

    @Test
    void authOff_acceptsEverybody_andWritesNothing() {
        Credentials credentials = open(Map.of("hearth.auth", "off"));

        assertThat(isAdmin(credentials, null)).isTrue();
        assertThat(isDevice(credentials, null, null)).isTrue();
        assertThat(data()).doesNotExist();
    }

    private static boolean isAdmin(Credentials credentials, @Nullable String token) {
        return credentials.bearer(token).equals(Principal.ADMIN);
    }

    /** Whether the bearer may read what peers read, as the admin may, too. */
    private static boolean isPeer(Credentials credentials, @Nullable String token) {
        return credentials.bearer(token).may(Right.READ_CHANGES);
    }

    private static boolean isDevice(Credentials credentials, @Nullable String user, byte @Nullable [] password) {
        return credentials.client(user, password).equals(Principal.DEVICE);
    }

    private Credentials open(Map<String, String> keys) {
        Map<String, String> all = new HashMap<>(keys);
        all.put("hearth.data-dir", data().toString());
        Settings settings = Settings.of(all);
        return new Credentials(settings.hearth(), settings.sync());
    }

    private Path data() {
        return dir.resolve("data");
    }

    private String line(String file) throws IOException {
        String content = Files.readString(data().resolve("secrets").resolve(file));
        assertThat(content).endsWith("\n");
        return content.strip();
    }

    private static String mode(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }
}
