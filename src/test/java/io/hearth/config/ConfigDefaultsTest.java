package io.hearth.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.runtime.configuration.MemorySize;
import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Pins every setting with its default: operators rely on both. */
class ConfigDefaultsTest {
    private static final Map<String, Object> DEFAULTS = new TreeMap<>(Map.ofEntries(
            Map.entry("hearth.admin-token", Optional.empty()),
            Map.entry("hearth.auth", true),
            Map.entry("hearth.backup.dir", Optional.empty()),
            Map.entry("hearth.backup.interval", Duration.ofHours(24)),
            Map.entry("hearth.backup.log-interval", Duration.ofSeconds(5)),
            Map.entry("hearth.backup.window", Duration.ofDays(7)),
            Map.entry("hearth.data-dir", Path.of("./data")),
            Map.entry("hearth.device-password", Optional.empty()),
            Map.entry("hearth.import.max-file", mebibytes(1024)),
            Map.entry("hearth.import.max-files", 2),
            Map.entry("hearth.dynamodb.create", false),
            Map.entry("hearth.dynamodb.deadline", Duration.ofSeconds(10)),
            Map.entry("hearth.dynamodb.endpoint", Optional.empty()),
            Map.entry("hearth.dynamodb.max-connections", 48),
            Map.entry("hearth.dynamodb.read-units", Optional.empty()),
            Map.entry("hearth.dynamodb.region", Optional.empty()),
            Map.entry("hearth.dynamodb.request-timeout", Duration.ofSeconds(3)),
            Map.entry("hearth.dynamodb.table", "hearth"),
            Map.entry("hearth.dynamodb.write-units", Optional.empty()),
            Map.entry("hearth.ingest.clock-ahead", Duration.ofMinutes(10)),
            Map.entry("hearth.ingest.dead-letter-retention", Duration.ofDays(30)),
            Map.entry("hearth.ingest.linger", Optional.empty()),
            Map.entry("hearth.ingest.redelivery-window", Duration.ofHours(24)),
            Map.entry("hearth.limits.catalog-bytes", mebibytes(40)),
            Map.entry("hearth.limits.connections", 50_000),
            Map.entry("hearth.limits.connections-per-address", 50_000),
            Map.entry("hearth.limits.device-retained-bytes", new MemorySize(BigInteger.valueOf(256 << 10))),
            Map.entry("hearth.limits.filter-bytes", mebibytes(64)),
            Map.entry("hearth.limits.queue-bytes", mebibytes(64)),
            Map.entry("hearth.limits.session-queue-bytes", mebibytes(16)),
            Map.entry("hearth.limits.retained-bytes", mebibytes(64)),
            Map.entry("hearth.limits.retained-messages", 100_000),
            Map.entry("hearth.limits.session-filter-bytes", mebibytes(1)),
            Map.entry("hearth.limits.session-filters", 1_024),
            Map.entry("hearth.limits.stream-queue", new MemorySize(BigInteger.valueOf(64 * 1024))),
            Map.entry("hearth.limits.streams-bytes", mebibytes(32)),
            Map.entry("hearth.limits.peer-answer", mebibytes(32)),
            Map.entry("hearth.limits.queries", 20),
            Map.entry("hearth.limits.query-bytes", mebibytes(128)),
            Map.entry("hearth.limits.query-wait", Duration.ofSeconds(10)),
            Map.entry("hearth.limits.session-will-bytes", new MemorySize(BigInteger.valueOf(16 << 10))),
            Map.entry("hearth.limits.sign-in-delay", Duration.ofSeconds(4)),
            Map.entry("hearth.limits.sign-in-timeout", Duration.ofSeconds(10)),
            Map.entry("hearth.limits.subscribe-filters", 1_024),
            Map.entry("hearth.limits.unauthenticated-bytes", mebibytes(16)),
            Map.entry("hearth.limits.unauthenticated-connections", 5_000),
            Map.entry("hearth.limits.unauthenticated-connections-per-address", 2_000),
            Map.entry("hearth.limits.unknown-devices", 10_000),
            Map.entry("hearth.limits.unpacked-bytes", mebibytes(16 << 10)),
            Map.entry("hearth.limits.unpacked-ratio", 100),
            Map.entry("hearth.limits.unread-timeout", Duration.ofSeconds(60)),
            Map.entry("hearth.limits.will-bytes", mebibytes(16)),
            Map.entry("hearth.line-protocol.device-tags", List.of("device_id", "device")),
            Map.entry("hearth.line-protocol.metric", LineProtocolConfig.Metric.FIELD),
            Map.entry("hearth.log.json", false),
            Map.entry("hearth.mqtt.external.client-id", "hearth"),
            Map.entry("hearth.mqtt.external.connections", 1),
            Map.entry("hearth.mqtt.external.session-expiry", Duration.ofDays(7)),
            Map.entry("hearth.mqtt.external.share-group", Optional.empty()),
            Map.entry("hearth.mqtt.host", "127.0.0.1"),
            Map.entry("hearth.mqtt.max-in-flight-bytes", mebibytes(64)),
            Map.entry("hearth.mqtt.max-in-flight-messages", 16384),
            Map.entry("hearth.mqtt.max-payload", new MemorySize(BigInteger.valueOf(256 * 1024))),
            Map.entry("hearth.mqtt.mode", MqttConfig.Mode.EMBEDDED),
            Map.entry("hearth.mqtt.password", Optional.empty()),
            Map.entry("hearth.mqtt.port", 1883),
            Map.entry("hearth.mqtt.tls.certificate-file", Optional.empty()),
            Map.entry("hearth.mqtt.tls.enabled", false),
            Map.entry("hearth.mqtt.tls.key-file", Optional.empty()),
            Map.entry("hearth.mqtt.tls.trust-file", Optional.empty()),
            Map.entry("hearth.mqtt.username", Optional.empty()),
            Map.entry("hearth.region", "local"),
            Map.entry("hearth.retention", Duration.ofDays(30)),
            Map.entry("hearth.series.rollup-zone", ZoneId.of("UTC")),
            Map.entry("hearth.series.rollups", Optional.empty()),
            Map.entry("hearth.series.seal", true),
            Map.entry("hearth.series.seal-after", Duration.ofHours(1)),
            Map.entry("hearth.series.seal-interval", Duration.ofMinutes(1)),
            Map.entry("hearth.series.seal-share", 0.15),
            Map.entry("hearth.shadow.history-retention", Duration.ofDays(7)),
            Map.entry("hearth.shadow.kept-after-delete", Duration.ofHours(48)),
            Map.entry("hearth.shadow.max-in-flight", 10),
            Map.entry("hearth.shadow.max-levels", 6),
            Map.entry("hearth.shadow.max-state", new MemorySize(BigInteger.valueOf(8 * 1024))),
            Map.entry("hearth.shadow.topic-prefix", "$aws/things"),
            Map.entry("hearth.stream.heartbeat", Duration.ofSeconds(15)),
            Map.entry("hearth.stream.max-clients", 1000),
            Map.entry("hearth.stream.poll-interval", Duration.ofMillis(20)),
            Map.entry("hearth.sync.max-clock-ahead", Duration.ofMinutes(1)),
            Map.entry("hearth.sync.max-waiting", 1000),
            Map.entry("hearth.sync.page-records", 8192),
            Map.entry("hearth.sync.peer-tokens", Optional.empty()),
            Map.entry("hearth.sync.peers", Optional.empty()),
            Map.entry("hearth.sync.relay", false),
            Map.entry("hearth.sync.token", Optional.empty()),
            Map.entry("hearth.sync.trust-file", Optional.empty()),
            Map.entry("hearth.sync.verify-interval", Duration.ofHours(24)),
            Map.entry("hearth.table.block-cache", mebibytes(256)),
            Map.entry("hearth.table.change-retention", Duration.ofHours(1)),
            Map.entry("hearth.table.engine", TableConfig.Engine.ROCKSDB),
            Map.entry("hearth.table.fsync", true),
            Map.entry("hearth.table.max-pending", mebibytes(64)),
            Map.entry("hearth.table.sweep-interval", Duration.ofMinutes(10)),
            Map.entry("hearth.table.write-buffer", mebibytes(128))));

    @Test
    void everySetting_whenNothingIsSet_hasItsDefault() {
        assertThat(AllSettings.values(AllSettings.config(Map.of()))).containsExactlyEntriesOf(DEFAULTS);
    }

    private static MemorySize mebibytes(int count) {
        return new MemorySize(BigInteger.valueOf(count).shiftLeft(20));
    }
}
