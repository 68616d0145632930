package io.hearth.simulator.publish;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What each device shows at CONNECT: its own user name and password, or those that all share. */
public final class CredentialBook {

    private final Credentials shared;
    private final Map<String, Credentials> own;

    private CredentialBook(Credentials shared, Map<String, Credentials> own) {
        this.shared = shared;
        this.own = Map.copyOf(own);
    }

    /** All devices show the same. */
    public static CredentialBook shared(Credentials credentials) {
        return new CredentialBook(credentials, Map.of());
    }

    /**
     * Reads lines {@code client id,user name,password}; empty lines and those that begin with {@code #} are passed over. The
     * password is all that comes after the second comma.
     *
     * @param shared for devices that the file does not name
     * @throws IllegalArgumentException a line is not like that; the message says which
     */
    public static CredentialBook read(Path file, Credentials shared) throws IOException {
        Map<String, Credentials> own = new HashMap<>();
        List<String> lines = Files.readAllLines(file, StandardCharsets.UTF_8);
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            String[] parts = line.split(",", 3);
            if (parts.length < 3 || parts[0].isEmpty() || parts[1].isEmpty()) {
                throw new IllegalArgumentException(file + ":" + (i + 1) + ": not like clientId,username,password");
            }
            own.put(parts[0], new Credentials(parts[1], parts[2].getBytes(StandardCharsets.UTF_8)));
        }
        return new CredentialBook(shared, own);
    }

    public Credentials of(String clientId) {
        return own.getOrDefault(clientId, shared);
    }
}
