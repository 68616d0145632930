package io.hearth.boot;

import io.hearth.table.Bytes;
import io.hearth.table.Consistency;
import io.hearth.table.Key;
import io.hearth.table.Table;
import jakarta.inject.Singleton;
import java.time.Duration;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/** Ready means that the table answers: without it nothing can be stored or read. */
@Readiness
@Singleton
class TableHealth implements HealthCheck {
    private static final Key PROBE = new Key("!health", Bytes.wrap(new byte[1]));
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final Table table;

    TableHealth(Table table) {
        this.table = table;
    }

    @Override
    public HealthCheckResponse call() {
        HealthCheckResponseBuilder answer = HealthCheckResponse.named("table");
        try {
            table.get(PROBE, Consistency.STRONG).await().atMost(PATIENCE);
            return answer.up().build();
        } catch (RuntimeException e) {
            return answer.down()
                    .withData("error", String.valueOf(e.getMessage()))
                    .build();
        }
    }
}
