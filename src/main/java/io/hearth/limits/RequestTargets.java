package io.hearth.limits;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;

/**
 * Refuses HTTP requests for anything but a path (RFC 9112, 3.2): {@code OPTIONS *}, {@code CONNECT host:80}, {@code GET ?x}. The
 * router takes them for no path at all, so they would pass the check of credentials or write an error to the log.
 */
@Sharable
final class RequestTargets extends ChannelInboundHandlerAdapter {
    private static final RequestTargets CHECK = new RequestTargets();

    /** The name that Vert.x gives to what writes answers. */
    private static final String ENCODER = "httpEncoder";

    private static final byte[] BODY = """
            {"type":"urn:hearth:problem:invalid-request","title":"Bad Request","status":400,\
            "detail":"The target of a request must be a path that begins with /."}""".getBytes(StandardCharsets.UTF_8);

    private RequestTargets() {}

    /**
     * Adds it, and before it what passes on one request after the other.
     *
     * @return whether they now stand in the pipeline; false as long as this is none of HTTP/1
     */
    static boolean addTo(ChannelPipeline pipeline, PipelinedRequests requests) {
        if (pipeline.get(ENCODER) == null) {
            return false;
        }
        pipeline.addAfter(ENCODER, "requestTargets", CHECK);
        pipeline.addAfter(ENCODER, "pipelinedRequests", requests);
        return true;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof HttpRequest request) || isPath(request.uri())) {
            ctx.fireChannelRead(message);
            return;
        }
        ReferenceCountUtil.release(message);
        ctx.channel().config().setAutoRead(false);
        DefaultFullHttpResponse answer = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, HttpResponseStatus.BAD_REQUEST, Unpooled.wrappedBuffer(BODY));
        answer.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, "application/problem+json")
                .set(HttpHeaderNames.CONTENT_LENGTH, BODY.length)
                .set(HttpHeaderNames.CONNECTION, "close");
        ctx.writeAndFlush(answer).addListener(ChannelFutureListener.CLOSE);
    }

    /** A proxy is asked with the whole address, which servers must take, too. */
    private static boolean isPath(String target) {
        return target.startsWith("/")
                || target.regionMatches(true, 0, "http://", 0, 7)
                || target.regionMatches(true, 0, "https://", 0, 8);
    }
}
