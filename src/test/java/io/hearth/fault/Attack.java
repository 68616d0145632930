package io.hearth.fault;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.hearth.HearthClient;
import io.hearth.HearthProcess;
import io.hearth.mqtt.endpoint.RawClient;
import io.hearth.mqtt.endpoint.RawClient.Hello;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** One guest that takes as much as it can get, with any number of connections and threads, until it is told to end. */
final class Attack {
    /** What a guest does again and again. It may fail, as the service cuts it off. */
    interface Step {
        void run() throws Exception;
    }

    private final HearthProcess hearth;
    private final List<Thread> threads = new ArrayList<>();
    private final ConcurrentLinkedQueue<AutoCloseable> open = new ConcurrentLinkedQueue<>();
    private final List<Runnable> atEnd = new ArrayList<>();
    private volatile boolean over;
    private volatile @Nullable Throwable failure;

    Attack(HearthProcess hearth) {
        this.hearth = hearth;
    }

    HearthClient client() {
        return hearth.client();
    }

    String token() {
        return hearth.adminToken();
    }

    int httpPort() {
        return hearth.httpUri().getPort();
    }

    int mqttPort() {
        return hearth.mqttPort();
    }

    boolean isOver() {
        return over;
    }

    /** Does a step over and over on a thread of its own, with a pause before each. What the service refuses is no failure. */
    void repeat(long pauseMicros, Step step) {
        Thread thread = new Thread(
                () -> {
                    while (!over) {
                        LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(pauseMicros));
                        attempt(step);
                    }
                },
                "guest-" + threads.size());
        thread.setDaemon(true);
        threads.add(thread);
        thread.start();
    }

    private void attempt(Step step) {
        try {
            step.run();
        } catch (IOException | UncheckedIOException e) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1)); // cut off: that is the service's right
        } catch (Throwable e) {
            failure = e;
            over = true;
        }
    }

    /** Has it closed at the end. */
    <T extends AutoCloseable> T keep(T resource) {
        open.add(resource);
        return resource;
    }

    /** Has something done when all else has ended. */
    void atEnd(Runnable last) {
        atEnd.add(last);
    }

    /** Closes the oldest that is kept when there are more than so many. */
    void keepAtMost(int count) throws Exception {
        while (open.size() > count) {
            AutoCloseable oldest = open.poll();
            if (oldest != null) {
                oldest.close();
            }
        }
    }

    /** A connection from an address of this machine, that takes in as little as can be without being read. */
    Socket socket(String from, int port) throws IOException {
        Socket socket = keep(new Socket());
        socket.setReceiveBufferSize(4096);
        socket.bind(new InetSocketAddress(from, 0));
        socket.connect(new InetSocketAddress("127.0.0.1", port), 10_000);
        return socket;
    }

    /** An MQTT client that has signed in. */
    RawClient mqtt(String from, String id) {
        return keep(RawClient.connected(from, mqttPort(), Hello.mqtt3(id).secret(hearth.devicePassword())));
    }

    byte[] password() {
        return hearth.devicePassword().getBytes(UTF_8);
    }

    @Nullable
    Throwable failure() {
        return failure;
    }

    /** Ends it and waits until it has. */
    void end() throws Exception {
        over = true;
        for (int i = 0; i < 2; i++) {
            // Closing is what ends threads that wait for a socket; they may have opened another one meanwhile.
            keepAtMost(0);
            for (Thread thread : threads) {
                thread.join(i == 0 ? 1000 : 60_000);
            }
        }
        keepAtMost(0);
        atEnd.forEach(Runnable::run);
        for (Thread thread : threads) {
            if (thread.isAlive()) {
                throw new IllegalStateException(thread.getName() + " does not end");
            }
        }
    }
}
