package io.hearth.simulator.publish;

import org.jspecify.annotations.Nullable;

/**
 * What the simulator shows at CONNECT.
 *
 * @param username null to connect without a name
 * @param password UTF-8, null to connect without one; not copied
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Credentials(@Nullable String username, byte @Nullable [] password) {

    public static final Credentials NONE = new Credentials(null, null);

    @Override
    public String toString() {
        return "Credentials[username=" + username + "]";
    }
}
