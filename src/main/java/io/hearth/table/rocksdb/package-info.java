/**
 * The table on RocksDB in a local directory: one process, durable with one synced log write for all writers that wait.
 * This package has the table itself, with its reads and its change feed; those below it have the parts. They alone import RocksDB,
 * and what they store is pinned by golden tests.
 */
@NullMarked
package io.hearth.table.rocksdb;

import org.jspecify.annotations.NullMarked;
