package io.hearth.sync;

import io.hearth.concurrent.DaemonThreads;
import io.hearth.concurrent.Sleep;
import io.hearth.sync.wire.PeerTransport;
import java.time.Duration;

/** A peer, and the thread that pulls from it until it is ended. */
final class PulledPeer {
    private static final Duration STOP_LIMIT = Duration.ofSeconds(3);

    private final Peer peer;
    private final boolean isPreset;
    private final PeerProgress progress;
    private final PeerTransport transport;
    private final PeerWorker worker;
    private final Thread thread;

    /**
     * @param isPreset whether it is one of the settings, and cannot be removed at run time
     * @param transport of the worker; closed when the thread ends
     */
    PulledPeer(Peer peer, boolean isPreset, PeerProgress progress, PeerTransport transport, PeerWorker worker) {
        this.peer = peer;
        this.isPreset = isPreset;
        this.progress = progress;
        this.transport = transport;
        this.worker = worker;
        thread = DaemonThreads.thread("hearth-sync-" + peer.id(), this::run);
    }

    Peer peer() {
        return peer;
    }

    boolean isPreset() {
        return isPreset;
    }

    PeerProgress progress() {
        return progress;
    }

    void start() {
        thread.start();
    }

    /**
     * Takes a turn, where there is no thread that does.
     *
     * @return how long to wait before the next one, ms
     */
    long turn() {
        return worker.turn();
    }

    private void run() {
        try (transport) {
            while (!worker.hasEnded()) {
                long pauseMillis = worker.turn();
                if (pauseMillis > 0) {
                    Sleep.forMillis(pauseMillis);
                }
            }
            // The interrupt that ended it must not end this, too.
            boolean unused = Thread.interrupted();
            worker.save();
        }
    }

    /** Lets the thread end, and does not wait for it. */
    void interrupt() {
        worker.end();
        thread.interrupt();
    }

    /** Lets the thread end, and waits for it for some seconds. */
    void end() {
        interrupt();
        try {
            thread.join(STOP_LIMIT.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
