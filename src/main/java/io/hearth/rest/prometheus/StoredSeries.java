package io.hearth.rest.prometheus;

import io.hearth.model.DeviceId;
import io.hearth.model.ReadingBlock;
import io.hearth.model.TimeRange;
import io.hearth.promql.SeriesSource;
import io.hearth.series.SeriesStore;
import io.hearth.series.value.DevicePage;
import io.hearth.series.value.DeviceSummary;
import io.hearth.table.Consistency;
import io.hearth.table.Cursor;
import io.hearth.table.Direction;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;

/** The stored readings as series of samples. */
final class StoredSeries implements SeriesSource {
    private static final int PAGE_DEVICES = 1000;

    private final SeriesStore store;

    StoredSeries(SeriesStore store) {
        this.store = store;
    }

    @Override
    public Iterator<Device> devices() {
        return new Iterator<>() {
            private DevicePage page = store.devices(PAGE_DEVICES, null);
            private Iterator<DeviceSummary> devices = page.devices().iterator();

            @Override
            public boolean hasNext() {
                while (!devices.hasNext()) {
                    Cursor cursor = page.next();
                    if (cursor == null) {
                        return false;
                    }
                    page = store.devices(PAGE_DEVICES, cursor);
                    devices = page.devices().iterator();
                }
                return true;
            }

            @Override
            public Device next() {
                if (!hasNext()) {
                    throw new NoSuchElementException();
                }
                return of(devices.next());
            }
        };
    }

    @Override
    public Optional<Device> device(DeviceId id) {
        return store.device(id).map(StoredSeries::of);
    }

    @Override
    public Iterator<ReadingBlock> scan(DeviceId device, TimeRange range, Set<String> metrics) {
        return store.scan(device, range, metrics, Direction.ASCENDING, Consistency.STRONG);
    }

    private static Device of(DeviceSummary summary) {
        return new Device(summary.id(), summary.metrics());
    }
}
