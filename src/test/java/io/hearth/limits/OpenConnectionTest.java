package io.hearth.limits;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.net.InetAddress;
import org.junit.jupiter.api.Test;

/** What many of them hold together is tested in ConnectionsTest. */
class OpenConnectionTest {
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final Connections connections = new Connections();
    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final OpenConnection connection = new OpenConnection(InetAddress.getLoopbackAddress(), channel);

    @Test
    void letGoBut_someBytes_tellsWhatWasHeldAndHoldsThese() {
        connection.hold(300);
        connection.hold(200);
        assertThat(connection.heldBytes()).isEqualTo(500);
        assertThat(connection.letGoBut(120)).isEqualTo(500);
        assertThat(connection.heldBytes()).isEqualTo(120);
    }

    @Test
    void close_twice_isCountedOnce_andHoldsAndPassesOnNothingMore() {
        connections.limitTo(ConnectionLimits.NONE, registry);
        assertThat(connections.admit(connection)).isTrue();
        channel.pipeline().addFirst(new ConnectionGuard(connections, connection));
        connections.hold(connection, 500);

        connections.close(connection, Connections.Reason.UNREAD);
        connections.close(connection, Connections.Reason.UNREAD);

        ByteBuf late = Unpooled.wrappedBuffer(new byte[100]);
        channel.pipeline().fireChannelRead(late);
        assertThat(late.refCnt()).as("what comes after it is dropped").isZero();
        assertThat(connection.heldBytes()).isZero();
        assertThat(registry.get("hearth.connections.closed")
                        .tag("reason", "unread")
                        .counter()
                        .count())
                .isEqualTo(1);
        channel.runPendingTasks();
        assertThat(channel.isOpen()).isFalse();
    }
}
