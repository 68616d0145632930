package io.hearth.mqtt.endpoint;

import io.hearth.config.MqttConfig;
import io.hearth.config.StartupRefusedException;
import io.hearth.identity.Principal;
import io.hearth.limits.SignInDelay;
import io.hearth.mqtt.InFlight;
import io.hearth.mqtt.ShadowMessages;
import io.hearth.mqtt.ShadowTopics;
import io.hearth.mqtt.TelemetryStream;
import io.hearth.presence.DevicePresence;
import io.hearth.shadow.ShadowService;
import io.netty.channel.Channel;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.mqtt.MqttDecoder;
import io.netty.handler.codec.mqtt.MqttEncoder;
import io.vertx.core.AbstractVerticle;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.impl.NetSocketInternal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * The MQTT server: 3.1.1 and 5, QoS 0, 1 and 2 in, 0 and 1 out. What it does not do (sessions that outlive the connection,
 * shared subscriptions, subscription identifiers, topic aliases) it says in CONNACK or SUBACK.
 *
 * <p>Several event loops share one listener; a connection stays on one of them.
 */
public final class MqttEndpoint {
    /** How many connections there may be; more are closed at once. */
    static final int MAX_CONNECTIONS = 50_000;

    private static final int ACCEPT_BACKLOG = 4096;
    private static final long START_TIMEOUT_SECONDS = 30;
    private static final Duration STOP_MARGIN = Duration.ofSeconds(2);

    private final Vertx vertx;
    private final MqttConfig config;
    private final Services services;
    private final RetainedMessages retained;
    private volatile @Nullable String deploymentId;
    private volatile int actualPort;
    private volatile boolean stopping;

    /** Shadows, and the topics that they have here. */
    public record Shadows(ShadowService service, ShadowTopics topics) {}

    /**
     * @param authenticator who has a user name and a password, either of which may be missing; constant time
     * @param telemetry where publishes of telemetry go; they are answered when their message is acknowledged
     * @param delays how long wrong credentials wait for their refusal
     * @param limits of what clients may hold
     * @param known the devices whose status is kept however many there are
     * @param shadows serves requests for shadows, which are answered over this endpoint
     */
    public MqttEndpoint(
            Vertx vertx,
            MqttConfig config,
            BiFunction<@Nullable String, byte @Nullable [], Principal> authenticator,
            TelemetryStream telemetry,
            InFlight inFlight,
            RetainedMessages retained,
            DevicePresence presence,
            Shadows shadows,
            EndpointMetrics metrics,
            SignInDelay delays,
            MqttLimits limits,
            KnownDevices known,
            InstantSource clock) {
        this.vertx = vertx;
        this.config = config;
        this.retained = retained;
        Router router = new Router(retained);
        ShadowMessages shadowMessages =
                new ShadowMessages(shadows.service(), shadows.topics(), new ShadowPublisher(router), clock);
        QueueBudget queues = new QueueBudget(limits.queueBytes());
        WillBudget wills = new WillBudget(limits.willBytesOfSession(), limits.willBytes());
        this.services = new Services(
                authenticator,
                telemetry,
                shadowMessages,
                inFlight,
                new Clients(),
                router,
                new ConnectionEvents(
                        router,
                        presence,
                        new UnknownDevices(known, limits.unknownDevices(), System::nanoTime),
                        metrics,
                        clock),
                metrics,
                new QuietLog(),
                delays,
                clock,
                Math.toIntExact(config.maxPayload().asLongValue()),
                limits,
                wills,
                queues);
        metrics.watchFilters(router::filterBytes);
        metrics.watchWills(wills::bytes);
        metrics.watchQueues(queues::bytes);
        metrics.watchRetained(retained);
        inFlight.onRoom(() -> services.clients().all().forEach(Connection::roomAgain));
    }

    /**
     * Listens. Blocks until it does.
     *
     * @throws StartupRefusedException the address is taken or not ours, or a TLS file is missing or broken
     */
    public void start() {
        retained.load();
        services.shadows().start();
        NetServerOptions options = options();
        // A negative port is any free one, and the same for all servers that give the same number.
        int port = config.port() == 0 ? -ThreadLocalRandom.current().nextInt(1, Integer.MAX_VALUE) : config.port();
        DeploymentOptions deployment =
                new DeploymentOptions().setInstances(Runtime.getRuntime().availableProcessors());
        CompletableFuture<String> deployed = vertx.deployVerticle(() -> new Listener(options, port), deployment)
                .toCompletionStage()
                .toCompletableFuture();
        try {
            deploymentId = deployed.get(START_TIMEOUT_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new StartupRefusedException(
                    "cannot listen for MQTT on " + config.host() + ":" + config.port() + ": " + cause.getMessage()
                            + "; choose another HEARTH_MQTT_PORT, or HEARTH_MQTT_HOST",
                    cause);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartupRefusedException("interrupted while starting to listen for MQTT", e);
        }
    }

    /** The port it listens on, also if the setting is 0. */
    public int actualPort() {
        return actualPort;
    }

    /**
     * Stops: new connections are closed at once, nothing more is read, what has been taken in is answered as far as it
     * becomes durable within {@code patience}, then every client is disconnected. Blocks; does nothing the second time.
     */
    public void stop(Duration patience) {
        String deployment = deploymentId;
        deploymentId = null;
        if (deployment == null) {
            return;
        }
        stopping = true;
        services.clients().all().forEach(Connection::stopReading);
        CompletableFuture.allOf(services.clients().all().stream()
                        .map(connection -> connection.shutDown(patience))
                        .toArray(CompletableFuture[]::new))
                // The event loops may have been ended by somebody else; then nobody would complete these.
                .completeOnTimeout(null, patience.plus(STOP_MARGIN).toMillis(), TimeUnit.MILLISECONDS)
                .join();
        vertx.undeploy(deployment).toCompletionStage().toCompletableFuture().join();
    }

    private NetServerOptions options() {
        NetServerOptions options = new NetServerOptions()
                .setHost(config.host())
                .setTcpNoDelay(true)
                .setTcpKeepAlive(true)
                .setAcceptBacklog(ACCEPT_BACKLOG);
        if (config.tls().enabled()) {
            options.setSsl(true)
                    .setKeyCertOptions(new PemKeyCertOptions()
                            .addCertPath(required(config.tls().certificateFile(), "HEARTH_MQTT_TLS_CERTIFICATE_FILE"))
                            .addKeyPath(required(config.tls().keyFile(), "HEARTH_MQTT_TLS_KEY_FILE")));
        }
        return options;
    }

    private static String required(Optional<Path> file, String variable) {
        if (file.isEmpty()) {
            throw new StartupRefusedException("MQTT over TLS needs " + variable, null);
        }
        if (!Files.isReadable(file.get())) {
            throw new StartupRefusedException(variable + ": cannot read " + file.get(), null);
        }
        return file.get().toString();
    }

    private void connected(NetSocket socket) {
        Channel channel = ((NetSocketInternal) socket).channelHandlerContext().channel();
        if (stopping || services.clients().all().size() >= MAX_CONNECTIONS) {
            services.metrics().refused(stopping ? EndpointMetrics.Refused.STOPPING : EndpointMetrics.Refused.TOO_MANY);
            var unused = channel.close();
            return;
        }
        Connection connection = new Connection(services, channel);
        ChannelPipeline pipeline = channel.pipeline();
        // Vert.x's own handler stays the last, for the end of the connection; packets do not get there.
        pipeline.addBefore("handler", "packets", connection.decoder());
        pipeline.addBefore(
                "handler",
                "mqttDecoder",
                new MqttDecoder(PacketDecoder.MAX_CONTROL_PACKET_BYTES, Handshake.MAX_CLIENT_ID_CHARS));
        pipeline.addBefore("handler", "mqttEncoder", MqttEncoder.INSTANCE);
        pipeline.addBefore("handler", "connection", connection);
    }

    /** One event loop's share of the listener. */
    private final class Listener extends AbstractVerticle {
        private final NetServerOptions options;
        private final int port;

        Listener(NetServerOptions options, int port) {
            this.options = options;
            this.port = port;
        }

        @Override
        public void start(Promise<Void> started) {
            vertx.createNetServer(options)
                    .connectHandler(MqttEndpoint.this::connected)
                    .exceptionHandler(failure -> {
                        services.metrics().refused(EndpointMetrics.Refused.TLS);
                        services.log().warn("refused a connection: " + failure.getMessage());
                    })
                    .listen(port, config.host())
                    .onSuccess(this::listening)
                    .<Void>mapEmpty()
                    .onComplete(started);
        }

        private void listening(NetServer server) {
            actualPort = server.actualPort();
        }
    }
}
