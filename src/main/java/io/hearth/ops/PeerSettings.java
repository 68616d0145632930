package io.hearth.ops;

import io.hearth.config.HearthConfig;
import io.hearth.config.StartupRefusedException;
import io.hearth.config.SyncConfig;
import io.hearth.model.RegionId;
import io.hearth.sync.Peer;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The peers that the settings name. */
final class PeerSettings {
    private PeerSettings() {}

    /** @throws StartupRefusedException a setting is malformed, or names a region twice or this one itself */
    static List<Peer> peersOf(HearthConfig hearth, SyncConfig config) {
        Map<String, String> tokens = new HashMap<>();
        for (String entry : config.peerTokens().orElse(List.of())) {
            String[] parts = entry.split("=", 2);
            if (parts.length != 2) {
                throw new StartupRefusedException(
                        "HEARTH_SYNC_PEER_TOKENS must be region=token, separated by commas", null);
            }
            tokens.put(parts[0].strip(), parts[1].strip());
        }
        List<Peer> peers = new ArrayList<>();
        Set<RegionId> ids = new HashSet<>();
        for (String entry : config.peers().orElse(List.of())) {
            String[] parts = entry.split("=", 2);
            try {
                if (parts.length != 2) {
                    throw new IllegalArgumentException("region=url is expected, not '" + entry + "'");
                }
                RegionId id = new RegionId(parts[0].strip());
                if (!ids.add(id) || id.value().equals(hearth.region())) {
                    throw new IllegalArgumentException("region " + id + " is there twice, or this one itself");
                }
                peers.add(new Peer(id, URI.create(parts[1].strip()), tokens.getOrDefault(id.value(), "")));
            } catch (IllegalArgumentException e) {
                throw new StartupRefusedException("HEARTH_SYNC_PEERS: " + e.getMessage(), e);
            }
        }
        tokens.keySet().removeIf(id -> ids.contains(new RegionId(id)));
        if (!tokens.isEmpty()) {
            throw new StartupRefusedException("HEARTH_SYNC_PEER_TOKENS names regions that are no peers", null);
        }
        return peers;
    }
}
