package io.hearth.mqtt.endpoint;

import com.sun.management.OperatingSystemMXBean;
import io.hearth.config.MqttConfig;
import io.hearth.identity.Principal;
import io.hearth.ingest.Delivery;
import io.hearth.limits.SignInDelay;
import io.hearth.mqtt.InFlight;
import io.hearth.mqtt.TelemetryMessage;
import io.hearth.mqtt.TelemetryStream;
import io.hearth.presence.DevicePresence;
import io.hearth.table.memory.MemoryTable;
import io.micrometer.prometheus.PrometheusConfig;
import io.micrometer.prometheus.PrometheusMeterRegistry;
import io.vertx.core.Vertx;
import java.lang.management.ManagementFactory;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Flow;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.reactive.messaging.Message;

/**
 * The endpoint without a table behind it: an ingest that settles every 5 ms what came in, as a group commit would. Prints
 * its port, and every second in which something came in the messages and the CPU time of this process for each. The load
 * comes from outside, any MQTT client will do; the password is {@value EndpointFixture#PASSWORD}. Argument: seconds to run.
 */
final class EndpointBenchmark {
    private static final long COMMIT_MILLIS = 5;

    private EndpointBenchmark() {}

    public static void main(String[] args) throws InterruptedException {
        MqttConfig config = EndpointFixture.config(Map.of());
        InFlight inFlight = new InFlight(
                config.maxInFlightMessages(), config.maxInFlightBytes().asLongValue());
        TelemetryStream telemetry = new TelemetryStream();
        GroupCommit ingest = new GroupCommit();
        telemetry.subscribe(ingest);
        Vertx vertx = Vertx.vertx();
        MemoryTable table = new MemoryTable(Clock.systemUTC());
        MqttEndpoint endpoint = new MqttEndpoint(
                vertx,
                config,
                (user, password) -> password == null ? Principal.NOBODY : Principal.DEVICE,
                telemetry,
                inFlight,
                RetainedTexts.messages(table, Clock.systemUTC()),
                new DevicePresence(table, Clock.systemUTC(), Duration.ofDays(30), System::nanoTime),
                EndpointFixture.shadows(EndpointFixture.shadowStore(table), Runnable::run),
                new EndpointMetrics(new PrometheusMeterRegistry(PrometheusConfig.DEFAULT), inFlight),
                new SignInDelay(Duration.ZERO, new PrometheusMeterRegistry(PrometheusConfig.DEFAULT)),
                EndpointFixture.limits(Map.of()),
                device -> true,
                Clock.systemUTC());
        endpoint.start();
        System.out.println("port " + endpoint.actualPort());
        OperatingSystemMXBean machine = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        long messages = 0;
        long cpuNanos = machine.getProcessCpuTime();
        for (int second = Integer.parseInt(args[0]); second > 0; second--) {
            TimeUnit.SECONDS.sleep(1);
            long nowMessages = ingest.settled;
            long nowCpuNanos = machine.getProcessCpuTime();
            if (nowMessages != messages) {
                System.out.printf(
                        "%,d msg/s, %.1f us CPU each%n",
                        nowMessages - messages, (nowCpuNanos - cpuNanos) / 1e3 / (nowMessages - messages));
            }
            messages = nowMessages;
            cpuNanos = nowCpuNanos;
        }
        System.exit(0);
    }

    private static final class GroupCommit implements Flow.Subscriber<TelemetryMessage> {
        private final ScheduledExecutorService commits = Executors.newSingleThreadScheduledExecutor();
        private List<Message<Delivery>> gathering = new ArrayList<>();
        private volatile long settled;

        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            subscription.request(Long.MAX_VALUE);
            var unused = commits.scheduleAtFixedRate(this::commit, 0, COMMIT_MILLIS, TimeUnit.MILLISECONDS);
        }

        @Override
        public synchronized void onNext(TelemetryMessage message) {
            gathering.add(message);
        }

        private void commit() {
            List<Message<Delivery>> group;
            synchronized (this) {
                group = gathering;
                gathering = new ArrayList<>(group.size());
            }
            group.forEach(Message::ack);
            settled = settled + group.size();
        }

        @Override
        public void onError(Throwable failure) {
            throw new AssertionError(failure);
        }

        @Override
        public void onComplete() {}
    }
}
