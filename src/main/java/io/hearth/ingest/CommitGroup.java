package io.hearth.ingest;

import io.hearth.series.value.AppendBatch;
import java.util.ArrayList;
import java.util.List;

/** Deliveries that are committed together, and what is to be told afterwards. Used again and again. */
final class CommitGroup {
    final AppendBatch batch = new AppendBatch();
    final List<DeadLetter> deadLetters = new ArrayList<>();
    final List<Receipt> receipts = new ArrayList<>();

    /** The readings of the group without a time of their own that carry a transmission: what one sent again could double. */
    final List<TransmissionKey> transmissions = new ArrayList<>();

    /** Of the deliveries that are sampled. */
    final List<IngestTraces.Traced> spans = new ArrayList<>(0);

    long payloadBytes;

    /** Identifies a client's use of a packet id. */
    record TransmissionKey(long clientHash, int packetId) {}

    boolean isEmpty() {
        return receipts.isEmpty();
    }

    void clear() {
        batch.clear();
        deadLetters.clear();
        receipts.clear();
        transmissions.clear();
        spans.clear();
        payloadBytes = 0;
    }
}
