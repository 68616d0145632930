package io.hearth.simulator.publish.scenario;

import io.hearth.simulator.publish.DeliveryRecorder;
import io.hearth.simulator.publish.DeviceStatus;
import io.hearth.simulator.publish.Message;
import io.hearth.simulator.publish.PayloadWriter;
import io.hearth.simulator.publish.PublishFailedException;
import io.hearth.simulator.publish.PublishSettings;
import io.hearth.simulator.publish.StopSignal;
import io.hearth.simulator.publish.WireBuffer;
import io.hearth.simulator.publish.raw.ConnectionLoop;
import io.hearth.simulator.publish.raw.RunContext;
import io.hearth.simulator.publish.raw.Timers;
import io.hearth.simulator.publish.scenario.ScenarioWorkload.Due;
import io.hearth.simulator.publish.shadow.ShadowRun;
import io.hearth.simulator.report.RunStats;
import io.hearth.simulator.scenario.BadClients;
import io.hearth.simulator.scenario.DeviceGroup;
import io.hearth.simulator.scenario.FleetEvent;
import io.hearth.simulator.scenario.Phase;
import io.hearth.simulator.scenario.RateCurve;
import io.hearth.simulator.scenario.Scenario;
import io.hearth.simulator.scenario.ShadowTraffic;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One playing of a scenario: what becomes due goes to the sessions of the devices, which send it. */
final class ScenarioRun {

    /** Beyond this many waiting messages the oldest plan is wrong and memory is at stake; further ones count as unsent. */
    private static final int MAX_PENDING = 2_000_000;

    final RunContext context;
    final Scenario scenario;
    final ScenarioWorkload workload;
    final PayloadWriter payloads;
    final WireBuffer payload = new WireBuffer(4096);

    /** Messages that are due and wait for their connection to take them. */
    long pending;

    private final PublishSettings settings;
    private final DeliveryRecorder recorder;
    private final RunStats stats;
    private final ConnectionLoop loop;
    private final Timers timers;
    private final StopSignal stop;
    private final List<DeviceSession> devices = new ArrayList<>();
    private final List<BadSession> badSessions = new ArrayList<>();
    private final List<Stream> streams = new ArrayList<>();
    private final List<ShadowRun> shadows = new ArrayList<>();
    private long startNanos;
    private long endNanos;
    private boolean halted;
    /** Late messages that wait for their time. */
    private long held;

    private long unsent;

    /** Messages of one kind that become due at the rate of a curve. */
    private static final class Stream {
        final RateCurve curve;
        final Receiver receiver;
        long next;
        long nextNanos;

        Stream(RateCurve curve, Receiver receiver) {
            this.curve = curve;
            this.receiver = receiver;
            this.nextNanos = curve.total() == 0 ? Long.MAX_VALUE : curve.dueNanos(0);
        }

        void advance() {
            next++;
            nextNanos = next >= curve.total() ? Long.MAX_VALUE : curve.dueNanos(next);
        }
    }

    /** Takes message {@code k} of a stream, which was due at {@code dueNanos}. */
    private interface Receiver {
        void due(long k, long dueNanos);
    }

    ScenarioRun(
            PublishSettings settings,
            ScenarioWorkload workload,
            DeliveryRecorder recorder,
            RunStats stats,
            StopSignal stop,
            ConnectionLoop loop) {
        this.context = new RunContext(settings, recorder, stats, loop);
        this.settings = settings;
        this.scenario = workload.scenario();
        this.workload = workload;
        this.recorder = recorder;
        this.stats = stats;
        this.stop = stop;
        this.loop = loop;
        this.payloads = new PayloadWriter(workload);
        this.timers = context.timers;
        for (int g = 0; g < scenario.fleet().size(); g++) {
            addGroup(g);
        }
    }

    private void addGroup(int number) {
        DeviceGroup group = scenario.fleet().get(number);
        int first = workload.firstDevice(number);
        List<DeviceSession> sessions = new ArrayList<>();
        for (int c = 0; c < group.connections(); c++) {
            DeviceSession session = new DeviceSession(this, group, first, c);
            sessions.add(session);
            loop.add(session, scenario.qos() == 2);
        }
        devices.addAll(sessions);
        streams.add(new Stream(scenario.telemetryCurve(group), (k, dueNanos) -> {
            int index = (int) (k % group.count());
            telemetry(group, sessions.get(index % sessions.size()), first + index, k, dueNanos);
        }));
        for (ShadowTraffic traffic : scenario.shadows()) {
            if (traffic.group() == group) {
                ShadowRun shadow = new ShadowRun(
                        context,
                        traffic,
                        sessions.stream()
                                .<Consumer<Message.Raw>>map(session -> session::report)
                                .toList());
                for (int i = 0; i < sessions.size(); i++) {
                    sessions.get(i).shadow = shadow.devices().get(i);
                }
                shadows.add(shadow);
                shadow.apps().forEach(app -> loop.add(app, false));
                streams.add(new Stream(scenario.shadowCurve(traffic), shadow::desiredDue));
            }
        }
    }

    private void telemetry(DeviceGroup group, DeviceSession session, int device, long k, long dueNanos) {
        DeviceGroup.Shift late = group.late();
        if (late.share() > 0 && workload.chance(device, 1_000 + k) < late.share()) {
            long sendNanos = dueNanos + late.by().toNanos();
            Due due = workload.measure(device, dueNanos, sendNanos);
            held++;
            timers.at(sendNanos, () -> {
                held--;
                offer(session, due);
            });
        } else {
            offer(session, workload.measure(device, dueNanos, dueNanos));
        }
    }

    void offer(DeviceSession session, Due due) {
        if (halted || pending >= MAX_PENDING) {
            unsent++;
            return;
        }
        pending++;
        session.add(due);
        loop.enqueue(session.connection);
    }

    void run() throws IOException, PublishFailedException, InterruptedException {
        try {
            if (connectAll()) {
                play();
            }
        } finally {
            end();
        }
    }

    /** False if the run was stopped before all were connected. */
    private boolean connectAll() throws IOException, PublishFailedException, InterruptedException {
        long deadline = System.nanoTime() + settings.waits().connect().toNanos();
        while (loop.up() < loop.connections.size()) {
            long now = System.nanoTime();
            String failure = context.takeStartFailure();
            if (failure != null && now - deadline >= 0) {
                throw new PublishFailedException(failure);
            }
            if (stop.isRequested()) {
                return false;
            }
            loop.tick(now);
            loop.pump(now);
            loop.selectUntil(now + ConnectionLoop.TICK_NANOS);
        }
        return true;
    }

    private void play() throws IOException, PublishFailedException, InterruptedException {
        long now = System.nanoTime();
        startNanos = now;
        endNanos = now + scenario.duration().toNanos();
        context.start(now);
        loop.allowStorms();
        workload.start(now, Instant.now());
        recorder.started(now);
        plan();
        long stopAt = Long.MAX_VALUE;
        while (true) {
            now = System.nanoTime();
            if (stopAt == Long.MAX_VALUE && stop.isRequested()) {
                halt();
                stopAt = now + settings.waits().stop().toNanos();
            }
            timers.runDue(now);
            long wait = release(now);
            loop.pump(now);
            if (now - loop.lastTickNanos() >= ConnectionLoop.TICK_NANOS) {
                loop.tick(now);
            }
            if (isFinished(now, stopAt)) {
                return;
            }
            wait = Math.min(wait, timers.nanosUntilNext(now));
            wait = Math.min(wait, loop.lastTickNanos() + ConnectionLoop.TICK_NANOS - now);
            loop.selectUntil(loop.hasReady() ? now : now + wait);
        }
    }

    /** Puts on the clock what is known before. */
    private void plan() {
        long at = startNanos;
        for (Phase phase : scenario.phases()) {
            long start = at;
            timers.at(start, () -> stats.phase(phase.name(), start));
            at += phase.duration().toNanos();
        }
        timers.at(endNanos, () -> stats.phase(null, endNanos));
        for (FleetEvent event : scenario.events()) {
            timers.at(startNanos + event.at().toNanos(), () -> happen(event));
        }
        for (DeviceSession session : devices) {
            DeviceGroup.Offline offline = session.group.offline();
            if (offline != null && session.chance(2) < offline.share()) {
                long first = (long) (session.chance(3) * offline.every().toNanos());
                timers.at(startNanos + first, () -> leave(session, offline));
            }
        }
        for (BadClients clients : scenario.badClients()) {
            for (int i = 0; i < clients.count(); i++) {
                BadSession session = new BadSession(context, scenario, clients, i);
                badSessions.add(session);
                // Spread over an interval, as bad clients have nothing in common but being bad.
                loop.add(session, false).retryAtNanos =
                        startNanos + clients.interval().toNanos() * i / clients.count();
            }
        }
    }

    private void leave(DeviceSession session, DeviceGroup.Offline offline) {
        long now = System.nanoTime();
        if (now - endNanos >= 0 || halted) {
            return;
        }
        session.leaveUntil(now + offline.duration().toNanos());
        timers.at(now + offline.every().toNanos(), () -> leave(session, offline));
    }

    private void happen(FleetEvent event) {
        if (halted) {
            return;
        }
        long now = System.nanoTime();
        if (event instanceof FleetEvent.Burst burst) {
            stats.event("burst of " + burst.messages() + " messages per device" + of(burst.group()));
            for (DeviceSession session : devices) {
                if (burst.group() == null || burst.group().equals(session.group.name())) {
                    for (int i = 0; i < burst.messages(); i++) {
                        session.forEachDevice(device -> offer(session, workload.measure(device, now, now)));
                    }
                }
            }
        } else if (event instanceof FleetEvent.ReconnectStorm storm) {
            int cut = 0;
            for (DeviceSession session : devices) {
                if ((storm.group() == null || storm.group().equals(session.group.name()))
                        && session.chance(4 + storm.at().toMillis()) < storm.share()) {
                    session.leaveUntil(now
                            + storm.away().toNanos()
                            + (long) (session.chance(5) * storm.spread().toNanos()));
                    cut++;
                }
            }
            stats.event("reconnect storm of " + cut + " connections" + of(storm.group()));
        }
    }

    private static String of(@Nullable String group) {
        return group == null ? "" : " of " + group;
    }

    /** Hands out what is due by now; returns how long nothing else will be. */
    private long release(long now) {
        long wait = Long.MAX_VALUE;
        if (halted) {
            return wait;
        }
        for (Stream stream : streams) {
            while (stream.nextNanos <= now - startNanos) {
                stream.receiver.due(stream.next, startNanos + stream.nextNanos);
                stream.advance();
            }
            if (stream.nextNanos != Long.MAX_VALUE) {
                wait = Math.min(wait, stream.nextNanos - (now - startNanos));
            }
        }
        return wait;
    }

    private boolean isFinished(long now, long stopAt) throws PublishFailedException {
        if (stopAt != Long.MAX_VALUE && (now - stopAt >= 0 || context.inFlight == 0)) {
            return true;
        }
        if (loop.closed() > 0 && devices.stream().allMatch(session -> session.isGivenUp())) {
            throw new PublishFailedException("every connection was lost, and reconnecting is off");
        }
        if (now - endNanos < 0) {
            context.lastProgressNanos = now;
            return false;
        }
        if (held > 0) {
            context.lastProgressNanos = now;
        }
        boolean settled = pending == 0
                && held == 0
                && context.inFlight == 0
                && shadows.stream().allMatch(ShadowRun::isSettled);
        return settled
                || now - context.lastProgressNanos > settings.waits().drain().toNanos();
    }

    private void halt() {
        halted = true;
        unsent += pending + held;
        for (DeviceSession session : devices) {
            session.forget();
        }
        pending = 0;
    }

    private void end() {
        if (context.isStarted()) {
            long now = System.nanoTime();
            if (stats.currentPhase() != null) {
                stats.phase(null, now);
            }
            if (!halted) {
                unsent += pending + held;
            }
            recorder.unsent(unsent);
        }
        for (DeviceSession session : devices) {
            session.settle();
            WireBuffer farewell = new WireBuffer(64);
            session.writeStatus(farewell, DeviceStatus.OFFLINE);
            loop.end(session.connection, farewell);
        }
        badSessions.forEach(BadSession::finish);
        for (ShadowRun shadow : shadows) {
            shadow.apps().forEach(app -> loop.end(app.connection, new WireBuffer(2)));
        }
    }
}
