package io.hearth.presence;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.layout.Partitions;
import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.presence.Presence.Cause;
import io.hearth.table.Consistency;
import io.hearth.table.Direction;
import io.hearth.table.Query;
import io.hearth.table.SharedTable;
import io.hearth.table.SortRange;
import io.hearth.table.Table;
import io.hearth.table.memory.MemoryTable;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random connections, ends, wills, statuses, kills, suspensions, erasures and steps of clocks at several processes, compared
 * with a model that knows the events in their order. {@code -DPresenceModelTest.seed=…} plays one seed again; some seeds are
 * fresh in every run.
 */
class PresenceModelTest {
    private static final int FIXED_SEEDS = 120;
    private static final int FRESH_SEEDS = 30;
    private static final int STEPS = 150;
    private static final Instant START = Instant.parse("2026-11-22T10:00:00Z");
    private static final Duration BEAT = DevicePresence.SILENCE.dividedBy(3);

    static LongStream seeds() {
        Long seed = Long.getLong(PresenceModelTest.class.getSimpleName() + ".seed");
        return seed != null
                ? LongStream.of(seed)
                : LongStream.concat(LongStream.rangeClosed(1, FIXED_SEEDS), new Random().longs(FRESH_SEEDS));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void presence_ofSeveralProcesses_isThatOfTheModel(long seed) {
        new Player(seed, true).play();
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void presence_ofOneProcessAfterTheOther_isThatOfTheModel(long seed) {
        new Player(seed, false).play();
    }

    /** A process as the test sees it. */
    private static final class Node {
        private final DevicePresence presence;
        private final Map<DeviceId, Long> sessions = new HashMap<>();
        private final Map<DeviceId, Long> speakers = new HashMap<>();
        private final String name;
        private Duration clockError;
        private long lastBeatMicros;
        private boolean suspended;
        private boolean dead;

        Node(Table table, Player player, Duration clockError) {
            name = "p" + ++player.started;
            this.clockError = clockError;
            presence = new DevicePresence(
                    table, () -> player.now.plus(this.clockError), Duration.ofDays(3650), () -> player.nanos);
        }

        private boolean hasOther(DeviceId device, long session) {
            return sessions.getOrDefault(device, session) != session
                    || speakers.getOrDefault(device, session) != session;
        }
    }

    /**
     * What is known of a device: nothing if there is no presence, and one of several where it depends on whether an event came
     * before or after others noticed that a process is gone.
     *
     * @param at the process whose connections say so, which may be gone; null if none do
     */
    private record Known(Set<Presence> possible, @Nullable Node at) {
        static final Known NOTHING = new Known(Set.of(), null);
    }

    private static final class Player {
        private final Random random;
        private final String replay;
        private final boolean isShared;
        private final MemoryTable memory = new MemoryTable(() -> now());
        private final Table table;
        private final List<Node> processes = new ArrayList<>();
        private final List<DeviceId> devices = new ArrayList<>();
        private final Map<DeviceId, Known> model = new HashMap<>();
        private final List<String> log = new ArrayList<>();
        private Instant now = START;
        private long nanos;
        private long sessions;
        private int started;

        Player(long seed, boolean isShared) {
            random = new Random(seed);
            replay = "replay with -DPresenceModelTest.seed=" + seed + "\n";
            this.isShared = isShared;
            table = isShared ? new SharedTable(memory) : memory;
            for (int i = 0; i < 4; i++) {
                devices.add(new DeviceId("d" + i));
                model.put(devices.get(i), Known.NOTHING);
            }
            start();
        }

        private Instant now() {
            return now;
        }

        void play() {
            for (int step = 0; step < STEPS; step++) {
                step();
            }
            compareOnceSettled();
            compareLeavings();
        }

        private void step() {
            int dice = random.nextInt(100);
            if (dice < 25) {
                connect(anyDevice(), anyAwake());
            } else if (dice < 45) {
                end(anyDevice(), anyAwake());
            } else if (dice < 60) {
                say(anyDevice(), anyAwake(), random.nextBoolean());
            } else if (dice < 75) {
                pass(1 + random.nextInt(50));
            } else if (dice < 80) {
                if (isShared && processes.size() < 4) {
                    start();
                }
            } else if (dice < 86) {
                kill();
            } else if (dice < 90) {
                suspend();
            } else if (dice < 93) {
                anyAwake().clockError = Duration.ofHours(random.nextInt(2000) - 1000);
                log.add("a clock is set");
            } else if (dice < 96) {
                forget(anyDevice(), anyAwake());
            } else {
                compareOnceSettled();
            }
        }

        private Known known(DeviceId device) {
            return model.getOrDefault(device, Known.NOTHING);
        }

        private DeviceId anyDevice() {
            return devices.get(random.nextInt(devices.size()));
        }

        private Node anyAwake() {
            List<Node> awake =
                    processes.stream().filter(process -> !process.suspended).toList();
            if (awake.isEmpty()) {
                return start();
            }
            return awake.get(random.nextInt(awake.size()));
        }

        private Node start() {
            Node started = new Node(table, this, Duration.ofHours(isShared ? random.nextInt(200) - 100 : 0));
            processes.add(started);
            log.add(started.name + " starts");
            beat(started);
            return started;
        }

        private void beat(Node process) {
            process.presence.heartbeat();
            process.lastBeatMicros = micros(process);
            process.presence.endOthers();
        }

        private void connect(DeviceId device, Node process) {
            Long before = process.sessions.get(device);
            if (before != null) {
                disconnected(device, process, before);
            }
            long session = ++sessions;
            log.add(device.value() + " connects as " + session + " to " + process.name);
            process.sessions.put(device, session);
            process.presence.connected(device, session);
            happened(device, process, true, Cause.CONNECTION);
        }

        private void end(DeviceId device, Node process) {
            Long session = process.sessions.get(device);
            if (session != null) {
                disconnected(device, process, session);
            }
        }

        private void disconnected(DeviceId device, Node process, long session) {
            log.add(device.value() + " disconnects as " + session + " from " + process.name);
            process.sessions.remove(device);
            process.presence.disconnected(device, session);
            Known known = known(device);
            if (known.at == process) {
                happened(device, process, false, Cause.CONNECTION);
            }
            if (random.nextBoolean()) {
                log.add("with a will");
                process.presence.willSaid(device, session);
                boolean isTaken = known(device).at != null && known(device).at != process;
                if (!process.hasOther(device, session)) {
                    process.speakers.remove(device);
                    if (!isTaken) {
                        happened(device, process, false, Cause.STATUS);
                    }
                }
            }
        }

        private void say(DeviceId device, Node process, boolean online) {
            Long session = process.sessions.get(device);
            if (session == null) {
                return;
            }
            log.add(device.value() + " says " + (online ? "online" : "offline") + " as " + session);
            process.presence.said(device, online, session);
            if (online) {
                process.speakers.put(device, session);
            } else {
                process.speakers.remove(device);
            }
            happened(device, process, online, Cause.STATUS);
        }

        private void happened(DeviceId device, Node process, boolean online, Cause cause) {
            Presence changed = new Presence(device, online, micros(process), cause);
            Set<Presence> before = known(device).possible;
            Set<Presence> after = before.stream()
                    .map(was -> was.online() == online ? was : changed)
                    .collect(Collectors.toSet());
            model.put(device, new Known(after.isEmpty() ? Set.of(changed) : after, process));
        }

        private void kill() {
            if (processes.isEmpty()) {
                return;
            }
            Node killed = processes.remove(random.nextInt(processes.size()));
            killed.dead = true;
            log.add(killed.name + " is killed");
            if (!isShared) {
                Node next = new Node(table, this, Duration.ZERO);
                mayBeOffline(killed, micros(next));
                settle();
                processes.add(next);
                beat(next);
                return;
            }
            mayBeOffline(killed, killed.lastBeatMicros);
        }

        private void suspend() {
            if (isShared && !processes.isEmpty()) {
                Node suspended = processes.get(random.nextInt(processes.size()));
                suspended.suspended = true;
                mayBeOffline(suspended, suspended.lastBeatMicros);
                log.add(suspended.name + " is suspended");
            }
        }

        /** From now on others may notice that a process is not there. */
        private void mayBeOffline(Node process, long endedMicros) {
            model.replaceAll((device, known) -> {
                if (known.at != process) {
                    return known;
                }
                Set<Presence> possible = new HashSet<>(known.possible);
                known.possible.stream()
                        .filter(Presence::online)
                        .forEach(online -> possible.add(new Presence(
                                device, false, Math.max(endedMicros, online.sinceMicros()), Cause.RESTART)));
                return new Known(possible, process);
            });
        }

        /** What is dead has been noticed, and what was suspended has taken back what was said of it. */
        private void settle() {
            model.replaceAll((device, known) -> {
                if (known.at == null) {
                    return known;
                }
                boolean isDead = known.at.dead;
                boolean wasOnline = known.possible.stream().anyMatch(Presence::online);
                Set<Presence> possible = known.possible.stream()
                        .filter(presence -> isDead ? !presence.online() : presence.online() == wasOnline)
                        .collect(Collectors.toSet());
                return new Known(possible, isDead ? null : known.at);
            });
        }

        private void forget(DeviceId device, Node process) {
            log.add(device.value() + " is erased");
            process.presence.forget(device);
            model.put(device, Known.NOTHING);
        }

        /** Lets time pass, and processes beat as they do. */
        private void pass(int seconds) {
            for (int left = seconds; left > 0; left -= (int) BEAT.toSeconds()) {
                Duration part = Duration.ofSeconds(Math.min(left, BEAT.toSeconds()));
                now = now.plus(part);
                nanos += part.toNanos();
                processes.stream().filter(process -> !process.suspended).forEach(this::beat);
            }
            log.add(seconds + " s pass");
        }

        private void compareOnceSettled() {
            processes.forEach(process -> process.suspended = false);
            if (processes.isEmpty()) {
                start();
            }
            pass(10 * (int) BEAT.toSeconds());
            settle();
            for (DeviceId device : devices) {
                Known known = known(device);
                Set<Optional<Presence>> answers = processes.stream()
                        .map(process -> process.presence.of(device))
                        .collect(Collectors.toSet());
                assertThat(answers).as(() -> replay + String.join("\n", log)).hasSize(1);
                Optional<Presence> answer = answers.iterator().next();
                assertThat(known.possible.isEmpty() ? Set.of(Optional.<Presence>empty()) : optionals(known.possible))
                        .as(() -> replay + String.join("\n", log))
                        .contains(answer);
                model.put(device, new Known(answer.map(Set::of).orElse(Set.of()), known.at));
            }
        }

        private static Set<Optional<Presence>> optionals(Set<Presence> possible) {
            return possible.stream().map(Optional::of).collect(Collectors.toSet());
        }

        /** No process that has ended leaves anything that would be looked at for ever. */
        private void compareLeavings() {
            Query records =
                    new Query(Partitions.PROCESSES, SortRange.ALL, Direction.ASCENDING, 1000, null, Consistency.STRONG);
            assertThat(table.query(records).await().indefinitely().items())
                    .as(replay)
                    .hasSize(processes.size());
        }

        private long micros(Node process) {
            return EpochMicros.of(now.plus(process.clockError));
        }
    }
}
