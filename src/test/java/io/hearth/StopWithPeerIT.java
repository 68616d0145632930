package io.hearth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** SIGTERM to a region whose peer waits for its changes, as a peer always does: it answers the peer and ends, without a complaint. */
class StopWithPeerIT {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final String TOKEN = "what-regions-of-this-test-show";

    @TempDir
    Path directory;

    private final List<HearthProcess> started = new ArrayList<>();

    @AfterEach
    void kill() {
        started.forEach(HearthProcess::close);
    }

    @Test
    void terminate_whilePeersWaitForEachOthersChanges_endsInOrder_andSoDoesTheOther() throws Exception {
        int portOfA = FreePort.next();
        int portOfB = FreePort.next();
        HearthProcess a = start("a", portOfA, "b", portOfB);
        HearthProcess b = start("b", portOfB, "a", portOfA);
        await().atMost(LIMIT).until(() -> waitsForPeer(a) && waitsForPeer(b));

        a.terminate();

        assertThat(a.awaitExit()).as(a.log()).isEqualTo(143);
        assertThat(a.log()).contains("stopped: all that was acknowledged is stored");
        assertThat(a.log()).doesNotContain("ERROR").doesNotContain("Timed out");
        // The one that is left goes on, and ends in order also while it does not reach the other.
        assertThat(b.client().ready()).isEqualTo(200);
        b.terminate();
        assertThat(b.awaitExit()).as(b.log()).isEqualTo(143);
        assertThat(b.log()).doesNotContain("ERROR").doesNotContain("Timed out");
    }

    private HearthProcess start(String region, int port, String peer, int portOfPeer) throws IOException {
        HearthProcess process = HearthProcess.start(
                Files.createDirectory(directory.resolve(region)),
                Map.of(
                        "QUARKUS_HTTP_PORT",
                        String.valueOf(port),
                        "HEARTH_REGION",
                        region,
                        "HEARTH_SYNC_TOKEN",
                        TOKEN,
                        "HEARTH_SYNC_PEERS",
                        peer + "=http://127.0.0.1:" + portOfPeer,
                        "HEARTH_SYNC_PEER_TOKENS",
                        peer + "=" + TOKEN));
        started.add(process);
        return process;
    }

    /** Whether it has taken in what its peer has, and its peer's request for changes waits here. */
    private static boolean waitsForPeer(HearthProcess region) throws Exception {
        String state =
                region.client().json("/api/v1/sync/status").at("/peers/0/state").asText();
        return state.equals("following") && region.client().metric("hearth_sync_waiting") == 1;
    }
}
