package io.hearth.presence;

import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.presence.Presence.Cause;
import io.hearth.table.Bytes;
import io.hearth.table.Consistency;
import io.hearth.table.CorruptItemException;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.Table;
import io.hearth.table.Write;
import io.smallrye.mutiny.Uni;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Keeps whether devices are there. The last event decides, with one exception: the last will of a session says nothing about
 * a device that another session has taken over since, so a disconnect that is noticed late never hides a device that is back.
 *
 * <p>Events never block whoever tells them. They reach the table soon afterwards, those of many devices in one commit; of a
 * device that comes and goes faster than that, the latest. What depends on connections to this process ends with it: read by
 * the next process, those devices are offline since it began.
 *
 * <p>Where several processes use the table, each says from time to time that it is {@linkplain #stillHere still here}; what
 * depends on one that has not for {@link #SILENCE} has ended. A connection that ends says nothing about a device that has
 * connected to another process since. Of two events at two processes within milliseconds either may count.
 */
public final class DevicePresence {
    /** A session that is not known, as the messages come through a broker. */
    public static final long NO_SESSION = 0;

    /** After how long without a word a process is taken for dead. */
    public static final Duration SILENCE = Duration.ofSeconds(45);

    private static final String PROCESSES = "!processes";
    private static final Duration FIRST_RETRY = Duration.ofMillis(100);
    private static final Duration LAST_RETRY = Duration.ofSeconds(5);

    private final Table table;
    private final InstantSource clock;
    private final Duration kept;
    private final boolean shared;
    private final long process = ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE);
    private final long startedMicros;

    // Guarded by this. A device leaves the first map when it is offline and the table knows.
    private final Map<DeviceId, State> states = new LinkedHashMap<>();
    private final Map<DeviceId, Loading> loading = new LinkedHashMap<>();
    private final Map<DeviceId, State> unwritten = new LinkedHashMap<>();
    private CompletableFuture<Void> nextWritten = new CompletableFuture<>();
    private CompletableFuture<Void> lastWritten = CompletableFuture.completedFuture(null);
    private boolean writing;

    /**
     * @param presence null if nothing has ever been heard
     * @param connection the open session of the client that has the device's id, or none
     * @param speaker the session that last said that the device is online, or none
     * @param bound whether it ends with this process
     */
    private record State(@Nullable Presence presence, long connection, long speaker, boolean bound) {}

    private static final State UNKNOWN = new State(null, NO_SESSION, NO_SESSION, false);

    /** Events of a device whose presence has to come from the table first. */
    private record Loading(List<UnaryOperator<State>> events, CompletableFuture<Void> written) {}

    /** @param kept how long a device's presence is kept after it last changed */
    public DevicePresence(Table table, InstantSource clock, Duration kept) {
        this.table = table;
        this.clock = clock;
        this.kept = kept;
        shared = table.isShared();
        startedMicros = EpochMicros.of(clock.instant());
    }

    /** The client with the device's id has connected. */
    public void connected(DeviceId device, long session) {
        happened(
                device,
                state -> new State(changed(device, state, true, Cause.CONNECTION), session, state.speaker, true));
    }

    /** The session of the client with the device's id has ended. */
    public void disconnected(DeviceId device, long session) {
        unlessMoved(
                device,
                session,
                state -> state.connection != session
                        ? state
                        : new State(changed(device, state, false, Cause.CONNECTION), NO_SESSION, state.speaker, true));
    }

    /**
     * The device's status topic says whether it is online.
     *
     * @param session who said so, or {@link #NO_SESSION}
     * @return completes when the table has it
     */
    public CompletionStage<Void> said(DeviceId device, boolean online, long session) {
        return happened(
                device,
                state -> new State(
                        changed(device, state, online, Cause.STATUS),
                        state.connection,
                        online ? session : NO_SESSION,
                        session != NO_SESSION));
    }

    /** The last will of a session says that the device is offline. */
    public void willSaid(DeviceId device, long session) {
        unlessMoved(
                device,
                session,
                state -> isOther(state.connection, session) || isOther(state.speaker, session)
                        ? state
                        : new State(changed(device, state, false, Cause.STATUS), state.connection, NO_SESSION, true));
    }

    private static boolean isOther(long holder, long session) {
        return holder != NO_SESSION && holder != session;
    }

    /** Whether a device is there; empty if nothing has ever been heard of it. Blocks until the table answers. */
    public Optional<Presence> of(DeviceId device) {
        synchronized (this) {
            State state = shared ? unwritten.get(device) : states.get(device);
            if (state != null) {
                return Optional.ofNullable(state.presence);
            }
        }
        return Optional.ofNullable(load(device).await().indefinitely().presence);
    }

    /** How many devices this process knows to be online. */
    public synchronized long online() {
        return states.values().stream()
                .filter(state -> state.presence != null && state.presence.online())
                .count();
    }

    /** Forgets a device that is erased; it is known again when it connects or speaks again. Blocks until that is durable. */
    public void forget(DeviceId device) {
        synchronized (this) {
            states.remove(device);
            unwritten.remove(device);
        }
        table.write(List.of(new Write.Delete(StoredPresence.key(device))))
                .await()
                .indefinitely();
    }

    /** Waits until everything so far is in the table, not longer than {@code patience}. */
    public void awaitWritten(Duration patience) {
        CompletableFuture<Void> written;
        synchronized (this) {
            written = unwritten.isEmpty() ? lastWritten : nextWritten;
        }
        written.copy()
                .completeOnTimeout(null, patience.toMillis(), TimeUnit.MILLISECONDS)
                .join();
    }

    /** Says, where several processes use the table, that this one is alive. Completes when the table has it. */
    public Uni<Void> stillHere() {
        long expires = clock.instant().plus(SILENCE).getEpochSecond() + 1;
        return table.write(List.of(new Write.Put(new Item(processKey(process), Bytes.EMPTY, expires, 0, null))));
    }

    private static Key processKey(long process) {
        return new Key(
                PROCESSES,
                Bytes.wrap(ByteBuffer.allocate(Long.BYTES).putLong(process).array()));
    }

    /** What happened to a session of this process; nothing if its device has connected to another process since. */
    private void unlessMoved(DeviceId device, long session, UnaryOperator<State> event) {
        if (!shared) {
            happened(device, event);
            return;
        }
        CompletableFuture<Void> written;
        synchronized (this) {
            written = unwritten.isEmpty() ? lastWritten : nextWritten;
        }
        // Only then does the table know of this session, if it is the later one.
        CompletableFuture<Void> unused = written.copy()
                .whenComplete((done, failed) -> table.get(StoredPresence.key(device), Consistency.STRONG)
                        .onFailure()
                        .retry()
                        .withBackOff(FIRST_RETRY, LAST_RETRY)
                        .indefinitely()
                        .subscribe()
                        .with(
                                found -> {
                                    if (found.filter(this::isOfAnotherProcess).isPresent()) {
                                        leave(device, session);
                                    } else {
                                        happened(device, event);
                                    }
                                },
                                failure -> {}));
    }

    private boolean isOfAnotherProcess(Item stored) {
        try {
            long its = StoredPresence.of(stored).process();
            return its != 0 && its != process;
        } catch (CorruptItemException e) {
            return false;
        }
    }

    private synchronized void leave(DeviceId device, long session) {
        State state = states.get(device);
        if (state != null && !isOther(state.connection, session)) {
            states.remove(device);
        }
    }

    private CompletionStage<Void> happened(DeviceId device, UnaryOperator<State> event) {
        Loading mine;
        synchronized (this) {
            State state = states.get(device);
            if (state != null) {
                return set(device, state, event.apply(state));
            }
            Loading others = loading.get(device);
            if (others != null) {
                others.events.add(event);
                return others.written;
            }
            mine = new Loading(new ArrayList<>(List.of(event)), new CompletableFuture<>());
            loading.put(device, mine);
        }
        load(device)
                .onFailure()
                .retry()
                .withBackOff(FIRST_RETRY, LAST_RETRY)
                .indefinitely()
                .subscribe()
                .with(state -> loaded(device, state, mine), mine.written::completeExceptionally);
        return mine.written;
    }

    private synchronized void loaded(DeviceId device, State stored, Loading events) {
        loading.remove(device);
        State state = stored;
        for (UnaryOperator<State> event : events.events) {
            state = event.apply(state);
        }
        set(device, stored, state).whenComplete((done, failure) -> events.written.complete(null));
    }

    private Uni<State> load(DeviceId device) {
        return table.get(StoredPresence.key(device), Consistency.STRONG)
                .chain(found ->
                        found.isEmpty() ? Uni.createFrom().item(UNKNOWN) : stateOf(StoredPresence.of(found.get())))
                // It is told anew as soon as the device is heard of.
                .onFailure(CorruptItemException.class)
                .recoverWithItem(UNKNOWN);
    }

    private Uni<State> stateOf(StoredPresence stored) {
        Presence presence = stored.presence();
        // What is another process's becomes this one's with the next event, also if the device stays online.
        boolean bound = shared ? stored.process() == process : stored.process() != 0;
        State asStored = new State(presence, NO_SESSION, NO_SESSION, bound);
        if (!presence.online() || stored.process() == 0 || stored.process() == process) {
            return Uni.createFrom().item(asStored);
        }
        long sinceMicros = Math.max(startedMicros, presence.sinceMicros());
        State ended = new State(
                new Presence(presence.device(), false, sinceMicros, Cause.RESTART), NO_SESSION, NO_SESSION, true);
        return shared
                ? table.get(processKey(stored.process()), Consistency.STRONG)
                        .map(alive -> alive.isPresent() ? asStored : ended)
                : Uni.createFrom().item(ended);
    }

    /** What the device's presence is now: what it was, if that was the same. */
    private Presence changed(DeviceId device, State before, boolean online, Cause cause) {
        Presence was = before.presence;
        return was != null && was.online() == online
                ? was
                : new Presence(device, online, EpochMicros.of(clock.instant()), cause);
    }

    /** Holding the lock. */
    private CompletionStage<Void> set(DeviceId device, State before, State now) {
        Presence presence = now.presence;
        if (presence == null) {
            return lastWritten;
        }
        if (presence.equals(before.presence) && now.bound == before.bound) {
            if (presence.online() || states.containsKey(device)) {
                states.put(device, now);
            }
            return unwritten.containsKey(device) ? nextWritten : lastWritten;
        }
        states.put(device, now);
        unwritten.put(device, now);
        CompletableFuture<Void> written = nextWritten;
        if (!writing) {
            writing = true;
            writeNext();
        }
        return written;
    }

    /** Writes what has changed, then what changes meanwhile, and so on. Holding the lock, which no table waits for. */
    private void writeNext() {
        Map<DeviceId, State> batch = new LinkedHashMap<>(unwritten);
        unwritten.clear();
        List<Write> writes = new ArrayList<>(batch.size());
        batch.values().forEach(state -> writes.add(new Write.Put(item(state))));
        CompletableFuture<Void> written = nextWritten;
        lastWritten = written;
        nextWritten = new CompletableFuture<>();
        table.write(writes)
                .onFailure()
                .retry()
                .withBackOff(FIRST_RETRY, LAST_RETRY)
                .indefinitely()
                .subscribe()
                .with(
                        done -> {
                            written(batch);
                            written.complete(null);
                        },
                        written::completeExceptionally);
    }

    private synchronized void written(Map<DeviceId, State> batch) {
        batch.keySet().forEach(device -> {
            State state = states.get(device);
            boolean offline = state != null && state.presence != null && !state.presence.online();
            if (offline && !unwritten.containsKey(device)) {
                states.remove(device);
            }
        });
        if (unwritten.isEmpty()) {
            writing = false;
        } else {
            writeNext();
        }
    }

    private Item item(State state) {
        Presence presence = Objects.requireNonNull(state.presence);
        long expires = Math.floorDiv(presence.sinceMicros(), 1_000_000L) + kept.toSeconds();
        return new StoredPresence(presence, state.bound ? process : 0).item(expires);
    }
}
