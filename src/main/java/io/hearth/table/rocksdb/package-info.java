/**
 * The table on RocksDB in a local directory: one process, durable with one synced log write for all writers that wait.
 * The only package that imports RocksDB; what it stores is pinned by golden tests.
 */
@NullMarked
package io.hearth.table.rocksdb;

import org.jspecify.annotations.NullMarked;
