package io.hearth.table;

import static io.hearth.table.TableFixture.await;
import static io.hearth.table.TableFixture.item;
import static io.hearth.table.TableFixture.key;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.smallrye.mutiny.Uni;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The specification of {@link Table}: every engine passes it unchanged, and its test only opens an empty table. It asks
 * for nothing that DynamoDB cannot do.
 */
public abstract class TableContract
        implements WriteContract,
                ConditionContract,
                QueryContract,
                ExpiryContract,
                IndexContract,
                ScanContract,
                ReplaceContract,
                ChangesContract {
    private final FakeClock clock = new FakeClock();
    private Table table;

    /** An empty table that goes by {@code clock}; closed by the contract. */
    protected abstract Table open(InstantSource clock);

    @Override
    public Table table() {
        return table;
    }

    @Override
    public FakeClock clock() {
        return clock;
    }

    @BeforeEach
    void openTable() {
        table = open(clock);
    }

    @AfterEach
    void closeTable() {
        table.close();
    }

    @Test
    void operations_afterClose_failWithTableException() {
        Item item = item(key("d", 1), "x");
        Cursor cursor = await(table.changesFrom(ChangeStart.NOW));

        table.close();
        table.close();

        List<Uni<?>> operations = List.of(
                table.write(List.of(new Write.Put(item))),
                table.put(item, Condition.absent()),
                table.delete(item.key(), Condition.absent()),
                table.replace("d", List.of(item), List.of()),
                table.get(item.key(), Consistency.STRONG),
                table.query(TableFixture.all("d")),
                table.queryIndex(TableFixture.all("d")),
                table.scan(new Scan(0, 1, 1, null)),
                table.changesFrom(ChangeStart.NOW),
                table.changes(cursor, 1));
        assertThat(operations)
                .allSatisfy(
                        operation -> assertThatThrownBy(() -> await(operation)).isInstanceOf(TableException.class));
    }

    @Test
    void operations_notSubscribed_doNothing() {
        Item item = item(key("d", 1), "x");
        Uni<Void> write = table.write(List.of(new Write.Put(item)));

        assertThat(read(item.key())).isEmpty();
        await(write);
        assertThat(read(item.key())).contains(item);
    }
}
