package io.hearth.boot;

import io.hearth.layout.Partitions;
import io.hearth.table.Bytes;
import io.hearth.table.Consistency;
import io.hearth.table.Key;
import io.hearth.table.Table;
import io.hearth.table.rocksdb.RocksDbTable;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.stream.Collectors;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/** Ready means that the table answers, and takes writes as far as is known. */
@Readiness
@Singleton
class TableHealth implements HealthCheck {
    private static final Key PROBE = new Key(Partitions.HEALTH, Bytes.wrap(new byte[1]));
    private static final Duration PATIENCE = Duration.ofSeconds(2);
    private static final int SHOWN_DAMAGES = 5;

    private final Table table;

    TableHealth(Table table) {
        this.table = table;
    }

    @Override
    public HealthCheckResponse call() {
        HealthCheckResponseBuilder answer = HealthCheckResponse.named("table");
        try {
            table.get(PROBE, Consistency.STRONG).await().atMost(PATIENCE);
            String failure = table instanceof RocksDbTable embedded ? embedded.writeFailure() : null;
            if (failure != null) {
                return answer.down()
                        .withData("error", "nothing can be written: " + failure)
                        .build();
            }
            if (table instanceof RocksDbTable embedded && !embedded.damages().isEmpty()) {
                // What is whole still answers, so the service stays ready.
                answer.withData(
                        "damaged",
                        embedded.damages().stream().limit(SHOWN_DAMAGES).collect(Collectors.joining("; ")));
            }
            return answer.up().build();
        } catch (RuntimeException e) {
            return answer.down()
                    .withData("error", String.valueOf(e.getMessage()))
                    .build();
        }
    }
}
