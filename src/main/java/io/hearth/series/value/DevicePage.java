package io.hearth.series.value;

import io.hearth.table.Cursor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Some of the devices, by id ascending, and where to go on; null at the end. */
public record DevicePage(
        List<DeviceSummary> devices, @Nullable Cursor next) {}
