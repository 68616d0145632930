package io.hearth.rest.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hearth.model.EpochMicros;
import io.hearth.rest.problem.ProblemException;
import io.hearth.series.Sealing;
import io.hearth.series.SeriesFixture;
import io.hearth.series.SeriesStore;
import io.hearth.table.Table;
import io.hearth.table.memory.MemoryTable;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class MaintenanceResourceTest {
    private final SeriesFixture clock = new SeriesFixture();
    private final Table table = new MemoryTable(clock);
    private final SeriesStore store = clock.open(table, Duration.ZERO);
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

    @Test
    void seal_endedWindow_tellsWhatItDid_andCounts() {
        long yesterday =
                EpochMicros.of(SeriesFixture.START) - Duration.ofDays(1).toMillis() * 1000;
        for (int i = 0; i < 100; i++) {
            SeriesFixture.append(store, "d1", yesterday + i * 1_000_000L, Map.of("a", i / 10.0));
        }
        SeriesFixture.append(store, "d1", EpochMicros.of(SeriesFixture.START), Map.of("a", 1));

        MaintenanceResource.Sealed sealed = resource(table).seal();

        assertThat(sealed.readings()).isEqualTo(100);
        assertThat(sealed.chunks()).isEqualTo(1);
        assertThat(sealed.bytesAfter()).isPositive().isLessThan(sealed.bytesBefore());
        assertThat(sealed.seconds()).isNotNegative();
        assertThat(registry.counter("hearth.series.sealed.readings").count()).isEqualTo(100);
        assertThat(registry.get("hearth.series.sealed")
                        .tag("state", "after")
                        .counter()
                        .count())
                .isEqualTo(sealed.bytesAfter());
        assertThat(registry.get("hearth.series.seal").timer().count()).isPositive();
        assertThat(resource(table).seal().readings()).isZero();
    }

    @Test
    void seal_whileAnotherCallSeals_isAProblem_andPossibleAgainAfterwards() throws Exception {
        CountDownLatch reclaiming = new CountDownLatch(1);
        CountDownLatch proceed = new CountDownLatch(1);
        MaintenanceResource resource = resource((Table) Proxy.newProxyInstance(
                Table.class.getClassLoader(), new Class<?>[] {Table.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("reclaim")) {
                        reclaiming.countDown();
                        assertThat(proceed.await(30, TimeUnit.SECONDS)).isTrue();
                    }
                    try {
                        return method.invoke(table, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                }));
        CompletableFuture<MaintenanceResource.Sealed> first = CompletableFuture.supplyAsync(resource::seal);
        assertThat(reclaiming.await(30, TimeUnit.SECONDS)).isTrue();

        assertThatThrownBy(resource::seal).isInstanceOf(ProblemException.class).hasMessageContaining("Another call");

        proceed.countDown();
        assertThat(first.get(30, TimeUnit.SECONDS).readings()).isZero();
        assertThat(resource.seal().readings()).isZero();
    }

    private MaintenanceResource resource(Table reclaimed) {
        return new MaintenanceResource(new Sealing(store, () -> Long.MAX_VALUE, registry), reclaimed, clock);
    }
}
