package io.hearth.presence;

import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.presence.Presence.Cause;
import io.hearth.table.Blocking;
import io.hearth.table.Item;
import io.hearth.table.OutcomeUnknownException;
import io.hearth.table.Table;
import io.hearth.table.Write;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;

/**
 * Keeps whether devices are online. The last event decides, with one exception: the end or the last will of a session says
 * nothing about a device that another session has taken over since, so a disconnect that is noticed late never hides a device
 * that is back.
 *
 * <p>Events never block the caller. They reach the table soon afterwards, those of many devices in one commit; of a device
 * that comes and goes faster than that, the latest. An online device's presence is kept without an end, an offline one's for a
 * set time after its last change.
 *
 * <p>What depends on connections to a process ends with it: {@link #heartbeat} and {@link #endOthers} find out which processes
 * have ended, and take their devices offline. Where several processes use the table, an event at one of them is weighed against
 * what the others have stored. Of two events at two processes within milliseconds either may count, but a connection that ends
 * never outweighs one that began.
 */
public final class DevicePresence {
    /** A session that is not known, as the messages come through a broker. */
    public static final long NO_SESSION = PresenceState.NO_SESSION;

    /** After how long without a beat a process is taken for dead by others on the same table. */
    public static final Duration SILENCE = Processes.SILENCE;

    private static final Duration FORGET_LIMIT = Duration.ofSeconds(30);

    private final Table table;
    private final InstantSource clock;
    private final Duration kept;
    private final boolean shared;
    private final Processes processes;
    private final PresenceReaper reaper;
    private final PresenceReader reader;

    // Guarded by this. Offline devices without a session leave the map once the table has them.
    private final PresenceWriter writer;
    private final Map<DeviceId, PresenceState> states = new HashMap<>();
    private final Map<DeviceId, Turn> turns = new LinkedHashMap<>();

    /** The number under which this process has last written everything. Of the thread that beats. */
    private long boundTo;

    /** @param ends whether it is the end of something, which does not outweigh what another process has stored meanwhile */
    private record Event(UnaryOperator<PresenceState> change, boolean ends) {}

    /** Events of a device that are applied as soon as what the table has of it is known. */
    private static final class Turn {
        private final List<Event> events = new ArrayList<>(1);
        private final CompletableFuture<Void> written = new CompletableFuture<>();
        private boolean forgotten;
    }

    /**
     * @param kept how long an offline device's presence is kept after its last change; zero for ever
     * @param nanoClock a stopwatch that never steps, {@link System#nanoTime} but in tests
     */
    public DevicePresence(Table table, InstantSource clock, Duration kept, LongSupplier nanoClock) {
        this.table = table;
        this.clock = clock;
        this.kept = kept;
        shared = table.isShared();
        processes = new Processes(table, clock, nanoClock);
        reaper = new PresenceReaper(table, kept);
        reader = new PresenceReader(table, processes);
        writer = new PresenceWriter(table, this, this::written);
        boundTo = processes.own();
    }

    /** The client with the device's id has connected. */
    public void connected(DeviceId device, long session) {
        Presence online = now(device, true, Cause.CONNECTION);
        happened(device, false, state -> state.connected(online, session, processes));
    }

    /** The session of the client with the device's id has ended. */
    public void disconnected(DeviceId device, long session) {
        Presence offline = now(device, false, Cause.CONNECTION);
        happened(device, true, state -> state.disconnected(offline, session, processes));
    }

    /**
     * The device's status topic says whether it is online.
     *
     * @param session who said so, or {@link #NO_SESSION}
     * @return completes when the table has it
     */
    public CompletionStage<Void> said(DeviceId device, boolean online, long session) {
        Presence said = now(device, online, Cause.STATUS);
        return happened(device, false, state -> state.said(said, session, processes));
    }

    /**
     * The last will of a session says that the device is offline.
     *
     * @return whether the device is online all the same, by another session
     */
    public CompletionStage<Boolean> willSaid(DeviceId device, long session) {
        Presence offline = now(device, false, Cause.STATUS);
        AtomicBoolean isOnline = new AtomicBoolean();
        return happened(device, true, state -> {
                    PresenceState after = state.willSaid(offline, session, processes);
                    isOnline.set(after.isOnline());
                    return after;
                })
                .thenApply(done -> isOnline.get());
    }

    /** Whether a device is online; empty if nothing is known of it. Blocks until the table answers. */
    public Optional<Presence> of(DeviceId device) {
        synchronized (this) {
            PresenceState state = states.get(device);
            if (writer.pending(device) != null || (!shared && state != null)) {
                return Optional.ofNullable(state == null ? null : state.presence());
            }
        }
        return Optional.ofNullable(Blocking.await(reader.load(device)).state().presence());
    }

    /** How many devices this process knows to be online. */
    public synchronized long online() {
        return states.values().stream().filter(PresenceState::isOnline).count();
    }

    /**
     * Forgets a device that is erased; it is known again when it connects or speaks again. Blocks until that is durable.
     *
     * @throws OutcomeUnknownException if the table does not take it in time; it is still tried
     */
    public void forget(DeviceId device) {
        CompletableFuture<Void> durable;
        synchronized (this) {
            Turn turn = turns.get(device);
            if (turn != null) {
                turn.forgotten = true;
            }
            PresenceState state = states.remove(device);
            if (state != null && state.hasSession()) {
                states.put(device, PresenceState.UNKNOWN.withSessionsOf(state));
            }
            durable = writer.write(device, new Write.Delete(StoredPresence.key(device)));
        }
        try {
            durable.copy()
                    .orTimeout(FORGET_LIMIT.toMillis(), TimeUnit.MILLISECONDS)
                    .join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof TimeoutException) {
                throw new OutcomeUnknownException("the presence of a device may not be erased yet", e);
            }
            throw e;
        }
    }

    /**
     * The same if nothing has been heard of the device since a time, to finish an erasure that began then.
     *
     * @param untilMicros epoch microseconds
     * @throws OutcomeUnknownException as {@link #forget}
     */
    public void forgetUntil(DeviceId device, long untilMicros) {
        Presence known = of(device).orElse(null);
        // That a process has ended says nothing of the device.
        if (known != null && (known.sinceMicros() <= untilMicros || known.cause() == Cause.RESTART)) {
            forget(device);
        }
    }

    /** Waits until everything so far is in the table, not longer than {@code patience}. */
    public void awaitWritten(Duration patience) {
        List<CompletableFuture<Void>> writes;
        synchronized (this) {
            writes = new ArrayList<>(
                    turns.values().stream().map(turn -> turn.written).toList());
            writes.add(writer.everything());
        }
        CompletableFuture.allOf(writes.toArray(new CompletableFuture<?>[0]))
                .completeOnTimeout(null, patience.toMillis(), TimeUnit.MILLISECONDS)
                .join();
    }

    /**
     * Says that this process is there; where several use the table, to be called every third of {@link #SILENCE}. Blocks.
     *
     * @throws io.hearth.table.TableException if the table cannot be asked
     */
    public void heartbeat() {
        processes.beat();
        if (boundTo != processes.own()) {
            bindAnew();
            boundTo = processes.own();
        }
    }

    /**
     * Takes the devices of processes that have ended offline. To be called after {@link #heartbeat}, by the same thread. Blocks.
     *
     * @return whether there is nothing left to do, for now
     * @throws io.hearth.table.TableException if the table cannot be asked; what is left is done by the next call
     */
    public boolean endOthers() {
        boolean done = true;
        for (Processes.Ended ended : processes.findEnded()) {
            if (reaper.reap(ended)) {
                processes.forget(ended);
            } else {
                done = false;
            }
        }
        return done;
    }

    /** Others had taken this process for dead: what is connected here is online still, unless it has gone to another process. */
    private void bindAnew() {
        Map<DeviceId, PresenceState> online;
        synchronized (this) {
            online = new HashMap<>(states);
        }
        online.values().removeIf(state -> !state.isOnline() || state.process() == 0);
        online.forEach((device, was) -> happened(device, true, state -> state.boundAnew(was, processes)));
    }

    private CompletionStage<Void> happened(DeviceId device, boolean ends, UnaryOperator<PresenceState> change) {
        Event event = new Event(change, ends);
        Turn turn;
        CompletableFuture<Void> before;
        synchronized (this) {
            Turn current = turns.get(device);
            if (current != null) {
                current.events.add(event);
                return current.written;
            }
            PresenceState state = states.get(device);
            CompletableFuture<Void> pending = writer.pending(device);
            // What others have stored counts, unless this is newer anyway.
            if (state != null && (!shared || (pending != null && !ends))) {
                return set(device, state, change.apply(state));
            }
            turn = new Turn();
            turn.events.add(event);
            turns.put(device, turn);
            before = pending == null ? CompletableFuture.completedFuture(null) : pending;
        }
        CompletableFuture<Void> unused = before.whenComplete((durable, failure) -> run(device, turn)
                .onFailure()
                .retry()
                .withBackOff(PresenceWriter.FIRST_RETRY, PresenceWriter.LAST_RETRY)
                .indefinitely()
                .subscribe()
                .with(done -> {}, turn.written::completeExceptionally));
        return turn.written;
    }

    private Uni<Void> run(DeviceId device, Turn turn) {
        return Uni.createFrom().deferred(() -> reader.load(device)).chain(stored -> apply(device, stored, turn));
    }

    /**
     * Applies the events of a turn to what the table has, then those that have come meanwhile. Fails with {@link
     * io.hearth.table.ConditionFailedException} if another process was first; nothing has happened then.
     */
    private Uni<Void> apply(DeviceId device, PresenceReader.Stored stored, Turn turn) {
        List<Event> events;
        PresenceState before;
        PresenceState now;
        synchronized (this) {
            events = List.copyOf(turn.events);
            PresenceState local = states.getOrDefault(device, PresenceState.UNKNOWN);
            before = (turn.forgotten ? PresenceState.UNKNOWN : stored.state()).withSessionsOf(local);
            now = before;
            for (Event event : events) {
                now = event.change.apply(now);
            }
            boolean concedes = shared && events.stream().allMatch(Event::ends);
            if (!concedes || now.presence() == null || now.isStoredAs(before)) {
                turns.remove(device);
                set(device, before, now).whenComplete((durable, failure) -> turn.written.complete(null));
                return Uni.createFrom().voidItem();
            }
        }
        PresenceState applied = now;
        return table.put(item(now), stored.condition()).chain(() -> {
            synchronized (this) {
                keep(device, applied);
                turn.events.subList(0, events.size()).clear();
                if (turn.events.isEmpty()) {
                    turns.remove(device);
                    turn.written.complete(null);
                    return Uni.createFrom().voidItem();
                }
            }
            return run(device, turn);
        });
    }

    /** Presence from now on: an event counts from when it happened, however long the table takes. */
    private Presence now(DeviceId device, boolean online, Cause cause) {
        return new Presence(device, online, EpochMicros.of(clock.instant()), cause);
    }

    /** Holding the lock. */
    private CompletionStage<Void> set(DeviceId device, PresenceState before, PresenceState now) {
        CompletableFuture<Void> pending = writer.pending(device);
        if (now.presence() == null || now.isStoredAs(before)) {
            keep(device, now);
            return pending == null ? CompletableFuture.completedStage(null) : pending;
        }
        states.put(device, now);
        return writer.write(device, new Write.Put(item(now)));
    }

    /** Remembers a state, or not if it is only what the table has. Holding the lock. */
    private void keep(DeviceId device, PresenceState state) {
        boolean isInTable = writer.pending(device) == null && (shared || !state.isOnline());
        if (isInTable && !state.hasSession()) {
            states.remove(device);
        } else {
            states.put(device, state);
        }
    }

    private void written(Set<DeviceId> devices) {
        devices.forEach(device -> {
            PresenceState state = states.get(device);
            if (state != null) {
                keep(device, state);
            }
        });
    }

    private Item item(PresenceState state) {
        return new StoredPresence(Objects.requireNonNull(state.presence()), state.process()).item(kept);
    }
}
