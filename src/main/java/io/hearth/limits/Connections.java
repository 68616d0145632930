package io.hearth.limits;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.channel.Channel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** All connections of this process, and what those hold that have not signed in. Safe for several threads. */
public final class Connections {
    /** Why a connection was closed. */
    enum Reason {
        TOO_MANY,
        TOO_MANY_FROM_ADDRESS,
        TOO_MANY_UNAUTHENTICATED,
        UNAUTHENTICATED_BYTES,
        SIGN_IN_TIMEOUT,
        UNREAD
    }

    private static final Connections INSTANCE = new Connections();

    private final AtomicLong unauthenticatedBytes = new AtomicLong();
    private final Map<Reason, Counter> closed = new EnumMap<>(Reason.class);

    // Guarded by this.
    private final Map<InetAddress, int[]> perAddress = new HashMap<>();
    private final Set<OpenConnection> unauthenticated = new LinkedHashSet<>();
    private int all;

    private volatile ConnectionLimits limits = ConnectionLimits.NONE;

    Connections() {}

    /** Those of this process. Vert.x makes what guards them before there are any settings. */
    public static Connections ofProcess() {
        return INSTANCE;
    }

    /** Sets the limits; to be called before anything listens. */
    public void limitTo(ConnectionLimits newLimits, MeterRegistry registry) {
        limits = newLimits;
        Gauge.builder("hearth.connections", this, Connections::all)
                .description("Connections to all listeners")
                .register(registry);
        Gauge.builder("hearth.connections.unauthenticated", this, Connections::unauthenticated)
                .description("Connections that have not signed in")
                .register(registry);
        for (Reason reason : Reason.values()) {
            closed.put(
                    reason,
                    Counter.builder("hearth.connections.closed")
                            .description("Connections closed because a limit was reached")
                            .tag("reason", reason.name().toLowerCase(Locale.ROOT))
                            .register(registry));
        }
    }

    /** The address of the other side; that of this machine where a channel has none. */
    public static InetAddress addressOf(Channel channel) {
        return channel.remoteAddress() instanceof InetSocketAddress remote
                ? remote.getAddress()
                : InetAddress.getLoopbackAddress();
    }

    ConnectionLimits limits() {
        return limits;
    }

    /** Takes a connection in; false if it must be closed at once. */
    boolean admit(OpenConnection connection) {
        OpenConnection oldest = null;
        Reason refused = null;
        synchronized (this) {
            int[] ofAddress = perAddress.computeIfAbsent(connection.address(), address -> new int[2]);
            if (all >= limits.connections()) {
                refused = Reason.TOO_MANY;
            } else if (ofAddress[0] >= limits.perAddress()) {
                refused = Reason.TOO_MANY_FROM_ADDRESS;
            } else {
                if (ofAddress[1] >= limits.unauthenticatedPerAddress()) {
                    oldest = longestWaiting(connection.address());
                } else if (unauthenticated.size() >= limits.unauthenticated()) {
                    oldest = longestWaiting(null);
                }
                if (oldest != null) {
                    signedIn(oldest); // it does not count any more, though its end takes a moment
                }
                all++;
                ofAddress[0]++;
                ofAddress[1]++;
                unauthenticated.add(connection);
            }
            forgetIfEmpty(connection.address(), ofAddress);
        }
        if (oldest != null) {
            close(oldest, Reason.TOO_MANY_UNAUTHENTICATED);
        }
        if (refused != null) {
            count(refused);
        }
        return refused == null;
    }

    /** The connection that has been without a sign-in for longest, of an address or of all. */
    private @Nullable OpenConnection longestWaiting(@Nullable InetAddress address) {
        for (OpenConnection connection : unauthenticated) {
            if (address == null || connection.address().equals(address)) {
                return connection;
            }
        }
        return null;
    }

    synchronized void signedIn(OpenConnection connection) {
        int[] ofAddress = perAddress.get(connection.address());
        if (unauthenticated.remove(connection) && ofAddress != null) {
            ofAddress[1]--;
        }
    }

    synchronized void gone(OpenConnection connection) {
        signedIn(connection);
        all--;
        int[] ofAddress = perAddress.get(connection.address());
        if (ofAddress != null) {
            ofAddress[0]--;
            forgetIfEmpty(connection.address(), ofAddress);
        }
    }

    private void forgetIfEmpty(InetAddress address, int[] counts) {
        if (counts[0] == 0) {
            perAddress.remove(address);
        }
    }

    /** Takes note of bytes that a connection holds that has not signed in. */
    void hold(OpenConnection connection, int bytes) {
        connection.hold(bytes);
        held(bytes);
    }

    /** Takes note that a connection holds only so much any more. */
    void letGoBut(OpenConnection connection, long bytes) {
        held(bytes - connection.letGoBut(bytes));
    }

    private void held(long bytes) {
        if (unauthenticatedBytes.addAndGet(bytes) > limits.unauthenticatedBytes() && bytes > 0) {
            OpenConnection most = mostBytes();
            if (most != null) {
                close(most, Reason.UNAUTHENTICATED_BYTES);
            }
        }
    }

    /** Closes a connection, once; on any thread. What it holds counts no more at once. */
    void close(OpenConnection connection, Reason reason) {
        if (!connection.isClosing()) {
            connection.closing();
            count(reason);
            letGoBut(connection, 0);
            connection.close();
        }
    }

    private synchronized @Nullable OpenConnection mostBytes() {
        OpenConnection most = null;
        for (OpenConnection connection : unauthenticated) {
            if (most == null || connection.heldBytes() > most.heldBytes()) {
                most = connection;
            }
        }
        return most;
    }

    private void count(Reason reason) {
        Counter counter = closed.get(reason);
        if (counter != null) {
            counter.increment();
        }
    }

    synchronized int all() {
        return all;
    }

    synchronized int unauthenticated() {
        return unauthenticated.size();
    }
}
