package io.hearth.ingest;

import io.hearth.table.Cursor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Some dead letters, the latest first, and where to go on; null at the end. */
public record DeadLetterPage(
        List<DeadLetter> letters, @Nullable Cursor next) {}
