package io.hearth.codec.parquet;

import java.io.IOException;

/** A file is no Parquet, is damaged, or has what is not read here. The message tells its sender. */
public final class CorruptParquetException extends IOException {
    private static final long serialVersionUID = 1L;

    CorruptParquetException(String message) {
        super(message);
    }
}
