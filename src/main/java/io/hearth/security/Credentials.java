package io.hearth.security;

import io.hearth.config.HearthConfig;
import io.hearth.config.StartupRefusedException;
import io.hearth.config.SyncConfig;
import io.hearth.identity.Principal;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The credentials of the service: the admin token of REST and the password that all devices share, and, if there is one, the
 * token with which other regions read what sync tells them. Each of the first two is preset by a
 * setting, or else kept in {@code secrets/} under the data directory and made at the first start.
 *
 * <p>Compared by their SHA-256, which takes the same time wherever two secrets differ and however long they are.
 */
@Singleton
public class Credentials {
    private static final Logger LOG = Logger.getLogger(Credentials.class);
    private static final int SHORT_LENGTH = 16;

    /** Is the digest of nothing. */
    private static final byte[] NO_DIGEST = new byte[0];

    private final boolean required;
    private final String adminToken;
    private final byte[] adminDigest;
    private final byte[] deviceDigest;
    private final byte[] syncDigest;

    /** @throws StartupRefusedException a secret file is open to others, empty or broken, or a preset cannot be sent */
    @Inject
    public Credentials(HearthConfig config, SyncConfig sync) {
        required = config.auth();
        if (required) {
            adminToken =
                    secretOf(config.adminToken(), new Setting("HEARTH_ADMIN_TOKEN", "admin token"), config.dataDir());
            adminDigest = digestOf(adminToken);
            deviceDigest = digestOf(secretOf(
                    config.devicePassword(),
                    new Setting("HEARTH_DEVICE_PASSWORD", "device password"),
                    config.dataDir()));
            syncDigest = sync.token()
                    .map(token -> digestOf(checked(token, new Setting("HEARTH_SYNC_TOKEN", "sync token"))))
                    .orElse(NO_DIGEST);
        } else {
            adminToken = "";
            adminDigest = new byte[0];
            syncDigest = NO_DIGEST;
            deviceDigest = new byte[0];
        }
    }

    /** Whether callers must show credentials at all; if not, everything is accepted. */
    public boolean required() {
        return required;
    }

    /** Who bears {@code token}, null for none, over HTTP. */
    public Principal bearer(@Nullable String token) {
        if (!required) {
            return Principal.ADMIN;
        }
        if (token == null) {
            return Principal.NOBODY;
        }
        byte[] digest = digestOf(token);
        if (MessageDigest.isEqual(adminDigest, digest)) {
            return Principal.ADMIN;
        }
        return MessageDigest.isEqual(syncDigest, digest) ? Principal.PEER : Principal.NOBODY;
    }

    /** Who signed a request: the admin, if it was signed with the admin token. */
    Principal signer(AwsSignature signature) {
        return !required || signature.isBy(adminToken) ? Principal.ADMIN : Principal.NOBODY;
    }

    /**
     * Who connects by MQTT with these. The password is one for all devices yet, so every user name goes with it, also none.
     */
    public Principal client(@Nullable String username, byte @Nullable [] password) {
        boolean isDevice = !required || (password != null && MessageDigest.isEqual(deviceDigest, sha256(password)));
        return isDevice ? Principal.DEVICE : Principal.NOBODY;
    }

    private static String secretOf(Optional<String> preset, Setting setting, Path dataDir) {
        if (preset.isEmpty()) {
            SecretFile file = new SecretFile(dataDir, setting.what.replace(' ', '-'));
            String secret = file.readOrMake();
            LOG.infof(
                    "the %s is in %s",
                    setting.what, file.path().toAbsolutePath().normalize());
            return secret;
        }
        return checked(preset.get(), setting);
    }

    private static String checked(String secret, Setting setting) {
        if (!SecretFile.isVisibleAscii(secret)) {
            throw new StartupRefusedException(
                    setting.variable + " must be visible ASCII characters without white space", null);
        }
        if (secret.length() < SHORT_LENGTH) {
            LOG.warnf("%s has only %d characters and can be guessed", setting.variable, secret.length());
        }
        return secret;
    }

    private static byte[] digestOf(String secret) {
        return sha256(secret.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] sha256(byte[] secret) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(secret);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }

    private record Setting(String variable, String what) {}
}
