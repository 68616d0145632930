package io.hearth.sync;

import io.hearth.model.RegionId;
import io.hearth.series.SeriesStore;
import io.hearth.sync.wire.PutAside;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Metrics of each peer, by its region. Of a peer that was removed gauges say NaN. */
public final class SyncMetrics {
    private final SyncService service;
    private final MeterRegistry registry;

    public SyncMetrics(SyncService service, MeterRegistry registry) {
        this.service = service;
        this.registry = registry;
    }

    /** Registers the metrics of the start of sync. */
    public void watchStart() {
        Gauge.builder(
                        "hearth.sync.start.pending",
                        service,
                        sync -> sync.startStatus().done() ? 0 : 1)
                .description("Whether something that sync does at the start is not done yet, and is tried again")
                .register(registry);
        FunctionCounter.builder(
                        "hearth.sync.start.failures",
                        service,
                        sync -> sync.startStatus().failures())
                .description("Times that something which sync does at the start has failed")
                .register(registry);
    }

    /** Registers the metrics of erasures, of this region and of others. */
    public void watchErasures(SeriesStore series) {
        Gauge.builder("hearth.series.erasures.pending", series, SeriesStore::pendingErasures)
                .description("Erasures that are stored and not carried out; what they cover is in no answer")
                .register(registry);
        FunctionCounter.builder("hearth.series.erasures.failures", series, SeriesStore::failedErasures)
                .description("Times that an erasure which a process had left could not be finished, and is tried again")
                .register(registry);
    }

    /** Registers the metrics of a peer; does nothing the second time. */
    public void watch(RegionId peer) {
        gauge(
                "lag",
                "seconds",
                "For how long what the peer has may be missing here",
                peer,
                PeerProgress::behindSeconds);
        gauge(
                "lag.records",
                null,
                "How many changes of the peer are still to be taken in, as far as it counts; -1 if that is not known",
                peer,
                PeerProgress::behindRecords);
        gauge(
                "clock.ahead",
                "seconds",
                "How far the peer's clock is ahead, while that is too far and nothing is taken in",
                peer,
                progress -> progress.clockAheadMillis() / 1e3);
        counter("records", null, "Records taken in", peer, PeerProgress::records);
        counter("readings", null, "Readings stored that a peer sent", peer, PeerProgress::readings);
        counter("received", "bytes", "Received from a peer", peer, PeerProgress::bytes);
        counter("conflicts", null, "Writes that lost against one of another region", peer, PeerProgress::conflicts);
        counter(
                "errors",
                null,
                "Times that a peer was not reached or could not be taken in",
                peer,
                PeerProgress::errors);
        counter(
                "refused",
                null,
                "Records that were left out: damaged, or without room to put them aside",
                peer,
                PeerProgress::refused);
        counter(
                "unknown",
                null,
                "Records of a later version that were put aside",
                peer,
                progress -> progress.putAside(PutAside.Reason.LATER_VERSION));
        for (PutAside.Reason reason : PutAside.Reason.values()) {
            FunctionCounter.builder(
                            "hearth.sync.put.aside",
                            service,
                            sync -> sync.progress(peer)
                                    .map(progress -> (double) progress.putAside(reason))
                                    .orElse(0.0))
                    .tag("peer", peer.value())
                    .tag("reason", reason.text())
                    .description("Records that cannot be taken in now and were put aside")
                    .register(registry);
        }
        counter(
                "differing",
                null,
                "Days of devices, and shadows, that were not the same when they were compared",
                peer,
                PeerProgress::differing);
        counter("snapshots", null, "Times that everything was taken over", peer, PeerProgress::snapshots);
    }

    private void gauge(
            String name,
            @Nullable String unit,
            String description,
            RegionId peer,
            ToDoubleFunction<PeerProgress> value) {
        Gauge.builder(
                        "hearth.sync." + name,
                        service,
                        sync -> sync.progress(peer).map(value::applyAsDouble).orElse(Double.NaN))
                .baseUnit(unit)
                .tag("peer", peer.value())
                .description(description)
                .register(registry);
    }

    private void counter(
            String name,
            @Nullable String unit,
            String description,
            RegionId peer,
            ToDoubleFunction<PeerProgress> value) {
        FunctionCounter.builder(
                        "hearth.sync." + name,
                        service,
                        sync -> sync.progress(peer).map(value::applyAsDouble).orElse(0.0))
                .baseUnit(unit)
                .tag("peer", peer.value())
                .description(description)
                .register(registry);
    }
}
