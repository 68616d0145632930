package io.hearth.sync;

import io.hearth.model.RegionId;
import io.hearth.series.value.ClockAheadException;
import io.hearth.sync.wire.PeerPage;
import io.hearth.sync.wire.PeerStart;
import io.hearth.sync.wire.PeerTransport;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Pulls from one peer, step by step. Each step asks for a page, takes it in, and only then moves the checkpoint: whatever
 * dies in between, the page comes again and changes nothing. A new peer, or one that does not keep the changes since the last
 * contact any more, is taken over by its snapshot, with its changes from the beginning of that alongside, so that it does not
 * matter how long the snapshot takes.
 *
 * <p>To be used by one thread.
 */
final class PeerPull {
    /** While changes come in small pages, the checkpoint moves about once in this time; what it lacks comes again. */
    private static final long SAVE_INTERVAL_MILLIS = 1_000;

    /** How often it is stored that the peer has nothing new. */
    private static final long CONTACT_INTERVAL_MILLIS = 30_000;

    private final RegionId peer;
    private final PeerTransport transport;
    private final SyncTarget target;
    private final SyncItems items;
    private final PeerProgress progress;
    private final Settings settings;
    private final Prefetch nextChanges;
    private final Prefetch nextSnapshot;
    private @Nullable Checkpoint checkpoint;
    private boolean unsaved;
    private long savedMillis;
    private Contact contact = Contact.NEVER;
    private Contact savedContact = Contact.NEVER;

    /**
     * @param limit about how many records a page has
     * @param longPoll how long the peer may wait for changes when there are none
     */
    record Settings(int limit, Duration longPoll) {}

    /** @param fetcher on which pages are fetched while others are taken in; null for one after the other */
    PeerPull(
            RegionId peer,
            PeerTransport transport,
            SyncTarget target,
            SyncItems items,
            PeerProgress progress,
            Settings settings,
            @Nullable Executor fetcher) {
        this.peer = peer;
        this.transport = transport;
        this.target = target;
        this.items = items;
        this.progress = progress;
        this.settings = settings;
        this.nextChanges = new Prefetch(fetcher, progress.clock());
        this.nextSnapshot = new Prefetch(fetcher, progress.clock());
    }

    /**
     * Takes in a page of changes and, while a snapshot is being taken, one of that.
     *
     * @throws IOException the peer is not reached or answers nonsense; the step may be repeated
     * @throws ClockAheadException its clock is too far ahead; likewise
     * @throws io.hearth.table.TableException the table failed; likewise
     */
    void step() throws IOException {
        Checkpoint current = checkpoint;
        if (current == null) {
            current = items.checkpoint(peer).orElse(null);
            contact = items.contact(peer);
            savedContact = contact;
            progress.resumes(contact);
            if (current == null) {
                begin();
                return;
            }
            checkpoint = current;
        }
        int segment = current.openSegment();
        if (segment >= 0) {
            takeSnapshot(current, segment);
        }
        try {
            takeChanges(segment < 0 ? settings.longPoll : Duration.ZERO);
        } catch (PeerTransport.PlaceGoneException e) {
            begin();
        }
    }

    private void begin() throws IOException {
        PeerStart start = transport.start();
        if (!start.region().equals(peer.value())) {
            throw new IOException("there is region " + start.region() + ", not " + peer);
        }
        progress.beganSnapshot();
        save(Checkpoint.at(start));
    }

    private void takeSnapshot(Checkpoint current, int segment) throws IOException {
        String place = current.segments().get(segment).place();
        progress.asked(0);
        Prefetch.Fetched fetched;
        int segments = current.segments().size();
        try {
            fetched = nextSnapshot.page(segment + " " + place, () -> transport.snapshot(segment, segments, place));
        } catch (PeerTransport.PlaceGoneException e) {
            save(current.withSegment(segment, new Checkpoint.Segment(null, false)));
            return;
        }
        PeerPage answer = fetched.answer();
        progress.answered(answer);
        String next = answer.next();
        if (next != null) {
            nextSnapshot.begin(segment + " " + next, () -> transport.snapshot(segment, segments, next));
        }
        progress.taken(answer, target.take(answer, peer));
        progress.inSnapshot();
        save(current.withSegment(segment, new Checkpoint.Segment(answer.next(), answer.next() == null)));
    }

    private void takeChanges(Duration wait) throws IOException {
        Checkpoint current = checkpoint;
        if (current == null) {
            return;
        }
        String place = current.changes();
        progress.asked(wait.toMillis());
        Prefetch.Fetched fetched = nextChanges.page(place, () -> transport.changes(place, settings.limit, wait));
        PeerPage answer = fetched.answer();
        progress.answered(answer);
        String next = answer.next();
        if (next == null) {
            throw new IOException("the page of changes does not say where to go on");
        }
        if (answer.more() && !next.equals(place)) {
            nextChanges.begin(next, () -> transport.changes(next, settings.limit, Duration.ZERO));
        }
        SyncTarget.Taken taken = target.take(answer, peer);
        progress.taken(answer, taken);
        boolean inSnapshot = current.openSegment() >= 0;
        if (inSnapshot) {
            progress.inSnapshot();
        } else if (answer.more()) {
            progress.catchesUp(answer);
        } else {
            contact = contactOf(fetched);
            progress.follows(contact);
        }
        if (!next.equals(place)) {
            checkpoint = current.withChanges(next);
            unsaved = true;
        }
        long sinceContactMillis = contact.caughtUpMillis() - savedContact.caughtUpMillis();
        boolean isDue = unsaved && Math.abs(progress.nowMillis() - savedMillis) >= SAVE_INTERVAL_MILLIS;
        if (isDue || inSnapshot) {
            save();
        } else if (Math.abs(sinceContactMillis) >= CONTACT_INTERVAL_MILLIS) {
            items.save(peer, contact);
            savedContact = contact;
        }
    }

    /**
     * What an answer without more behind it proves. The peer read its table after it was asked, and gives its later writes
     * later stamps than its clock said then: its clock of when it answered, less the time that this may have taken.
     */
    private static Contact contactOf(Prefetch.Fetched fetched) {
        long tookMillis = Math.max(0, fetched.answeredMillis() - fetched.askedMillis());
        long peerMillis = fetched.answer().clockMillis() - tookMillis;
        return new Contact(fetched.askedMillis(), Math.min(fetched.askedMillis(), peerMillis));
    }

    /** Makes what was taken in last known to the next start. */
    void save() {
        Checkpoint latest = checkpoint;
        if (latest == null) {
            return;
        }
        if (unsaved) {
            save(latest);
        } else if (!contact.equals(savedContact)) {
            items.save(peer, contact);
            savedContact = contact;
        }
    }

    private void save(Checkpoint next) {
        if (contact.equals(savedContact)) {
            items.save(peer, next);
        } else {
            items.save(peer, next, contact);
        }
        checkpoint = next;
        unsaved = false;
        savedMillis = progress.nowMillis();
        savedContact = contact;
    }
}
