package io.hearth.table.rocksdb.database;

import io.hearth.table.TableDamagedException;
import io.hearth.table.TableException;
import io.hearth.table.rocksdb.file.Damages;
import io.hearth.table.rocksdb.log.LogCheck;
import io.hearth.table.rocksdb.log.ManifestFile;
import io.hearth.table.rocksdb.row.BatchFormat;
import io.hearth.table.rocksdb.row.RowKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.rocksdb.AbstractEventListener;
import org.rocksdb.BackgroundErrorReason;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/** An open RocksDB with its column families; owns every native object that belongs to it. */
public final class Database implements AutoCloseable {
    private static final byte[] INDEX_NAME = "index".getBytes(StandardCharsets.UTF_8);

    /** The log is cut by flushing the column family that holds it back, once it has this many times the memtables. */
    private static final int WAL_PER_MEMTABLE = 4;

    private static final int BACKGROUND_JOBS = 2;
    private static final double BLOOM_BITS_PER_KEY = 10;
    private static final int BLOCK_BYTES = 16 << 10;

    private final NativeResources resources = new NativeResources();
    private final RocksDB db;
    private final ColumnFamilyHandle items;
    private final ColumnFamilyHandle index;
    private final WriteOptions durably;
    private final WriteOptions lazily;

    /** Opens the database of {@code settings}, and creates it if there is none, as far as its own files tell. */
    public static Database open(DatabaseSettings settings) {
        return open(settings, 0, new Damages(), true);
    }

    /**
     * Opens the database of {@code settings}, and creates it if there is none.
     *
     * @param acknowledged a sequence number up to which everything was durable
     * @param damages is told of damage with which the table can be opened
     * @param compacting whether sorted files are compacted in the background
     * @throws TableDamagedException if it has lost what was durable; nothing was changed
     * @throws TableException if it is open elsewhere, or cannot be used
     */
    public static Database open(DatabaseSettings settings, long acknowledged, Damages damages, boolean compacting) {
        Path directory = settings.directory();
        try {
            ManifestFile manifest = ManifestFile.read(directory);
            long expected = 0;
            if (manifest == null) {
                refuseIfUsed(directory, acknowledged);
            } else {
                LogCheck log = LogCheck.of(directory, manifest, acknowledged);
                log.cutTornEnds(damages);
                manifest.cutTornEnd();
                expected = log.expected();
            }
            Database database = new Database(settings, manifest, compacting);
            long reached = database.db().getLatestSequenceNumber();
            if (reached < expected) {
                database.close();
                throw new TableDamagedException(
                        "the table is damaged: the log in " + directory + " was replayed up to record " + reached
                                + " instead of record " + expected,
                        null);
            }
            return database;
        } catch (IOException e) {
            throw new TableException("the table in " + directory + " cannot be read: " + e, e);
        } catch (RocksDBException e) {
            String message = String.valueOf(e.getMessage());
            if (message.contains("lock")) {
                throw new TableException(
                        "the table directory " + settings.directory()
                                + " is open elsewhere: a Hearth, or a command of it, runs on it already",
                        e);
            }
            throw new TableException("the table in " + settings.directory() + " cannot be opened: " + message, e);
        }
    }

    /** Whether a failure is one of what is stored, and not of the disk or a limit. */
    public static boolean isDamage(RocksDBException e) {
        Status status = e.getStatus();
        return status != null && status.getCode() == Status.Code.Corruption;
    }

    /** Opens a database whose log was made anew by a repair, which has looked at it. */
    public static Database openRepaired(DatabaseSettings settings) throws IOException, RocksDBException {
        return new Database(settings, ManifestFile.read(settings.directory()), false);
    }

    /** The failure of a read, as the table's users hear of it: damaged or not, with the file that RocksDB names. */
    public static TableException unreadable(RocksDBException e) {
        String message = "the table cannot be read: " + e.getMessage();
        return isDamage(e)
                ? new TableDamagedException("the table is damaged: " + message, e)
                : new TableException(message, e);
    }

    /** Without a manifest there must be nothing else, or RocksDB would begin an empty database and remove the rest. */
    private static void refuseIfUsed(Path directory, long acknowledged) throws IOException {
        boolean used = acknowledged > 0;
        try (Stream<Path> files = Files.list(directory)) {
            used |= files.anyMatch(file -> String.valueOf(file.getFileName()).matches("[0-9]+\\.(log|sst)"));
        } catch (NoSuchFileException e) {
            return;
        }
        if (used) {
            throw new TableDamagedException(
                    "the table is damaged: " + directory.resolve(ManifestFile.CURRENT) + " is missing", null);
        }
    }

    /** @param manifest what is there already; null creates the database */
    private Database(DatabaseSettings settings, @Nullable ManifestFile manifest, boolean compacting)
            throws RocksDBException {
        boolean opened = false;
        try {
            LRUCache cache = resources.own(new LRUCache(settings.blockCacheBytes()));
            DBOptions options = resources.own(databaseOptions(settings)
                    .setCreateIfMissing(manifest == null)
                    .setCreateMissingColumnFamilies(manifest == null || manifest.isOfEmptyTable()));
            ColumnFamilyOptions familyOptions =
                    resources.own(familyOptions(settings, cache).setDisableAutoCompactions(!compacting));
            List<ColumnFamilyHandle> handles = new ArrayList<>();
            RocksDB database = RocksDB.open(
                    options,
                    settings.directory().toString(),
                    List.of(
                            new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY, familyOptions),
                            new ColumnFamilyDescriptor(INDEX_NAME, familyOptions)),
                    handles);
            db = resources.own(database);
            items = resources.own(handles.get(BatchFormat.ITEMS));
            index = resources.own(handles.get(BatchFormat.INDEX));
            durably = resources.own(new WriteOptions().setSync(settings.fsync()));
            lazily = resources.own(new WriteOptions());
            opened = true;
        } finally {
            if (!opened) {
                close();
            }
        }
    }

    private DBOptions databaseOptions(DatabaseSettings settings) {
        return trackingLogs()
                .setDbWriteBufferSize(settings.memtableBytes())
                .setMaxTotalWalSize(WAL_PER_MEMTABLE * settings.memtableBytes())
                .setWalTtlSeconds(settings.walRetention().toSeconds())
                .setMaxBackgroundJobs(BACKGROUND_JOBS)
                .setMaxBgErrorResumeCount(0)
                .setListeners(List.of(resources.own(new NoSelfRecovery())))
                // Smooths the disk: no file is written back all at once, which would hold up the log's sync.
                .setBytesPerSync(1 << 20)
                .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
                .setKeepLogFileNum(4)
                .setMaxLogFileSize(4 << 20)
                .setStatsDumpPeriodSec(0)
                .setStatsPersistPeriodSec(0);
    }

    /**
     * Has the manifest say how long each log file is that is not written to any more, so that a start sees when one is missing
     * or was cut. Set by its name, as the Java API has no method for it.
     */
    private static DBOptions trackingLogs() {
        Properties tracking = new Properties();
        tracking.setProperty("track_and_verify_wals_in_manifest", "true");
        DBOptions options = DBOptions.getDBOptionsFromProps(tracking);
        if (options == null) {
            throw new IllegalStateException("this RocksDB cannot track its logs");
        }
        return options;
    }

    /**
     * What is written is mostly the next run of its device. So each prefix of keys, the partition hash, remembers where the
     * last one went, and the next begins to look for its place from there: the search was half of what a commit costs.
     * Set by its name, as the Java API has no method for it.
     */
    private static ColumnFamilyOptions insertingBehindTheLast() {
        Properties hint = new Properties();
        hint.setProperty("memtable_insert_with_hint_prefix_extractor", "rocksdb.FixedPrefix." + RowKey.HASH_BYTES);
        ColumnFamilyOptions options = ColumnFamilyOptions.getColumnFamilyOptionsFromProps(hint);
        if (options == null) {
            throw new IllegalStateException("this RocksDB knows no insertion with hints");
        }
        return options;
    }

    private ColumnFamilyOptions familyOptions(DatabaseSettings settings, LRUCache cache) {
        return insertingBehindTheLast()
                .setWriteBufferSize(Math.max(settings.memtableBytes() / 4, 1 << 20))
                .setMaxWriteBufferNumber(4)
                .setLevelCompactionDynamicLevelBytes(true)
                .setTargetFileSizeBase(32 << 20)
                .setCompressionType(CompressionType.LZ4_COMPRESSION)
                .setBottommostCompressionType(CompressionType.ZSTD_COMPRESSION)
                .setTableFormatConfig(new BlockBasedTableConfig()
                        .setBlockCache(cache)
                        .setBlockSize(BLOCK_BYTES)
                        .setFilterPolicy(resources.own(new BloomFilter(BLOOM_BITS_PER_KEY)))
                        .setCacheIndexAndFilterBlocks(true)
                        .setPinL0FilterAndIndexBlocksInCache(true)
                        .setFormatVersion(6));
    }

    public RocksDB db() {
        return db;
    }

    public ColumnFamilyHandle items() {
        return items;
    }

    public ColumnFamilyHandle index() {
        return index;
    }

    /** Commits a serialized batch, durably if the settings want that. */
    public void write(byte[] batch) throws RocksDBException {
        write(batch, durably);
    }

    /** Commits a batch that may get lost in a power failure, as it will be made again. */
    public void writeLazily(byte[] batch) throws RocksDBException {
        write(batch, lazily);
    }

    private void write(byte[] batch, WriteOptions options) throws RocksDBException {
        try (WriteBatch nativeBatch = new WriteBatch(batch)) {
            db.write(options, nativeBatch);
        }
    }

    @Override
    public void close() {
        // Column families before the database, the database before its options and cache.
        resources.close();
    }

    /**
     * Keeps RocksDB from going on by itself after a failed write: it would give the sequence numbers of the failed records,
     * which may be in the log, to others, and the change feed would find them twice. {@link Recovery} opens it anew.
     */
    private static final class NoSelfRecovery extends AbstractEventListener {
        NoSelfRecovery() {
            super(EnabledEventCallback.ON_ERROR_RECOVERY_BEGIN);
        }

        @Override
        public boolean onErrorRecoveryBegin(BackgroundErrorReason reason, Status error) {
            return false;
        }
    }
}
