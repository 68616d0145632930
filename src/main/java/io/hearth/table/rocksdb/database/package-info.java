/**
 * An open RocksDB: opening it once its log was checked, keeping it open while it is used, and opening it anew
 * after an error of the disk.
 */
@NullMarked
package io.hearth.table.rocksdb.database;

import org.jspecify.annotations.NullMarked;
