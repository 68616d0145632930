package io.hearth.boot;

import io.hearth.backup.BackupException;
import io.hearth.backup.Backups;
import io.hearth.config.BackupConfig;
import io.hearth.config.HearthConfig;
import io.hearth.config.StartupRefusedException;
import io.hearth.table.Table;
import io.hearth.table.rocksdb.RocksDbTable;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;

/** Makes what backs the table up, if the settings want that and the engine can. */
@Singleton
class BackupWiring {
    @Produces
    @Singleton
    Optional<Backups> backups(Table table, HearthConfig hearth, BackupConfig config, InstantSource wallClock) {
        if (config.dir().isEmpty()) {
            return Optional.empty();
        }
        if (!(table instanceof RocksDbTable embedded)) {
            throw new StartupRefusedException(
                    "hearth.backup.dir is set, but only the table engine rocksdb makes backups; unset it, and back the"
                            + " table up where it is",
                    null);
        }
        Path directory = config.dir().get();
        Path data = hearth.dataDir().toAbsolutePath().normalize();
        if (directory.toAbsolutePath().normalize().startsWith(data)) {
            throw new StartupRefusedException(
                    "hearth.backup.dir is inside the data directory " + data + "; set it to another place, best on"
                            + " another disk",
                    null);
        }
        try {
            Backups.refuseIfForeign(directory);
        } catch (BackupException e) {
            throw new StartupRefusedException(String.valueOf(e.getMessage()), e);
        }
        Backups.Settings settings =
                new Backups.Settings(directory, hearth.dataDir().resolve("backup-staging"), config.window());
        return Optional.of(new Backups(embedded, settings, wallClock));
    }
}
