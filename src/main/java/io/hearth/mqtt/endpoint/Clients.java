package io.hearth.mqtt.endpoint;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The connections there are, and which of them holds which client id. */
final class Clients {
    private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
    private final Map<String, Connection> byId = new ConcurrentHashMap<>();

    void add(Connection connection) {
        connections.add(connection);
    }

    void remove(Connection connection) {
        connections.remove(connection);
    }

    Set<Connection> all() {
        return connections;
    }

    /** Makes {@code connection} the holder of the id; the holder until then, which is to be closed. */
    @Nullable
    Connection take(String clientId, Connection connection) {
        return byId.put(clientId, connection);
    }

    /** Frees the id, unless somebody else holds it by now. */
    void release(String clientId, Connection connection) {
        byId.remove(clientId, connection);
    }

    /** How many hold a client id, so are connected in MQTT's sense. */
    int connected() {
        return byId.size();
    }
}
