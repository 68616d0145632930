package io.hearth.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.hearth.codec.LineProtocol;
import io.hearth.config.AllSettings;
import io.hearth.config.StartupRefusedException;
import io.hearth.model.RegionId;
import io.hearth.mqtt.endpoint.EmbeddedConnector;
import io.hearth.mqtt.endpoint.MqttEndpoint;
import io.hearth.mqtt.external.ExternalConnector;
import io.hearth.ops.BackupSchedule;
import io.hearth.ops.SealSchedule;
import io.hearth.ops.SyncSchedule;
import io.hearth.security.Credentials;
import io.hearth.security.Listeners;
import io.hearth.shadow.document.Limits;
import io.hearth.sync.Peer;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Where each setting gets to. Every setting is given a value of its own, all that is made of settings is made, and each value
 * must be in the fields that this table names: so settings that are exchanged on the way show. A setting without a row fails.
 */
class SettingsTest {
    private static final String PEM = "resources/of/a/test.pem";

    @TempDir
    Path directory;

    private final WiredService wired = new WiredService();

    private final Map<String, Row> rows = new LinkedHashMap<>();

    /**
     * A setting.
     *
     * @param text its value, as written in a file of properties
     * @param fields expected values, by class and path of fields: {@code ShadowStore.settings.limits}
     * @param readers classes that ask for the setting by its name when they need it
     */
    private record Row(String text, Map<String, Object> fields, Set<Class<?>> readers) {
        Row in(String path, @Nullable Object expected) {
            fields.put(path, expected);
            return this;
        }

        Row readBy(Class<?>... classes) {
            readers.addAll(List.of(classes));
            return this;
        }
    }

    private Row set(String key, String text) {
        Row row = new Row(text, new LinkedHashMap<>(), new HashSet<>());
        assertThat(rows.put(key, row)).isNull();
        return row;
    }

    @BeforeEach
    void table() throws Exception {
        Path data = directory.resolve("data");
        Path backups = directory.resolve("backups");
        set("hearth.data-dir", data.toString())
                .in("RocksDbSettings.directory", data.resolve("table"))
                .in("Backups.settings.staging", data.resolve("backup-staging"))
                .in("ParquetIntake.directory", data.resolve("import"))
                .readBy(Credentials.class);
        set("hearth.region", "attic")
                .in("SeriesStore.erasures.own", new RegionId("attic"))
                .in("ShadowStore.region", new RegionId("attic"))
                .in("SyncService.peers.region", new RegionId("attic"))
                .in("SyncSource.region", new RegionId("attic"))
                .in("SyncService.transports.self", new RegionId("attic"));
        set("hearth.retention", "41d")
                .in("SeriesStore.appender.retentionSeconds", Duration.ofDays(41).toSeconds())
                .in("Ingest.admission.retentionMicros", Duration.ofDays(41).toMillis() * 1000)
                .in("DevicePresence.kept", Duration.ofDays(41))
                .in("Verification.retention", Duration.ofDays(41));
        set("hearth.auth", "off").in("Credentials.required", false).readBy(Listeners.class);
        set("hearth.admin-token", "an-admin-token-of-settings").readBy(Credentials.class);
        set("hearth.device-password", "a-password-of-settings").readBy(Credentials.class);

        set("hearth.backup.dir", backups.toString()).in("Backups.settings.directory", backups);
        set("hearth.backup.interval", "25h").readBy(BackupSchedule.class);
        set("hearth.backup.log-interval", "6s").readBy(BackupSchedule.class);
        set("hearth.backup.window", "8d").in("Backups.settings.window", Duration.ofDays(8));

        set("hearth.import.max-file", "3M").in("ParquetIntake.maxFileBytes", 3L << 20);
        set("hearth.import.max-files", "4").in("ParquetIntake.free.availablePermits()", 4);

        set("hearth.dynamodb.create", "true");
        set("hearth.dynamodb.deadline", "31s").in("DynamoDbSettings.deadline", Duration.ofSeconds(31));
        set("hearth.dynamodb.endpoint", "http://127.0.0.1:4711")
                .in("DynamoDbSettings.endpoint", URI.create("http://127.0.0.1:4711"));
        set("hearth.dynamodb.max-connections", "49").in("DynamoDbSettings.maxConnections", 49);
        set("hearth.dynamodb.read-units", "51").in("DynamoDbSettings.creation.provisioned.readUnits", 51L);
        set("hearth.dynamodb.region", "eu-central-1").in("DynamoDbSettings.location.region", "eu-central-1");
        set("hearth.dynamodb.request-timeout", "30s").in("DynamoDbSettings.requestTimeout", Duration.ofSeconds(30));
        set("hearth.dynamodb.table", "of-settings").in("DynamoDbSettings.location.table", "of-settings");
        set("hearth.dynamodb.write-units", "52").in("DynamoDbSettings.creation.provisioned.writeUnits", 52L);

        set("hearth.ingest.clock-ahead", "11m")
                .in("Ingest.admission.clockAheadMicros", Duration.ofMinutes(11).toMillis() * 1000);
        set("hearth.ingest.dead-letter-retention", "42d")
                .in("DeadLetters.retentionSeconds", Duration.ofDays(42).toSeconds());
        set("hearth.ingest.linger", "12ms")
                .in("Ingest.commits.lingerNanos", Duration.ofMillis(12).toNanos());
        set("hearth.ingest.redelivery-window", "26h").in("Ingest.commits.redeliveries.window", Duration.ofHours(26));

        set("hearth.line-protocol.device-tags", "host,probe")
                .in(
                        "LineProtocolResource.protocol.names.missingDevice",
                        "there is no tag host or probe to name the device");
        set("hearth.line-protocol.metric", "measurement-field")
                .in("LineProtocolResource.naming", LineProtocol.Naming.MEASUREMENT_FIELD);

        set("hearth.log.json", "true"); // handed on to Quarkus by application.properties

        set("hearth.mqtt.mode", "external").readBy(BrokerHealth.class, Listeners.class);
        set("hearth.mqtt.host", "127.0.0.7").readBy(MqttEndpoint.class, Listeners.class, brokerOptions());
        set("hearth.mqtt.port", "2883").readBy(MqttEndpoint.class, brokerOptions());
        set("hearth.mqtt.username", "hearth-of-settings").readBy(brokerOptions());
        set("hearth.mqtt.password", "broker-password").readBy(brokerOptions());
        set("hearth.mqtt.tls.enabled", "true").readBy(MqttEndpoint.class, brokerTls());
        set("hearth.mqtt.tls.certificate-file", "certificate-" + PEM).readBy(MqttEndpoint.class, brokerTls());
        set("hearth.mqtt.tls.key-file", "key-" + PEM).readBy(MqttEndpoint.class, brokerTls());
        set("hearth.mqtt.tls.trust-file", "trust-" + PEM).readBy(brokerTls());
        set("hearth.mqtt.max-payload", "123K")
                .in("Ingest.commits.decoder.maxPayloadBytes", 123L << 10)
                .in("IngestResource.maxBodyBytes", 123 << 10)
                .readBy(MqttEndpoint.class);
        set("hearth.mqtt.max-in-flight-messages", "16385")
                .readBy(EmbeddedConnector.class, ExternalConnector.class, brokerOptions());
        set("hearth.mqtt.max-in-flight-bytes", "65M").readBy(EmbeddedConnector.class, ExternalConnector.class);
        set("hearth.mqtt.external.client-id", "hearth-7").readBy(brokerOptions());
        set("hearth.mqtt.external.connections", "5").readBy(brokerOptions());
        set("hearth.mqtt.external.share-group", "group-of-settings").readBy(brokerOptions());
        set("hearth.mqtt.external.session-expiry", "9d").readBy(brokerOptions());

        set("hearth.series.rollup-zone", "Europe/Berlin")
                .in("SeriesStore.rollups.rules.zone", ZoneId.of("Europe/Berlin"));
        set("hearth.series.rollups", "1h for 3y").in("SeriesStore.rollups.rules.text", "1h for 3y");
        set("hearth.series.seal", "off").readBy(SealSchedule.class);
        set("hearth.series.seal-after", "2h").readBy(SealSchedule.class);
        set("hearth.series.seal-interval", "3m").readBy(SealSchedule.class);
        set("hearth.series.seal-share", "0.25").in("SealSchedule.share.restPerBusy", 3.0);

        set("hearth.shadow.history-retention", "10d").in("ShadowStore.settings.historyKept", Duration.ofDays(10));
        set("hearth.shadow.kept-after-delete", "50h")
                .in("ShadowStore.settings.keptAfterDelete", Duration.ofHours(50))
                .in("ShadowVerification.keptAfterDelete", Duration.ofHours(50));
        set("hearth.shadow.max-in-flight", "13").in("ShadowService.maxInFlight", 13);
        set("hearth.shadow.max-levels", "7").in("ShadowStore.settings.limits", new Limits(9 << 10, 7));
        set("hearth.shadow.max-state", "9K");
        set("hearth.shadow.topic-prefix", "shadows/of").in("ShadowTopics.prefix", "shadows/of/");

        set("hearth.stream.heartbeat", "16s").in("LiveFeed.settings.heartbeatInterval", Duration.ofSeconds(16));
        set("hearth.stream.max-clients", "1001").in("LiveFeed.settings.maxListeners", 1001);
        set("hearth.stream.poll-interval", "21ms")
                .in("LiveFeed.settings.pollInterval", Duration.ofMillis(21))
                .in("FeedReader.pollNanos", Duration.ofMillis(21).toNanos());

        set("hearth.sync.max-clock-ahead", "2m")
                .in("SyncService.settings.maxClockAhead", Duration.ofMinutes(2))
                .in("SyncTarget.maxClockAhead", Duration.ofMinutes(2));
        set("hearth.limits.connections", "40001").in("ConnectionLimits.connections", 40_001);
        set("hearth.limits.connections-per-address", "40002").in("ConnectionLimits.perAddress", 40_002);
        set("hearth.limits.unauthenticated-connections", "4003").in("ConnectionLimits.unauthenticated", 4_003);
        set("hearth.limits.unauthenticated-connections-per-address", "1004")
                .in("ConnectionLimits.unauthenticatedPerAddress", 1_004);
        set("hearth.limits.unauthenticated-bytes", "17M").in("ConnectionLimits.unauthenticatedBytes", 17L << 20);
        set("hearth.limits.sign-in-timeout", "11s").in("ConnectionLimits.signIn", Duration.ofSeconds(11));
        set("hearth.limits.sign-in-delay", "3s").in("SignInDelay.longest", Duration.ofSeconds(3));
        set("hearth.limits.subscribe-filters", "1031").in("MqttLimits.filtersOfPacket", 1_031);
        set("hearth.limits.session-filters", "1032").in("MqttLimits.filtersOfSession", 1_032);
        set("hearth.limits.session-filter-bytes", "2M").in("MqttLimits.filterBytesOfSession", 2L << 20);
        set("hearth.limits.filter-bytes", "63M").in("MqttLimits.filterBytes", 63L << 20);
        set("hearth.limits.stream-queue", "65K").in("LiveFeed.settings.queueBytes", 65 << 10);
        set("hearth.limits.streams-bytes", "31M").in("LiveFeed.settings.allBytes", 31L << 20);
        set("hearth.limits.unpacked-ratio", "101").in("RequestBodies.limits.ratio", 101);
        set("hearth.limits.unpacked-bytes", "17G").in("RequestBodies.limits.bytes", 17L << 30);
        set("hearth.limits.peer-answer", "33M").in("SyncService.transports.maxAnswerBytes", 33L << 20);
        set("hearth.limits.queries", "21").in("RunningQueries.most", 21);
        set("hearth.limits.query-bytes", "129M").in("RunningQueries.bytes", 129L << 20);
        set("hearth.limits.query-wait", "9s").in("RunningQueries.wait", Duration.ofSeconds(9));
        set("hearth.limits.session-will-bytes", "15K").in("MqttLimits.willBytesOfSession", 15L << 10);
        set("hearth.limits.will-bytes", "15M").in("MqttLimits.willBytes", 15L << 20);
        set("hearth.limits.unknown-devices", "10001").in("MqttLimits.unknownDevices", 10_001);
        set("hearth.limits.retained-messages", "100001").in("MqttLimits.retained.messages", 100_001);
        set("hearth.limits.retained-bytes", "62M").in("MqttLimits.retained.bytes", 62L << 20);
        set("hearth.limits.device-retained-bytes", "255K").in("MqttLimits.retained.bytesOfDevice", 255L << 10);
        set("hearth.limits.catalog-bytes", "41M")
                .in("SeriesStore.catalog.devices.cache.policy().eviction().get().getMaximum()", 41L << 20);
        set("hearth.limits.session-queue-bytes", "14M").in("MqttLimits.queueBytesOfSession", 14L << 20);
        set("hearth.limits.queue-bytes", "61M").in("MqttLimits.queueBytes", 61L << 20);
        set("hearth.limits.unread-timeout", "61s").in("ConnectionLimits.unread", Duration.ofSeconds(61));

        set("hearth.sync.max-waiting", "1002").in("FeedReader.maxWaiting", 1002);
        set("hearth.sync.page-records", "8193").in("SyncService.settings.limit", 8193);
        set("hearth.sync.peers", "barn=http://127.0.0.1:4712")
                .in(
                        "SyncSchedule.peers",
                        List.of(new Peer(new RegionId("barn"), URI.create("http://127.0.0.1:4712"), "token-of-barn")));
        set("hearth.sync.peer-tokens", "barn=token-of-barn");
        set("hearth.sync.relay", "true").in("SyncService.transports.relayed", true);
        set("hearth.sync.token", "a-sync-token-of-settings").readBy(Credentials.class);
        set("hearth.sync.trust-file", "peers-" + PEM).readBy(SyncWiring.class);
        set("hearth.sync.verify-interval", "27h").readBy(SyncSchedule.class);

        set("hearth.table.block-cache", "66M").in("RocksDbSettings.blockCacheBytes", 66L << 20);
        set("hearth.table.change-retention", "4h").in("RocksDbSettings.walRetention", Duration.ofHours(4));
        set("hearth.table.engine", "memory").readBy(Wiring.class);
        set("hearth.table.fsync", "false").in("RocksDbSettings.fsync", false);
        set("hearth.table.max-pending", "67M")
                .in("RocksDbSettings.maxPendingBytes", 67L << 20)
                .in("DynamoDbSettings.maxPendingBytes", 67L << 20);
        set("hearth.table.sweep-interval", "14m").in("RocksDbSettings.sweepInterval", Duration.ofMinutes(14));
        set("hearth.table.write-buffer", "68M").in("RocksDbSettings.memtableBytes", 68L << 20);
    }

    @AfterEach
    void close() throws Exception {
        wired.close();
    }

    @Test
    void everySetting_hasARow_andAValueOfItsOwnThatIsNotTheDefault() throws Exception {
        Map<String, Object> defaults = AllSettings.values(AllSettings.config(Map.of()));
        Map<String, Object> values = AllSettings.values(AllSettings.config(properties()));

        assertThat(rows.keySet()).containsExactlyInAnyOrderElementsOf(values.keySet());
        values.forEach((key, value) -> assertThat(value).as(key).isNotEqualTo(defaults.get(key)));
        Set<Object> seen = new HashSet<>();
        values.forEach((key, value) -> {
            if (!(value instanceof Boolean)) {
                assertThat(seen.add(value))
                        .as("%s = %s, as another setting", key, value)
                        .isTrue();
            }
        });
    }

    @Test
    void everySetting_getsToWhereItBelongs() throws Exception {
        Map<String, String> properties = properties();
        properties.remove("hearth.sync.trust-file"); // there is no such file
        wired.make(AllSettings.config(properties));

        rows.forEach((key, row) -> row.fields.forEach((path, expected) ->
                assertThat(read(path)).as("%s in %s", key, path).isEqualTo(expected)));
        // Nobody is left out for being asked for by name only: the classes that ask do ask.
        for (Map.Entry<String, Row> row : rows.entrySet()) {
            for (Class<?> reader : row.getValue().readers) {
                assertThat(asksFor(reader))
                        .as("settings that %s asks for", reader)
                        .contains(row.getKey());
            }
        }
        Set<String> nowhere = new TreeSet<>();
        rows.forEach((key, row) -> {
            if (row.fields.isEmpty() && row.readers.isEmpty()) {
                nowhere.add(key);
            }
        });
        // These are parts of values that another row has, but for the log's, which is Quarkus's to read.
        assertThat(nowhere)
                .containsExactlyInAnyOrder(
                        "hearth.dynamodb.create",
                        "hearth.log.json",
                        "hearth.shadow.max-state",
                        "hearth.sync.peer-tokens");
    }

    @Test
    void syncTrustFile_whichIsNotThere_refusesTheStart() {
        assertThatThrownBy(() -> wired.make(AllSettings.config(properties())))
                .isInstanceOf(StartupRefusedException.class)
                .hasMessageContaining("HEARTH_SYNC_TRUST_FILE")
                .hasMessageContaining("peers-" + PEM);
    }

    /** The value of a field of a field of what was made. */
    private @Nullable Object read(String path) {
        String[] names = path.split("\\.", -1);
        Object at = wired.part(names[0]);
        for (int i = 1; i < names.length && at != null; i++) {
            at = names[i].endsWith("()") ? answer(at, names[i].replace("()", "")) : field(at, names[i]);
        }
        return at;
    }

    private static @Nullable Object answer(Object object, String method) {
        try {
            Method asked = object.getClass().getMethod(method);
            asked.setAccessible(true); // the class may be hidden behind a public interface
            return asked.invoke(object);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(method, e);
        }
    }

    private static @Nullable Object field(Object object, String name) {
        for (Class<?> type = object.getClass(); type != null; type = type.getSuperclass()) {
            for (Field field : type.getDeclaredFields()) {
                if (field.getName().equals(name)) {
                    try {
                        field.setAccessible(true);
                        Object value = field.get(object);
                        return value instanceof Optional<?> optional ? optional.orElse(null) : value;
                    } catch (ReflectiveOperationException e) {
                        throw new LinkageError(name, e);
                    }
                }
            }
        }
        throw new AssertionError(object.getClass() + " has no field " + name);
    }

    private Map<String, String> properties() {
        Map<String, String> properties = new TreeMap<>();
        rows.forEach((key, row) -> properties.put(key, row.text));
        return properties;
    }

    /** The keys of the settings that a class asks for, itself or in a lambda of its own. */
    private static Set<String> asksFor(Class<?> reader) {
        // The names of what is called are enough; all that these classes refer to would take a minute.
        JavaClass type = ArchConfiguration.withThreadLocalScope(configuration -> {
            configuration.setResolveMissingDependenciesFromClassPath(false);
            return new ClassFileImporter().importClasses(reader).get(reader);
        });
        Map<String, String> keys = AllSettings.keys();
        Set<String> asked = new HashSet<>();
        type.getMethodCallsFromSelf().forEach(call -> {
            String key = keys.get(call.getTargetOwner().getName() + "." + call.getName());
            if (key != null) {
                asked.add(key);
            }
        });
        return asked;
    }

    private static Class<?> brokerOptions() {
        return external("BrokerOptions");
    }

    private static Class<?> brokerTls() {
        return external("BrokerTls");
    }

    private static Class<?> external(String name) {
        try {
            return Class.forName(ExternalConnector.class.getPackageName() + "." + name);
        } catch (ClassNotFoundException e) {
            throw new AssertionError(e);
        }
    }
}
