package io.hearth.table.dynamodb;

import io.hearth.table.FakeClock;
import io.hearth.table.ModelPlayer;
import io.hearth.table.Table;
import io.hearth.table.memory.MemoryTable;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Plays random operations on this engine and on {@link MemoryTable} and compares every answer. Among them the clock
 * advances, the table is closed and opened, and shards of its stream end. {@code -DDynamoDbModelIT.seed=} replays a run, {@code -Dsteps=}
 * makes it longer.
 */
final class DynamoDbModelIT {
    private static final int STEPS_BETWEEN_FULL_COMPARISONS = 50;

    private final FakeClock clock = new FakeClock();

    @Test
    void randomOperations_answerAsTheModelDoes() {
        long seed = Long.getLong("DynamoDbModelIT.seed", System.nanoTime());
        int steps = Integer.getInteger("steps", 150);
        System.out.println("DynamoDbModelIT -DDynamoDbModelIT.seed=" + seed);
        Random random = new Random(seed);
        Table model = new MemoryTable(clock);
        TestDynamoDb dynamoDb = TestDynamoDb.get();
        DynamoDbTable table = dynamoDb.open(clock);
        DynamoDbSettings settings = table.settings();
        try {
            ModelPlayer player = new ModelPlayer(random, clock, model, table, ModelPlayer.Feed.EFFECTIVE);
            for (int step = 1; step <= steps; step++) {
                int dice = random.nextInt(100);
                if (dice < 5) {
                    clock.advance(Duration.ofMillis(random.nextInt(4000)));
                } else if (dice < 6) {
                    table.close();
                    table = DynamoDbTable.open(settings, clock, RequestListener.NONE);
                    player.use(table);
                } else if (dice < 7) {
                    if (random.nextBoolean()) {
                        dynamoDb.stream(table).rollShards();
                    } else {
                        dynamoDb.stream(table).splitShard();
                    }
                } else {
                    player.step();
                }
                if (step % STEPS_BETWEEN_FULL_COMPARISONS == 0) {
                    player.compareEverything();
                }
            }
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError("replay with -DDynamoDbModelIT.seed=" + seed, e);
        } finally {
            table.close();
        }
    }
}
