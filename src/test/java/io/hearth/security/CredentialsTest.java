package io.hearth.security;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hearth.config.StartupRefusedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
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
        assertThat(credentials.acceptsAdmin(token)).isTrue();
        assertThat(credentials.acceptsDevice("any", password.getBytes(UTF_8))).isTrue();
        assertThat(credentials.acceptsDevice(null, password.getBytes(UTF_8))).isTrue();
    }

    @Test
    void wrongOrMissingCredentials_areNotAccepted() throws IOException {
        Credentials credentials = open(Map.of());

        String token = line("admin-token");
        assertThat(credentials.acceptsAdmin(null)).isFalse();
        assertThat(credentials.acceptsAdmin("")).isFalse();
        assertThat(credentials.acceptsAdmin(token + "x")).isFalse();
        assertThat(credentials.acceptsAdmin(line("device-password"))).isFalse();
        assertThat(credentials.acceptsDevice("any", null)).isFalse();
        assertThat(credentials.acceptsDevice("any", new byte[0])).isFalse();
        assertThat(credentials.acceptsDevice("any", token.getBytes(UTF_8))).isFalse();
    }

    @Test
    void partOfASecret_isNotAccepted() throws IOException {
        Credentials credentials = open(Map.of("hearth.sync.token", "a-token-for-peers"));

        String token = line("admin-token");
        String password = line("device-password");
        for (int length = 0; length < token.length(); length++) {
            assertThat(credentials.acceptsAdmin(token.substring(0, length))).isFalse();
            assertThat(credentials.acceptsAdmin(token.substring(token.length() - length)))
                    .isFalse();
        }
        for (int length = 0; length < password.length(); length++) {
            assertThat(credentials.acceptsDevice(
                            "any", password.substring(0, length).getBytes(UTF_8)))
                    .isFalse();
        }
        for (int length = 0; length < "a-token-for-peers".length(); length++) {
            assertThat(credentials.acceptsPeer("a-token-for-peers".substring(0, length)))
                    .isFalse();
        }
        assertThat(credentials.acceptsAdmin(swapCase(token))).isFalse();
        assertThat(credentials.acceptsDevice("any", swapCase(password).getBytes(UTF_8)))
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

        assertThat(open(Map.of()).acceptsAdmin(token)).isTrue();
        assertThat(line("admin-token")).isEqualTo(token);
    }

    @Test
    void presets_areTaken_andNothingIsWritten() {
        Credentials credentials =
                open(Map.of("hearth.admin-token", "preset-token", "hearth.device-password", "preset"));

        assertThat(credentials.acceptsAdmin("preset-token")).isTrue();
        assertThat(credentials.acceptsDevice("", "preset".getBytes(UTF_8))).isTrue();
        assertThat(data()).doesNotExist();
    }

    @Test
    void syncToken_letsPeersRead_andNothingElse() {
        Credentials without = open(Map.of());
        Credentials with = open(Map.of("hearth.sync.token", "a-token-for-peers"));

        assertThat(with.acceptsPeer("a-token-for-peers")).isTrue();
        assertThat(with.acceptsPeer("a-token-for-peer")).isFalse();
        assertThat(with.acceptsAdmin("a-token-for-peers")).isFalse();
        assertThat(without.acceptsPeer("a-token-for-peers")).isFalse();
        assertThat(without.acceptsPeer("")).isFalse();
        assertThat(without.acceptsPeer(null)).isFalse();
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

        assertThat(credentials.acceptsAdmin(null)).isTrue();
        assertThat(credentials.acceptsDevice(null, null)).isTrue();
        assertThat(data()).doesNotExist();
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
