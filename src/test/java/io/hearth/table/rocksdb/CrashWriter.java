package io.hearth.table.rocksdb;

import io.hearth.table.Bytes;
import io.hearth.table.CommitListener;
import io.hearth.table.IndexKey;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.Write;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Semaphore;

/**
 * Prints {@value #OPENING}, opens a table, and writes items 0, 1, ... of each of its threads until it is killed, with many
 * unanswered; prints {@code thread number} for each that is acknowledged.
 */
final class CrashWriter {
    static final int THREADS = 2;
    static final String OPENING = "opening";
    private static final int OUTSTANDING = 200;

    private CrashWriter() {}

    /** @param arguments directory and prefix of the partition keys */
    public static void main(String[] arguments) {
        System.out.println(OPENING);
        System.out.flush();
        RocksDbTable table = RocksDbTable.open(
                TestTables.settings(Path.of(arguments[0])), InstantSource.system(), CommitListener.NONE);
        // Mutiny sets itself up at its first use, and not safely from two threads at once.
        TestTables.await(table.write(List.of()));
        for (int t = 0; t < THREADS; t++) {
            int thread = t;
            new Thread(() -> writeForEver(table, arguments[1], thread)).start();
        }
    }

    private static void writeForEver(RocksDbTable table, String prefix, int thread) {
        Semaphore window = new Semaphore(OUTSTANDING);
        for (int i = 0; ; i++) {
            int number = i;
            window.acquireUninterruptibly();
            table.write(List.of(new Write.Put(item(prefix, thread, number))))
                    .subscribe()
                    .with(
                            done -> {
                                synchronized (CrashWriter.class) {
                                    System.out.println(thread + " " + number);
                                    System.out.flush();
                                }
                                window.release();
                            },
                            failure -> {
                                failure.printStackTrace();
                                Runtime.getRuntime().halt(1);
                            });
        }
    }

    static Item item(String prefix, int thread, int number) {
        Bytes sort = Bytes.wrap(ByteBuffer.allocate(4).putInt(number).array());
        IndexKey index = number % 10 == 0 ? new IndexKey("index of " + prefix + thread, sort) : null;
        Bytes body = Bytes.wrap(new byte[number % 300]);
        return new Item(new Key(prefix + thread, sort), body, 0, number, index);
    }
}
