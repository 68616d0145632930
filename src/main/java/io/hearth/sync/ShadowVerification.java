package io.hearth.sync;

import io.hearth.bytes.CorruptItemException;
import io.hearth.bytes.UnsupportedFormatException;
import io.hearth.model.RegionId;
import io.hearth.model.WriteStamp;
import io.hearth.shadow.ShadowStore;
import io.hearth.shadow.StoredShadow;
import io.hearth.shadow.document.DocumentFormat;
import io.hearth.shadow.document.ShadowDocument;
import io.hearth.shadow.document.ShadowId;
import io.hearth.sync.wire.PeerPage;
import io.hearth.sync.wire.PeerTransport;
import io.hearth.sync.wire.ShadowDigest;
import io.hearth.sync.wire.SyncPage;
import io.hearth.sync.wire.SyncRecord;
import io.hearth.table.Blocking;
import io.hearth.table.Item;
import io.hearth.table.ItemWalk;
import io.hearth.table.Scan;
import io.hearth.table.Table;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Compares the shadows of a peer with those here: every field with its stamp, tombstones of removed fields and deleted shadows
 * included, but for the oldest tombstones, which regions forget one after the other. Fetches and merges what differs.
 */
public final class ShadowVerification {
    private static final Logger LOG = Logger.getLogger(ShadowVerification.class);

    /** What was written within this time may still be on its way. */
    private static final Duration SETTLING = Duration.ofHours(1);

    private static final int ITEMS_AT_A_TIME = 512;

    private final Table table;
    private final ShadowStore shadows;
    private final SyncTarget target;
    private final InstantSource clock;
    private final Duration keptAfterDelete;

    /** @param keptAfterDelete how long tombstones are remembered */
    public ShadowVerification(
            Table table, ShadowStore shadows, SyncTarget target, InstantSource clock, Duration keptAfterDelete) {
        this.table = table;
        this.shadows = shadows;
        this.target = target;
        this.clock = clock;
        this.keptAfterDelete = keptAfterDelete;
    }

    /**
     * A shadow that was not the same in both regions.
     *
     * @param settled whether its last write is so old that this is none that was on its way
     * @param repaired whether it is the same now; if not, this region has what the peer has not, which pulls it by itself
     */
    public record Difference(ShadowId id, boolean settled, boolean repaired) {}

    /** From when on tombstones are compared, in epoch milliseconds: what is older is about to be forgotten. */
    long tombstonesFromMillis() {
        return clock.millis() - keptAfterDelete.toMillis() + SETTLING.toMillis();
    }

    /**
     * The digests of the shadows of a segment here.
     *
     * @param tombstonesFromMillis older tombstones are passed over, as are shadows that were deleted before
     */
    List<ShadowDigest> digests(int segment, int segments, long tombstonesFromMillis) {
        List<ShadowDigest> digests = new ArrayList<>();
        ItemWalk items = new ItemWalk(table, new Scan(segment, segments, ITEMS_AT_A_TIME, null));
        while (items.hasNext()) {
            Item item = items.next();
            if (StoredShadow.isShadow(item.key())) {
                try {
                    StoredShadow shadow = StoredShadow.of(item);
                    if (isRemembered(shadow.document(), tombstonesFromMillis)) {
                        digests.add(new ShadowDigest(
                                shadow.id().thing(),
                                shadow.id().name(),
                                DocumentFormat.digest(shadow.document(), tombstonesFromMillis)));
                    }
                } catch (CorruptItemException | UnsupportedFormatException e) {
                    LOG.errorf(
                            "A shadow of %s cannot be compared: %s", item.key().partitionKey(), e.getMessage());
                }
            }
        }
        return digests;
    }

    private static boolean isRemembered(ShadowDocument document, long tombstonesFromMillis) {
        WriteStamp last = document.lastWrite();
        return document.exists() || (last != null && last.time().physicalMillis() >= tombstonesFromMillis);
    }

    /** The shadow as it is here, deleted or not; a page without records if there is none. */
    public SyncPage document(ShadowId id) {
        ShadowDocument document = Blocking.await(shadows.stored(id)).document();
        List<SyncRecord> records =
                document.lastWrite() == null ? List.of() : List.of(new SyncRecord.Shadow(id, document));
        return new SyncPage(records, null, false, -1);
    }

    /**
     * Compares what a peer has with what is here, and merges the documents that differ.
     *
     * @param theirs the digests of the peer
     * @throws IOException the peer is not reached, or breaks off
     */
    List<Difference> run(RegionId peer, PeerTransport transport, List<ShadowDigest> theirs, long tombstonesFromMillis)
            throws IOException {
        List<Difference> differences = new ArrayList<>();
        for (ShadowDigest their : theirs) {
            ShadowId id = new ShadowId(their.thing(), their.name());
            try {
                if (digestHere(id, tombstonesFromMillis) == their.digest()) {
                    continue;
                }
                // It may have been written since: what is fetched is what counts from here on.
                PeerPage answer = transport.shadow(their.thing(), their.name());
                ShadowDocument document = documentOf(answer);
                if (document == null
                        || digestHere(id, tombstonesFromMillis)
                                == DocumentFormat.digest(document, tombstonesFromMillis)) {
                    continue;
                }
                target.take(answer, peer);
                boolean repaired =
                        digestHere(id, tombstonesFromMillis) == DocumentFormat.digest(document, tombstonesFromMillis);
                differences.add(new Difference(id, isSettled(document), repaired));
            } catch (CorruptItemException | UnsupportedFormatException e) {
                LOG.errorf("Shadow %s is damaged here: %s", id, e.getMessage());
                differences.add(new Difference(id, true, false));
            }
        }
        return differences;
    }

    private static @Nullable ShadowDocument documentOf(PeerPage answer) {
        return answer.records().stream()
                .filter(SyncRecord.Shadow.class::isInstance)
                .map(record -> ((SyncRecord.Shadow) record).document())
                .findFirst()
                .orElse(null);
    }

    private long digestHere(ShadowId id, long tombstonesFromMillis) {
        return DocumentFormat.digest(Blocking.await(shadows.stored(id)).document(), tombstonesFromMillis);
    }

    private boolean isSettled(ShadowDocument document) {
        WriteStamp last = document.lastWrite();
        return last != null && last.time().physicalMillis() < clock.millis() - SETTLING.toMillis();
    }
}
