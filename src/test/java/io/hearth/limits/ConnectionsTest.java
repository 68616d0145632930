package io.hearth.limits;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What connections may hold, each an {@link OpenConnection}, without a socket. */
class ConnectionsTest {
    private static final InetAddress ONE = address(1);
    private static final InetAddress OTHER = address(2);

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final Connections connections = new Connections();

    @BeforeEach
    void limit() {
        connections.limitTo(
                new ConnectionLimits(4, 3, 3, 2, 1_000, Duration.ofSeconds(10), Duration.ofSeconds(60)), registry);
    }

    @Test
    void admit_oneMoreThanAllowed_isRefused() {
        signIn(connect(ONE));
        signIn(connect(ONE));
        signIn(connect(ONE));
        assertThat(isAdmitted(ONE)).as("a fourth of one address").isFalse();
        assertThat(isAdmitted(OTHER)).as("a fourth in all").isTrue();
        assertThat(isAdmitted(OTHER)).as("a fifth in all").isFalse();
        assertThat(closed("too_many_from_address")).isEqualTo(1);
        assertThat(closed("too_many")).isEqualTo(1);
    }

    @Test
    void admit_tooManyUnauthenticatedOfOneAddress_closesTheOneOfItThatHasWaitedLongest() {
        EmbeddedChannel other = connect(OTHER);
        EmbeddedChannel first = connect(ONE);
        EmbeddedChannel second = connect(ONE);
        EmbeddedChannel third = connect(ONE);
        run(other, first, second, third);
        assertThat(first.isOpen()).isFalse();
        assertThat(other.isOpen() && second.isOpen() && third.isOpen()).isTrue();

        signIn(second);
        EmbeddedChannel fourth = connect(ONE);
        run(other, second, third, fourth);
        assertThat(other.isOpen() && second.isOpen() && third.isOpen() && fourth.isOpen())
                .isTrue();
    }

    @Test
    void admit_tooManyUnauthenticated_closesTheOneThatHasWaitedLongest() {
        EmbeddedChannel first = connect(ONE);
        EmbeddedChannel second = connect(ONE);
        EmbeddedChannel third = connect(OTHER);
        EmbeddedChannel fourth = connect(OTHER);
        run(first, second, third, fourth);
        assertThat(first.isOpen()).isFalse();
        assertThat(second.isOpen() && third.isOpen() && fourth.isOpen()).isTrue();
        assertThat(connections.all()).isEqualTo(3);
    }

    @Test
    void bytes_moreThanAllInAll_closesTheOneThatHasSentTheMost() {
        EmbeddedChannel small = connect(ONE);
        EmbeddedChannel large = connect(OTHER);
        send(small, 300);
        send(large, 600);
        send(small, 200);
        run(small, large);
        assertThat(large.isOpen()).isFalse();
        assertThat(small.isOpen()).isTrue();
        assertThat(closed("unauthenticated_bytes")).isEqualTo(1);

        send(small, 400);
        run(small);
        assertThat(small.isOpen()).as("what the other held counts no more").isTrue();
    }

    @Test
    void bytes_afterARequestOrTheSignIn_areNotHeld() {
        EmbeddedChannel stranger = connect(ONE);
        EmbeddedChannel guest = connect(ONE);
        send(stranger, 900);
        ConnectionGuard.requestRead(stranger);
        send(stranger, 900);
        ConnectionGuard.requestRead(stranger);
        send(guest, 900);
        signIn(guest);
        send(guest, 100_000);
        run(stranger, guest);
        assertThat(stranger.isOpen() && guest.isOpen()).isTrue();
    }

    @Test
    void signIn_beginsAndDoesNotEndInTime_isClosed() {
        EmbeddedChannel slow = connect(ONE);
        EmbeddedChannel idle = connect(ONE);
        EmbeddedChannel done = connect(OTHER);
        send(slow, 10);
        send(done, 10);
        ConnectionGuard.requestRead(done);
        pass(Duration.ofSeconds(9), slow, idle, done);
        assertThat(slow.isOpen()).isTrue();
        pass(Duration.ofSeconds(2), slow, idle, done);
        assertThat(slow.isOpen()).isFalse();
        assertThat(idle.isOpen() && done.isOpen()).isTrue();
        assertThat(closed("sign_in_timeout")).isEqualTo(1);
    }

    @Test
    void read_whileAnswersWait_isPutOffUntilTheyAreTaken() {
        EmbeddedChannel channel = connect(ONE);
        channel.unsafe().outboundBuffer().setUserDefinedWritability(1, false);
        channel.pipeline().read();
        pass(Duration.ofSeconds(59), channel);
        assertThat(channel.isOpen()).isTrue();
        channel.unsafe().outboundBuffer().setUserDefinedWritability(1, true);
        run(channel);
        pass(Duration.ofSeconds(10), channel);
        assertThat(channel.isOpen()).isTrue();
        assertThat(closed("unread")).isZero();
    }

    @Test
    void read_answersAreNeverTaken_closesTheConnection() {
        EmbeddedChannel channel = connect(ONE);
        channel.unsafe().outboundBuffer().setUserDefinedWritability(1, false);
        channel.pipeline().read();
        pass(Duration.ofSeconds(61), channel);
        assertThat(channel.isOpen()).isFalse();
        assertThat(closed("unread")).isEqualTo(1);
    }

    @Test
    void gone_everyWay_leavesNothingBehind() {
        EmbeddedChannel one = connect(ONE);
        EmbeddedChannel other = connect(OTHER);
        send(one, 500);
        signIn(other);
        one.close();
        other.close();
        run(one, other);
        assertThat(connections.all()).isZero();
        assertThat(connections.unauthenticated()).isZero();
        EmbeddedChannel next = connect(ONE);
        send(next, 999);
        run(next);
        assertThat(next.isOpen()).isTrue();
    }

    private boolean isAdmitted(InetAddress address) {
        EmbeddedChannel channel = new EmbeddedChannel();
        return connections.admit(new OpenConnection(address, channel));
    }

    private EmbeddedChannel connect(InetAddress address) {
        EmbeddedChannel channel = new EmbeddedChannel();
        channel.freezeTime();
        OpenConnection connection = new OpenConnection(address, channel);
        assertThat(connections.admit(connection)).isTrue();
        channel.pipeline().addFirst(new ConnectionGuard(connections, connection));
        return channel;
    }

    private static void signIn(EmbeddedChannel channel) {
        ConnectionGuard.signedIn(channel);
    }

    private static void send(EmbeddedChannel channel, int bytes) {
        channel.writeInbound(Unpooled.wrappedBuffer(new byte[bytes]));
        channel.releaseInbound();
    }

    private static void pass(Duration time, EmbeddedChannel... channels) {
        for (EmbeddedChannel channel : channels) {
            channel.advanceTimeBy(time.toNanos(), TimeUnit.NANOSECONDS);
        }
        run(channels);
    }

    private static void run(EmbeddedChannel... channels) {
        for (EmbeddedChannel channel : channels) {
            channel.runScheduledPendingTasks();
            channel.runPendingTasks();
        }
    }

    private double closed(String reason) {
        return registry.get("hearth.connections.closed")
                .tag("reason", reason)
                .counter()
                .count();
    }

    private static InetAddress address(int last) {
        try {
            return InetAddress.getByAddress(new byte[] {10, 0, 0, (byte) last});
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }
}
