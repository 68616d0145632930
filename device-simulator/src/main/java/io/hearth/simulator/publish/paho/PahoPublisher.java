package io.hearth.simulator.publish.paho;

import io.hearth.simulator.publish.Backoff;
import io.hearth.simulator.publish.DeliveryRecorder;
import io.hearth.simulator.publish.Message;
import io.hearth.simulator.publish.Pacer;
import io.hearth.simulator.publish.PayloadWriter;
import io.hearth.simulator.publish.PublishFailedException;
import io.hearth.simulator.publish.PublishSettings;
import io.hearth.simulator.publish.Publisher;
import io.hearth.simulator.publish.StopSignal;
import io.hearth.simulator.publish.WireBuffer;
import io.hearth.simulator.publish.Workload;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.eclipse.paho.mqttv5.common.MqttException;

/**
 * Publishes over MQTT 5 with Eclipse Paho, the library that many real gateways use. Each connection has threads of its
 * own, so this is for up to some hundred connections and about 15,000 messages a second.
 */
public final class PahoPublisher implements Publisher {

    private static final long MAX_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final int MESSAGES_PER_TURN = 64;
    private static final int MAX_CONNECTING = 64;

    /** Paho logs with stack traces what it also reports. Held here, as the log manager forgets loggers nobody holds. */
    private static final Logger PAHO_LOG = Logger.getLogger("org.eclipse.paho");

    static {
        PAHO_LOG.setLevel(Level.OFF);
    }

    private final PublishSettings settings;

    public PahoPublisher(PublishSettings settings) {
        this.settings = settings;
    }

    @Override
    public void publish(Workload workload, DeliveryRecorder recorder, StopSignal stop)
            throws PublishFailedException, InterruptedException {
        ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "reconnect");
            thread.setDaemon(true);
            return thread;
        });
        Run run = new Run(workload, recorder, stop, timer);
        try {
            if (run.connectAll()) {
                run.sendAll();
            }
        } finally {
            timer.shutdownNow();
            run.end();
        }
    }

    /** The state of one call of {@link #publish}. */
    private final class Run {
        final Workload workload;
        final DeliveryRecorder recorder;
        final StopSignal stop;
        final ScheduledExecutorService timer;
        final PayloadWriter payloads;
        final WireBuffer payload = new WireBuffer(4096);
        final List<PahoConnection> connections = new ArrayList<>();
        /** Connections on which something changed; filled by Paho's threads. */
        final Queue<PahoConnection> changed = new ConcurrentLinkedQueue<>();

        final AtomicLong lastProgressNanos = new AtomicLong();
        final Thread pacing = Thread.currentThread();

        Run(Workload workload, DeliveryRecorder recorder, StopSignal stop, ScheduledExecutorService timer) {
            this.workload = workload;
            this.recorder = recorder;
            this.stop = stop;
            this.timer = timer;
            this.payloads = new PayloadWriter(workload);
        }

        /** False if the run was stopped before all were connected. */
        boolean connectAll() throws PublishFailedException, InterruptedException {
            long deadline = System.nanoTime() + settings.waits().connect().toNanos();
            for (int i = 0; i < workload.connections(); i++) {
                connections.add(new PahoConnection(i, workload, settings, recorder, timer, this::changed));
            }
            inParallel(connection -> connect(connection, deadline));
            return !stop.isRequested();
        }

        private void connect(PahoConnection connection, long deadline)
                throws PublishFailedException, InterruptedException {
            Backoff backoff = new Backoff(settings.waits().longestReconnect());
            while (!stop.isRequested()) {
                try {
                    connection.connectFirst();
                    return;
                } catch (MqttException e) {
                    if (System.nanoTime() - deadline >= 0) {
                        throw new PublishFailedException(
                                "cannot connect to " + settings.endpoint() + ": " + PahoErrors.describe(e));
                    }
                    TimeUnit.NANOSECONDS.sleep(backoff.nextDelayNanos());
                }
            }
        }

        /**
         * Does the same with every connection, many at a time, as Paho takes some 300 ms to connect and 100 ms to
         * disconnect. Throws the first failure.
         */
        private void inParallel(ConnectionTask task) throws PublishFailedException, InterruptedException {
            ExecutorService threads = Executors.newFixedThreadPool(Math.min(connections.size(), MAX_CONNECTING));
            try {
                CompletionService<Void> done = new ExecutorCompletionService<>(threads);
                for (PahoConnection connection : connections) {
                    done.submit(() -> {
                        task.run(connection);
                        return null;
                    });
                }
                for (int i = 0; i < connections.size(); i++) {
                    done.take().get();
                }
            } catch (ExecutionException e) {
                if (e.getCause() instanceof PublishFailedException failed) {
                    throw failed;
                }
                throw new IllegalStateException(e.getCause());
            } finally {
                threads.shutdownNow();
            }
        }

        void changed(PahoConnection connection) {
            lastProgressNanos.set(System.nanoTime());
            changed.add(connection);
            LockSupport.unpark(pacing);
        }

        void sendAll() throws PublishFailedException, InterruptedException {
            long now = System.nanoTime();
            Pacer pacer = workload.start(now, Instant.now());
            recorder.started(now);
            ArrayDeque<PahoConnection> ready = new ArrayDeque<>();
            lastProgressNanos.set(now);
            long stopAt = Long.MAX_VALUE;
            while (true) {
                now = System.nanoTime();
                if (stopAt == Long.MAX_VALUE && stop.isRequested()) {
                    recorder.unsent(pacer.halt());
                    stopAt = now + settings.waits().stop().toNanos();
                }
                pacer.release(now, index -> enqueue(ready, connections.get(index)));
                for (PahoConnection next = changed.poll(); next != null; next = changed.poll()) {
                    enqueue(ready, next);
                }
                for (int i = ready.size(); i > 0; i--) {
                    PahoConnection connection = ready.remove();
                    connection.queued = false;
                    if (send(connection, pacer)) {
                        enqueue(ready, connection);
                    }
                }
                if (isFinished(pacer, now, stopAt)) {
                    recorder.unsent(pacer.halt());
                    return;
                }
                if (ready.isEmpty() && changed.isEmpty()) {
                    long wait = Math.min(pacer.nanosUntilNext(System.nanoTime()), MAX_WAIT_NANOS);
                    LockSupport.parkNanos(this, Math.max(1, wait));
                }
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
            }
        }

        void enqueue(ArrayDeque<PahoConnection> ready, PahoConnection connection) {
            if (!connection.queued) {
                connection.queued = true;
                ready.add(connection);
            }
        }

        /** True if it stopped only to give others their turn. */
        boolean send(PahoConnection connection, Pacer pacer) {
            if (!connection.sendPostponed()) {
                return false;
            }
            for (int i = 0; i < MESSAGES_PER_TURN; i++) {
                if (!pacer.hasDue(connection.index) || !connection.canSend()) {
                    return false;
                }
                long k = pacer.take(connection.index);
                Message message = workload.newMessage();
                workload.fill(message, k, pacer.intendedNanos(k, System.nanoTime()));
                payload.clear();
                payloads.write(message, payload);
                connection.send(message, payload.toByteArray());
            }
            return true;
        }

        boolean isFinished(Pacer pacer, long now, long stopAt) throws PublishFailedException {
            boolean idle = pacer.allTaken();
            boolean alive = false;
            for (PahoConnection connection : connections) {
                idle = idle && connection.isIdle();
                alive = alive || !connection.isGivenUp();
                if (!idle && alive) {
                    break;
                }
            }
            if (idle) {
                return true;
            }
            if (!alive) {
                throw new PublishFailedException("every connection was lost, and reconnecting is off");
            }
            if (stopAt != Long.MAX_VALUE && now - stopAt >= 0) {
                return true;
            }
            if (!pacer.ended()) {
                lastProgressNanos.set(now);
                return false;
            }
            return now - lastProgressNanos.get() > settings.waits().drain().toNanos();
        }

        void end() throws PublishFailedException, InterruptedException {
            for (PahoConnection connection : connections) {
                connection.settle();
            }
            inParallel(PahoConnection::close);
        }
    }

    /** Something to do with one connection. */
    private interface ConnectionTask {
        void run(PahoConnection connection) throws PublishFailedException, InterruptedException;
    }
}
