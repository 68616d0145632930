package io.hearth.limits;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/** Decides about each connection that a listener accepts, before anything of it is read. */
@Sharable
final class AcceptGuard extends ChannelInboundHandlerAdapter {
    private final Connections connections;

    AcceptGuard(Connections connections) {
        this.connections = connections;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object accepted) {
        Channel channel = (Channel) accepted;
        OpenConnection connection = new OpenConnection(Connections.addressOf(channel), channel);
        if (!connections.admit(connection)) {
            channel.unsafe().closeForcibly();
            return;
        }
        channel.pipeline().addFirst("guard", new ConnectionGuard(connections, connection));
        ctx.fireChannelRead(accepted);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        OutOfMemory.endProcessIf(cause);
        ctx.fireExceptionCaught(cause);
    }
}
