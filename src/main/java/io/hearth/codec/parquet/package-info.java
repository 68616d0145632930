/**
 * Readings as Apache Parquet files. The columns' encodings are those of {@code parquet-column} and the metadata's that of
 * {@code parquet-format-structures}; pages, row groups and the footer are put together here, as the part of the library that
 * does so needs Hadoop.
 */
@NullMarked
package io.hearth.codec.parquet;

import org.jspecify.annotations.NullMarked;
