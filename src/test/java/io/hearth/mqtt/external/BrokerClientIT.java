package io.hearth.mqtt.external;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.hearth.Mosquitto;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The client of an external broker, against a Mosquitto that is stopped, killed and started again. */
class BrokerClientIT {
    @TempDir
    Path directory;

    @Test
    void message_unsettledWhenServiceEnds_isDeliveredAgainToTheNext() throws Exception {
        try (Mosquitto broker = Mosquitto.open(directory).start();
                Device device = new Device("d1", broker.port())) {
            try (Sink first = Sink.holding();
                    Service service = Service.start(broker.port(), first)) {
                eventually().until(service::isConnected);
                device.publish(Sink.numbered("m", 10));
                eventually().untilAsserted(() -> assertThat(first.payloads()).hasSize(10));
            }

            try (Sink second = Sink.settling();
                    Service service = Service.start(broker.port(), second)) {
                eventually().untilAsserted(() -> assertThat(second.payloads()).hasSize(10));
                eventually().until(() -> service.inFlight.messages() == 0);
                service.stop();
            }

            // What was settled is not delivered a third time.
            try (Sink third = Sink.settling();
                    Service service = Service.start(broker.port(), third)) {
                eventually().until(service::isConnected);
                device.publish(List.of("last"));
                eventually().until(() -> third.payloads().contains("last"));
                assertThat(third.payloads()).containsExactly("last");
            }
        }
    }

    @Test
    void message_failed_isDeliveredAgainOverANewConnection() throws Exception {
        try (Mosquitto broker = Mosquitto.open(directory).start();
                Device device = new Device("d1", broker.port());
                Sink sink = Sink.holding();
                Service service = Service.start(broker.port(), sink)) {
            eventually().until(service::isConnected);
            device.publish(Sink.numbered("m", 5));
            eventually().until(() -> sink.deliveries() == 5);

            sink.failAll();
            sink.settleFromNowOn();

            eventually().untilAsserted(() -> assertThat(sink.deliveries()).isEqualTo(10));
            eventually().until(() -> service.inFlight.messages() == 0);
            eventually().until(() -> service.metric("hearth.mqtt.broker.reconnects") == 1);
        }
    }

    @Test
    void burst_whileSettlingIsSlow_isBoundedInFlightAndArrivesWhole() throws Exception {
        int count = 20_000;
        try (Mosquitto broker = Mosquitto.open(directory).start();
                Device device = new Device("d1", broker.port());
                Sink sink = Sink.holding()) {
            try (Service service = Service.start(broker.port(), sink)) {
                eventually().until(service::isConnected);
            }
            device.publish(Sink.numbered("m", count));

            try (Service service = Service.start(broker.port(), sink, Map.of("max-in-flight-messages", "500"))) {
                eventually().until(() -> sink.held() >= 400);
                sink.settleFromNowOn();

                eventually().untilAsserted(() -> assertThat(sink.payloads()).hasSize(count));
                assertThat(sink.mostHeld()).isLessThanOrEqualTo(500);
                eventually().until(() -> service.inFlight.messages() == 0);
                assertThat(sink.deliveries()).isEqualTo(count);
            }
        }
    }

    @Test
    void brokerRestart_graceful_losesNothingOfWhatItAcknowledged() throws Exception {
        try (Mosquitto broker = Mosquitto.open(directory).start();
                Device device = new Device("d1", broker.port());
                Sink sink = Sink.settling();
                Service service = Service.start(broker.port(), sink)) {
            eventually().until(service::isConnected);
            Thread publishing = inBackground(() -> device.publish(Sink.numbered("m", 10_000)));

            for (int restart = 1; restart <= 2; restart++) {
                int after = restart * 2_000;
                eventually().until(() -> sink.payloads().size() >= after);
                broker.stop();
                eventually().until(() -> !service.isConnected());
                broker.start();
                eventually().until(service::isConnected);
            }
            publishing.join();

            eventually().untilAsserted(() -> assertThat(sink.payloads()).containsAll(device.acknowledged()));
            assertThat(device.acknowledged()).hasSize(10_000);
            assertThat(service.metric("hearth.mqtt.broker.reconnects")).isEqualTo(2);
            assertThat(service.metric("hearth.mqtt.broker.sessions.begun")).isEqualTo(1);
        }
    }

    @Test
    void brokerKilled_whileMessagesAreUnsettled_losesNothingOfWhatItSaved() throws Exception {
        try (Mosquitto broker = Mosquitto.open(directory).start();
                Device device = new Device("d1", broker.port());
                Sink sink = Sink.holding();
                Service service = Service.start(broker.port(), sink)) {
            eventually().until(service::isConnected);
            device.publish(Sink.numbered("m", 2_000));
            broker.awaitSaved();

            broker.kill();
            eventually().until(() -> !service.isConnected());
            sink.payloads().clear();
            sink.settleFromNowOn();
            broker.start();

            eventually().untilAsserted(() -> assertThat(sink.payloads()).containsAll(device.acknowledged()));
        }
    }

    @Test
    void message_settledAfterItsConnectionIsGone_isNotAcknowledgedOverTheNext() throws Exception {
        try (Mosquitto broker = Mosquitto.open(directory).start();
                Device device = new Device("d1", broker.port())) {
            try (Sink sink = Sink.holding();
                    Service service = Service.start(broker.port(), sink)) {
                eventually().until(service::isConnected);
                device.publish(Sink.numbered("m", 10));
                eventually().until(() -> sink.held() == 10);
                broker.stop();
                eventually().until(() -> !service.isConnected());
                broker.start();
                eventually().until(() -> sink.held() == 20);

                sink.settle(10);
            }

            try (Sink next = Sink.settling();
                    Service service = Service.start(broker.port(), next)) {
                eventually().untilAsserted(() -> assertThat(next.payloads()).hasSize(10));
            }
        }
    }

    @Test
    void broker_restartedWhileServiceIsAway_keepsWhatIsPublishedMeanwhile() throws Exception {
        try (Mosquitto broker = Mosquitto.open(directory).start();
                Device device = new Device("d1", broker.port())) {
            try (Sink before = Sink.settling();
                    Service service = Service.start(broker.port(), before)) {
                eventually().until(service::isConnected);
                service.stop();
            }
            broker.stop();
            broker.start();
            device.publish(Sink.numbered("m", 100));

            try (Sink sink = Sink.settling();
                    Service service = Service.start(broker.port(), sink)) {
                eventually().untilAsserted(() -> assertThat(sink.payloads()).hasSize(100));
            }
        }
    }

    @Test
    void broker_absentAtStart_isFoundWhenItComes() throws Exception {
        Mosquitto broker = Mosquitto.open(directory);
        try (broker;
                Device device = new Device("d1", broker.port());
                Sink sink = Sink.settling();
                Service service = Service.start(broker.port(), sink)) {
            eventually().until(() -> service.problems().contains("cannot be reached: Connection refused"));
            assertThat(service.isConnected()).isFalse();
            assertThat(service.metric("hearth.mqtt.broker.connected")).isZero();

            broker.start();

            eventually().until(service::isConnected);
            assertThat(service.metric("hearth.mqtt.broker.connected")).isEqualTo(1);
            device.publish(List.of("m"));
            eventually().until(() -> sink.payloads().contains("m"));
        }
    }

    @Test
    void password_wrong_isSaidAndTriedAgain() throws Exception {
        Mosquitto.User user = new Mosquitto.User("hearth", "right");
        try (Mosquitto broker = Mosquitto.withUser(directory, user).start();
                Sink sink = Sink.settling()) {
            try (Service wrong =
                    Service.start(broker.port(), sink, Map.of("username", "hearth", "password", "wrong"))) {
                eventually().until(() -> wrong.problems().contains("refused the user hearth: wrong credentials"));
                assertThat(wrong.isConnected()).isFalse();
            }
            try (Service right =
                    Service.start(broker.port(), sink, Map.of("username", "hearth", "password", "right"))) {
                eventually().until(right::isConnected);
            }
        }
    }

    @Test
    void services_ofOneShareGroup_shareTheMessages() throws Exception {
        try (Mosquitto broker = Mosquitto.open(directory).start();
                Device device = new Device("d1", broker.port());
                Sink left = Sink.settling();
                Sink right = Sink.settling();
                Service one = Service.start(broker.port(), left, shared("left"));
                Service two = Service.start(broker.port(), right, shared("right"))) {
            eventually().until(() -> one.isConnected() && two.isConnected());

            device.publish(Sink.numbered("m", 1_000));

            eventually().until(() -> left.deliveries() + right.deliveries() >= 1_000);
            assertThat(left.deliveries()).isPositive();
            assertThat(right.deliveries()).isPositive();
            assertThat(Stream.concat(left.payloads().stream(), right.payloads().stream()))
                    .hasSize(1_000)
                    .doesNotHaveDuplicates();
        }
    }

    @Test
    void shareGroup_setLater_deliversEachMessageOnce() throws Exception {
        try (Mosquitto broker = Mosquitto.open(directory).start();
                Device device = new Device("d1", broker.port());
                Sink sink = Sink.settling()) {
            try (Service plain = Service.start(broker.port(), sink)) {
                eventually().until(plain::isConnected);
            }
            try (Service service = Service.start(broker.port(), sink, Map.of("external.share-group", "hearth"))) {
                eventually().until(service::isConnected);
                device.publish(Sink.numbered("m", 100));
                eventually().until(() -> sink.payloads().size() == 100 && sink.held() == 0);
                assertThat(sink.deliveries()).isEqualTo(100);
            }
        }
    }

    @Test
    void session_lostByBroker_isSubscribedAgainAndCounted() throws Exception {
        try (Mosquitto broker = Mosquitto.open(directory).start();
                Device device = new Device("d1", broker.port());
                Sink sink = Sink.settling();
                Service service = Service.start(broker.port(), sink)) {
            eventually().until(service::isConnected);
            broker.kill();
            broker.forget();
            eventually().until(() -> !service.isConnected());
            broker.start();
            eventually().until(service::isConnected);

            device.publish(List.of("m"));

            eventually().until(() -> sink.payloads().contains("m"));
            assertThat(service.metric("hearth.mqtt.broker.sessions.begun")).isEqualTo(2);
        }
    }

    @Test
    void clientId_takenByAnotherService_isSaid() throws Exception {
        try (Mosquitto broker = Mosquitto.open(directory).start();
                Sink sink = Sink.settling();
                Service first = Service.start(broker.port(), sink)) {
            eventually().until(first::isConnected);
            try (Service second = Service.start(broker.port(), sink)) {
                eventually()
                        .until(() -> (first.problems() + second.problems())
                                .contains("does another client use this client id?"));
            }
        }
    }

    @Test
    void payload_large_passesAndOneTooLargeDisturbsNothing() throws Exception {
        try (Mosquitto broker = Mosquitto.open(directory).start();
                Device device = new Device("d1", broker.port());
                Sink sink = Sink.settling();
                Service service = Service.start(broker.port(), sink)) {
            eventually().until(service::isConnected);

            device.publish(List.of("x".repeat(10 << 20), "y".repeat(20 << 20), "small"));

            eventually().until(() -> sink.payloads().contains("small"));
            assertThat(sink.payloads()).containsExactlyInAnyOrder((10 << 20) + " bytes", "small");
            assertThat(service.metric("hearth.mqtt.broker.reconnects")).isZero();
        }
    }

    private static Map<String, String> shared(String clientId) {
        return Map.of("external.client-id", clientId, "external.share-group", "hearth", "external.connections", "2");
    }

    private interface Work {
        void run() throws Exception;
    }

    private static Thread inBackground(Work work) {
        Thread thread = new Thread(() -> {
            try {
                work.run();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private static ConditionFactory eventually() {
        return await().atMost(Duration.ofSeconds(90)).pollInterval(Duration.ofMillis(10));
    }
}
