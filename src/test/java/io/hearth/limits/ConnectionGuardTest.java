package io.hearth.limits;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.ReferenceCountUtil;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What passes the guard of one connection, and when. */
class ConnectionGuardTest {
    private final Connections connections = new Connections();
    private final List<String> targets = new ArrayList<>();
    private boolean answersAtOnce = true;
    private Runnable answer = () -> {};
    private int bodyBytes;
    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final OpenConnection connection = new OpenConnection(InetAddress.getLoopbackAddress(), channel);
    private final ConnectionGuard guard = new ConnectionGuard(connections, connection);

    @BeforeEach
    void open() {
        connections.limitTo(
                new ConnectionLimits(4, 4, 4, 4, 1 << 20, Duration.ofSeconds(10), Duration.ofSeconds(60)),
                new SimpleMeterRegistry());
        assertThat(connections.admit(connection)).isTrue();
        channel.pipeline().addLast(guard);
        channel.pipeline().addLast(new TellsVersion());
    }

    /** As Vert.x does it: what speaks HTTP/1 is added when the first bytes tell that this is none of HTTP/2. */
    private final class TellsVersion extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object bytes) {
            ctx.pipeline().addLast("httpDecoder", new HttpRequestDecoder());
            ctx.pipeline().addLast("httpEncoder", new HttpResponseEncoder());
            ctx.pipeline().addLast("handler", new Answers());
            ctx.fireChannelRead(bytes);
            ctx.pipeline().remove(this);
        }
    }

    /** Answers each request with 100 bytes, which are flushed when the read is complete; or only when it is told to. */
    private final class Answers extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (message instanceof HttpRequest request) {
                targets.add(request.uri());
                answer = () -> ctx.write(new DefaultFullHttpResponse(
                        HttpVersion.HTTP_1_1, HttpResponseStatus.OK, Unpooled.wrappedBuffer(new byte[100])));
                if (answersAtOnce) {
                    answer.run();
                }
            } else if (message instanceof HttpContent content) {
                bodyBytes += content.content().readableBytes();
            }
            ReferenceCountUtil.release(message);
        }
    }

    @Test
    void requests_answersAreNotTaken_waitUntilTheyAre() {
        channel.config().setWriteBufferWaterMark(new WriteBufferWaterMark(500, 1_000));
        int sent = 2_000;
        channel.writeOneInbound(text("GET /x HTTP/1.1\r\n\r\n".repeat(sent)));
        channel.runPendingTasks();

        // One piece more than fills the buffer of answers, and not all of what was read.
        assertThat(targets.size()).isBetween(10, 200);
        assertThat(channel.isWritable()).isFalse();

        for (int rounds = 0; targets.size() < sent && rounds < sent; rounds++) {
            channel.flush();
            channel.runPendingTasks();
        }
        assertThat(targets).hasSize(sent).containsOnly("/x");
    }

    @Test
    void requests_oneIsNotAnswered_waitUntilItIsAndNoMoreIsDecoded() {
        answersAtOnce = false;
        channel.writeOneInbound(text("GET /1 HTTP/1.1\r\n\r\n"));
        guard.signedIn();
        channel.writeOneInbound(text("POST /2 HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"));
        channel.writeOneInbound(text("GET /3 HTTP/1.1\r\n\r\n"));
        ByteBuf later = text("GET /4 HTTP/1.1\r\n\r\n");
        channel.writeOneInbound(later);
        channel.runPendingTasks();
        assertThat(targets).containsExactly("/1");
        assertThat(bodyBytes).isZero();
        assertThat(later.readerIndex()).as("nothing is decoded that must wait").isZero();
        assertThat(channel.config().isAutoRead()).isFalse();

        answer.run();
        channel.runPendingTasks();
        assertThat(targets).containsExactly("/1", "/2");
        assertThat(bodyBytes).isEqualTo(3);

        answer.run();
        channel.runPendingTasks();
        answer.run();
        channel.runPendingTasks();
        assertThat(targets).containsExactly("/1", "/2", "/3", "/4");
        assertThat(channel.config().isAutoRead()).isTrue();
        answer.run();
        channel.writeOneInbound(text("GET /5 HTTP/1.1\r\n\r\n"));
        assertThat(targets).hasSize(5);
    }

    @Test
    void requests_connectionEnds_letGoOfWhatWaits() {
        channel.config().setWriteBufferWaterMark(new WriteBufferWaterMark(500, 1_000));
        ByteBuf bytes = text("GET /x HTTP/1.1\r\n\r\n".repeat(2_000));
        channel.writeOneInbound(bytes);
        channel.close();
        channel.runPendingTasks();

        assertThat(bytes.refCnt()).isZero();
        assertThat(connection.heldBytes()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "OPTIONS * HTTP/1.1",
                "GET * HTTP/1.1",
                "CONNECT a:80 HTTP/1.1",
                "GET ?x HTTP/1.1",
                "GET x HTTP/1.1"
            })
    void target_isNoPath_isRefusedAtOnce(String requestLine) {
        channel.writeInbound(text(requestLine + "\r\nHost: a\r\n\r\n"));
        channel.runPendingTasks();

        assertThat(targets).isEmpty();
        ByteBuf answer = channel.readOutbound();
        assertThat(answer.toString(StandardCharsets.US_ASCII)).startsWith("HTTP/1.1 400 ");
        assertThat(channel.isOpen()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET /x HTTP/1.1", "GET http://a/x HTTP/1.1", "POST / HTTP/1.1"})
    void target_isPath_passes(String requestLine) {
        channel.writeInbound(text(requestLine + "\r\nHost: a\r\n\r\n"));

        assertThat(targets).hasSize(1);
        assertThat(channel.isOpen()).isTrue();
    }

    private static ByteBuf text(String ascii) {
        return Unpooled.copiedBuffer(ascii, StandardCharsets.US_ASCII);
    }
}
