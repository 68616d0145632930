package io.hearth;

import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import io.hearth.table.Blocking;
import io.smallrye.mutiny.groups.UniAwait;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** Who may use whom: each room names the rooms it knows, and there are no cycles. */
@AnalyzeClasses(packages = "io.hearth", importOptions = ArchitectureTest.WithoutTests.class)
class ArchitectureTest {
    /** Leaves out the classes of tests, wherever they were compiled to. */
    static final class WithoutTests implements ImportOption {
        private static final Pattern TESTS = Pattern.compile(".*/test(-classes)?/io/hearth/.*");

        @Override
        public boolean includes(Location location) {
            return !location.matches(TESTS);
        }
    }

    private static final Map<String, Set<String>> MAY_USE = Map.ofEntries(
            Map.entry("model", Set.of()),
            Map.entry("config", Set.of()),
            Map.entry("bytes", Set.of()),
            Map.entry("layout", Set.of()),
            Map.entry("concurrent", Set.of()),
            Map.entry("codec", Set.of("model")),
            Map.entry("codec.parquet", Set.of("codec", "model")),
            Map.entry("table", Set.of()),
            Map.entry("table.memory", Set.of("table")),
            Map.entry(
                    "table.rocksdb",
                    Set.of(
                            "table",
                            "table.rocksdb.commit",
                            "table.rocksdb.database",
                            "table.rocksdb.expiry",
                            "table.rocksdb.file",
                            "table.rocksdb.log",
                            "table.rocksdb.row")),
            Map.entry(
                    "table.rocksdb.commit",
                    Set.of(
                            "bytes",
                            "concurrent",
                            "table",
                            "table.rocksdb.database",
                            "table.rocksdb.file",
                            "table.rocksdb.row")),
            Map.entry(
                    "table.rocksdb.database",
                    Set.of("table", "table.rocksdb.file", "table.rocksdb.log", "table.rocksdb.row")),
            Map.entry(
                    "table.rocksdb.expiry",
                    Set.of(
                            "concurrent",
                            "table",
                            "table.rocksdb.commit",
                            "table.rocksdb.database",
                            "table.rocksdb.file",
                            "table.rocksdb.row")),
            Map.entry("table.rocksdb.file", Set.of("table")),
            Map.entry("table.rocksdb.log", Set.of("bytes", "table", "table.rocksdb.file", "table.rocksdb.row")),
            Map.entry(
                    "table.rocksdb.offline",
                    Set.of(
                            "bytes",
                            "table",
                            "table.rocksdb",
                            "table.rocksdb.database",
                            "table.rocksdb.expiry",
                            "table.rocksdb.file",
                            "table.rocksdb.log",
                            "table.rocksdb.row")),
            Map.entry("table.rocksdb.row", Set.of("bytes", "table")),
            Map.entry("table.dynamodb", Set.of("bytes", "concurrent", "table")),
            Map.entry("backup", Set.of("layout", "model", "table", "table.rocksdb", "table.rocksdb.offline")),
            Map.entry(
                    "cli",
                    Set.of(
                            "bytes",
                            "layout",
                            "backup",
                            "ingest",
                            "lease",
                            "model",
                            "mqtt.endpoint",
                            "presence",
                            "series",
                            "shadow",
                            "sync",
                            "table",
                            "table.rocksdb",
                            "table.rocksdb.offline")),
            Map.entry("lease", Set.of("bytes", "layout", "table")),
            Map.entry("series.chunk", Set.of("bytes", "model", "series.chunk.integer")),
            Map.entry("series.chunk.integer", Set.of("bytes")),
            Map.entry("series.aggregate", Set.of("model")),
            Map.entry("series.catalog", Set.of("bytes", "layout", "model", "series.item", "series.value", "table")),
            Map.entry("series.clock", Set.of("bytes", "layout", "model", "series.value", "table")),
            Map.entry(
                    "series.erase",
                    Set.of(
                            "bytes",
                            "layout",
                            "model",
                            "series.catalog",
                            "series.chunk",
                            "series.clock",
                            "series.item",
                            "series.read",
                            "series.rollup",
                            "series.value",
                            "series.window",
                            "table")),
            Map.entry(
                    "series.item",
                    Set.of("bytes", "layout", "model", "series.aggregate", "series.chunk", "series.value", "table")),
            Map.entry(
                    "series.read",
                    Set.of(
                            "bytes",
                            "concurrent",
                            "model",
                            "series.aggregate",
                            "series.chunk",
                            "series.item",
                            "series.rollup",
                            "series.value",
                            "table")),
            Map.entry(
                    "series.replicate",
                    Set.of(
                            "bytes",
                            "model",
                            "series.catalog",
                            "series.chunk",
                            "series.clock",
                            "series.erase",
                            "series.item",
                            "series.read",
                            "series.rollup",
                            "series.value",
                            "series.window",
                            "table")),
            Map.entry(
                    "series.rollup",
                    Set.of(
                            "bytes",
                            "model",
                            "series.aggregate",
                            "series.chunk",
                            "series.item",
                            "series.value",
                            "table")),
            Map.entry(
                    "series.seal",
                    Set.of(
                            "bytes",
                            "model",
                            "series.catalog",
                            "series.chunk",
                            "series.erase",
                            "series.item",
                            "series.rollup",
                            "series.value",
                            "series.window",
                            "table")),
            Map.entry("series.value", Set.of("model", "series.aggregate", "table")),
            Map.entry(
                    "series.window",
                    Set.of(
                            "bytes",
                            "layout",
                            "model",
                            "series.chunk",
                            "series.item",
                            "series.rollup",
                            "series.value",
                            "table")),
            Map.entry(
                    "series.write",
                    Set.of(
                            "model",
                            "series.catalog",
                            "series.chunk",
                            "series.clock",
                            "series.erase",
                            "series.item",
                            "series.read",
                            "series.value",
                            "series.window",
                            "table")),
            Map.entry("promql", Set.of("limits", "model")),
            Map.entry(
                    "series",
                    Set.of(
                            "bytes",
                            "concurrent",
                            "layout",
                            "model",
                            "series.aggregate",
                            "series.catalog",
                            "series.chunk",
                            "series.clock",
                            "series.erase",
                            "series.item",
                            "series.read",
                            "series.replicate",
                            "series.rollup",
                            "series.seal",
                            "series.value",
                            "series.window",
                            "series.write",
                            "table")),
            Map.entry(
                    "changes",
                    Set.of(
                            "model",
                            "presence",
                            "series.catalog",
                            "series.erase",
                            "series.item",
                            "series.value",
                            "shadow",
                            "table")),
            Map.entry("presence", Set.of("bytes", "layout", "model", "table")),
            Map.entry(
                    "live",
                    Set.of(
                            "bytes",
                            "changes",
                            "concurrent",
                            "model",
                            "presence",
                            "series",
                            "series.item",
                            "shadow",
                            "shadow.document",
                            "table")),
            Map.entry(
                    "ingest",
                    Set.of("bytes", "codec", "concurrent", "layout", "model", "series", "series.value", "table")),
            Map.entry("ingest.bulk", Set.of("codec", "codec.parquet", "config", "ingest", "table")),
            Map.entry("shadow", Set.of("bytes", "layout", "model", "shadow.document", "table")),
            Map.entry("shadow.document", Set.of("bytes", "model")),
            Map.entry(
                    "sync",
                    Set.of(
                            "bytes",
                            "changes",
                            "concurrent",
                            "layout",
                            "lease",
                            "model",
                            "series",
                            "series.replicate",
                            "series.value",
                            "shadow",
                            "shadow.document",
                            "sync.wire",
                            "table")),
            Map.entry("sync.feed", Set.of("concurrent", "sync", "sync.wire", "table")),
            Map.entry("sync.http", Set.of("model", "sync", "sync.wire")),
            Map.entry("sync.wire", Set.of("bytes", "model", "series.value", "shadow.document", "table")),
            Map.entry("limits", Set.of()),
            Map.entry("identity", Set.of()),
            Map.entry("route", Set.of("identity")),
            Map.entry("security", Set.of("config", "identity", "limits", "model", "route", "table")),
            Map.entry("mqtt", Set.of("ingest", "config", "model", "security", "shadow", "shadow.document")),
            Map.entry(
                    "mqtt.endpoint",
                    Set.of(
                            "bytes",
                            "config",
                            "identity",
                            "ingest",
                            "layout",
                            "limits",
                            "model",
                            "mqtt",
                            "presence",
                            "security",
                            "shadow",
                            "table")),
            Map.entry(
                    "mqtt.external",
                    Set.of("concurrent", "config", "ingest", "lease", "model", "mqtt", "shadow", "table")),
            Map.entry(
                    "erasure",
                    Set.of(
                            "ingest",
                            "model",
                            "mqtt.endpoint",
                            "presence",
                            "series",
                            "series.value",
                            "shadow",
                            "table")),
            Map.entry(
                    "ops",
                    Set.of(
                            "backup",
                            "concurrent",
                            "config",
                            "erasure",
                            "lease",
                            "model",
                            "presence",
                            "series",
                            "series.clock",
                            "sync",
                            "sync.feed",
                            "table")),
            Map.entry("rest.format", Set.of("model", "series.aggregate")),
            Map.entry("rest.problem", Set.of("bytes", "limits", "route", "table")),
            Map.entry("rest.http", Set.of("config", "limits", "rest.problem", "route", "series.aggregate")),
            Map.entry("rest.param", Set.of("model", "rest.problem", "table")),
            Map.entry(
                    "rest.readings",
                    Set.of(
                            "identity",
                            "model",
                            "rest.format",
                            "rest.http",
                            "rest.param",
                            "rest.problem",
                            "series",
                            "series.aggregate",
                            "series.value",
                            "table")),
            Map.entry(
                    "rest.intake",
                    Set.of(
                            "codec",
                            "config",
                            "identity",
                            "ingest",
                            "ingest.bulk",
                            "model",
                            "rest.http",
                            "rest.param",
                            "rest.problem",
                            "route",
                            "table")),
            Map.entry(
                    "rest.export",
                    Set.of(
                            "codec.parquet",
                            "identity",
                            "model",
                            "rest.format",
                            "rest.http",
                            "rest.param",
                            "rest.problem",
                            "series",
                            "series.value",
                            "table")),
            Map.entry(
                    "rest.shadow",
                    Set.of(
                            "identity",
                            "model",
                            "rest.format",
                            "rest.http",
                            "rest.param",
                            "rest.problem",
                            "route",
                            "security",
                            "shadow",
                            "shadow.document",
                            "table")),
            Map.entry(
                    "rest.live",
                    Set.of(
                            "identity",
                            "live",
                            "model",
                            "presence",
                            "rest.format",
                            "rest.http",
                            "rest.param",
                            "rest.problem",
                            "rest.shadow",
                            "series",
                            "table")),
            Map.entry(
                    "rest.sync",
                    Set.of(
                            "identity",
                            "model",
                            "rest.format",
                            "rest.http",
                            "rest.param",
                            "rest.problem",
                            "series",
                            "series.item",
                            "series.value",
                            "shadow.document",
                            "sync",
                            "sync.feed",
                            "sync.wire",
                            "table")),
            Map.entry(
                    "rest.admin",
                    Set.of(
                            "backup",
                            "erasure",
                            "identity",
                            "model",
                            "rest.param",
                            "rest.problem",
                            "series",
                            "series.value",
                            "table")),
            Map.entry(
                    "rest.prometheus",
                    Set.of(
                            "bytes",
                            "identity",
                            "limits",
                            "model",
                            "promql",
                            "rest.format",
                            "rest.http",
                            "rest.param",
                            "rest.problem",
                            "series",
                            "series.value",
                            "table")),
            Map.entry("rest", Set.of("rest.intake", "rest.problem")));

    /** Wires everything, so it may use everything; nobody may use it. */
    private static final String BOOT = "boot";

    @ArchTest
    static final ArchRule rooms_useOnlyWhatTheyMay = ArchRuleDefinition.classes()
            .should(new ArchCondition<>("use only the rooms that their room may use") {
                @Override
                public void check(JavaClass origin, ConditionEvents events) {
                    String room = roomOf(origin);
                    origin.getDirectDependenciesFromSelf().forEach(dependency -> {
                        JavaClass target = dependency.getTargetClass();
                        if (target.getPackageName().startsWith("io.hearth.")) {
                            String other = roomOf(target);
                            boolean allowed = room.equals(other)
                                    || room.equals(BOOT)
                                    || MAY_USE.getOrDefault(room, Set.of()).contains(other);
                            if (!allowed) {
                                events.add(SimpleConditionEvent.violated(
                                        dependency, room + " uses " + other + ": " + dependency.getDescription()));
                            }
                        }
                    });
                }
            });

    @ArchTest
    static final ArchRule everyRoom_isNamedHere = ArchRuleDefinition.classes()
            .should(new ArchCondition<>("be in a room that this test knows") {
                @Override
                public void check(JavaClass origin, ConditionEvents events) {
                    String room = roomOf(origin);
                    if (!room.isEmpty() && !room.equals(BOOT) && !MAY_USE.containsKey(room)) {
                        events.add(SimpleConditionEvent.violated(origin, room + " is in no row of the table"));
                    }
                }
            });

    @ArchTest
    static final ArchRule rooms_haveNoCycles =
            slices().matching("io.hearth.(**)").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule drivers_areImportedByTheirEngineOnly = ArchRuleDefinition.noClasses()
            .that()
            .resideOutsideOfPackage("io.hearth.table.rocksdb..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.rocksdb..");

    @ArchTest
    static final ArchRule awsSdk_isImportedByItsEngineOnly = ArchRuleDefinition.noClasses()
            .that()
            .resideOutsideOfPackage("io.hearth.table.dynamodb..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("software.amazon..");

    @ArchTest
    static final ArchRule waiting_withoutATimeLimit_isInOnePlace = ArchRuleDefinition.noClasses()
            .that()
            .doNotBelongToAnyOf(Blocking.class)
            .should()
            .callMethod(UniAwait.class, "indefinitely");

    @ArchTest
    static final ArchRule threads_areMadeInOnePlace = ArchRuleDefinition.noClasses()
            .that()
            .resideOutsideOfPackage("io.hearth.concurrent")
            .should()
            .callConstructor(Thread.class, Runnable.class, String.class)
            .orShould()
            .callConstructor(Thread.class, Runnable.class)
            .orShould()
            .callConstructor(Thread.class);

    @ArchTest
    static final ArchRule logs_goThroughOneApi = ArchRuleDefinition.noClasses()
            .should()
            .dependOnClassesThat()
            .belongToAnyOf(System.Logger.class, java.util.logging.Logger.class);

    private static String roomOf(JavaClass javaClass) {
        String name = javaClass.getPackageName();
        return name.equals("io.hearth") ? "" : name.substring("io.hearth.".length());
    }
}
