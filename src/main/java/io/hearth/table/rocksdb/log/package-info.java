/**
 * The write-ahead log and the manifest, read and written as files, without RocksDB: so that damage is told from a
 * torn end before a table is opened.
 */
@NullMarked
package io.hearth.table.rocksdb.log;

import org.jspecify.annotations.NullMarked;
