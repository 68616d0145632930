/**
 * The small files in which a table says which format it has and up to where it is durable, and the damage that is
 * met in any of its files.
 */
@NullMarked
package io.hearth.table.rocksdb.file;

import org.jspecify.annotations.NullMarked;
