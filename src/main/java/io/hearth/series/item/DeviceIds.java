package io.hearth.series.item;

import io.hearth.model.DeviceId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The ids of all devices in memory, once somebody has {@linkplain #fill filled} it, as long as they are not too many. Kept exact by
 * telling it of each record that became durable or went; what is told while it is being filled counts more than what was read.
 */
public final class DeviceIds {
    private final int max;
    private final NavigableSet<DeviceId> ids = new TreeSet<>();
    private final Set<DeviceId> gone = new HashSet<>();
    private State state = State.EMPTY;

    private enum State {
        EMPTY,
        FILLING,
        COMPLETE,
        TOO_MANY
    }

    /** @param max how many ids are kept; of more devices it answers nothing */
    public DeviceIds(int max) {
        this.max = max;
    }

    /** Takes in every id that {@code stored} reads; only the first call does anything, and it may take long. */
    public void fill(Iterator<DeviceId> stored) {
        synchronized (this) {
            if (state != State.EMPTY) {
                return;
            }
            state = State.FILLING;
        }
        boolean complete = false;
        try {
            while (stored.hasNext() && isFilling()) {
                DeviceId id = stored.next();
                synchronized (this) {
                    if (!gone.contains(id)) {
                        addWithinBounds(id);
                    }
                }
            }
            complete = true;
        } finally {
            filled(complete);
        }
    }

    private synchronized boolean isFilling() {
        return state == State.FILLING;
    }

    private synchronized void filled(boolean complete) {
        gone.clear();
        if (state == State.FILLING && complete) {
            state = State.COMPLETE;
        } else if (state == State.FILLING) {
            state = State.EMPTY;
            ids.clear();
        }
    }

    public synchronized void added(DeviceId id) {
        gone.remove(id);
        if (state == State.FILLING || state == State.COMPLETE) {
            addWithinBounds(id);
        }
    }

    public synchronized void removed(DeviceId id) {
        ids.remove(id);
        if (state == State.FILLING) {
            gone.add(id);
        }
    }

    /** Whether a device is among those in memory; those may be all, some or none. */
    public synchronized boolean contains(DeviceId id) {
        return ids.contains(id);
    }

    private void addWithinBounds(DeviceId id) {
        ids.add(id);
        if (ids.size() > max) {
            state = State.TOO_MANY;
            ids.clear();
        }
    }

    /** The first ids behind {@code after}, ascending; null if this does not know all of them. */
    public synchronized @Nullable List<DeviceId> after(@Nullable DeviceId after, int limit) {
        if (state != State.COMPLETE) {
            return null;
        }
        NavigableSet<DeviceId> rest = after == null ? ids : ids.tailSet(after, false);
        List<DeviceId> found = new ArrayList<>(Math.min(limit, ids.size()));
        Iterator<DeviceId> each = rest.iterator();
        while (found.size() < limit && each.hasNext()) {
            found.add(each.next());
        }
        return found;
    }
}
