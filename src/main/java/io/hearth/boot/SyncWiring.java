package io.hearth.boot;

import io.hearth.config.HearthConfig;
import io.hearth.config.LimitsConfig;
import io.hearth.config.ShadowConfig;
import io.hearth.config.StartupRefusedException;
import io.hearth.config.StreamConfig;
import io.hearth.config.SyncConfig;
import io.hearth.model.RegionId;
import io.hearth.series.SeriesStore;
import io.hearth.shadow.ShadowStore;
import io.hearth.sync.PullLeases;
import io.hearth.sync.ShadowVerification;
import io.hearth.sync.SyncMetrics;
import io.hearth.sync.SyncService;
import io.hearth.sync.SyncSource;
import io.hearth.sync.SyncTarget;
import io.hearth.sync.Verification;
import io.hearth.sync.feed.FeedReader;
import io.hearth.sync.http.HttpPeers;
import io.hearth.table.Table;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;

/** Makes sync from the settings. */
@Singleton
class SyncWiring {
    /** Below what proxies and firewalls cut off. */
    private static final Duration LONG_POLL = Duration.ofSeconds(10);

    @Produces
    @Singleton
    SyncSource source(Table table, HearthConfig hearth) {
        return new SyncSource(table, new RegionId(hearth.region()));
    }

    @Produces
    @Singleton
    FeedReader feed(SyncSource source, StreamConfig stream, SyncConfig sync, MeterRegistry registry) {
        FeedReader feed = new FeedReader(source, stream.pollInterval(), sync.maxWaiting());
        Gauge.builder("hearth.sync.waiting", feed, FeedReader::waiting)
                .description("Peers and apps that wait for changes")
                .register(registry);
        return feed;
    }

    @Produces
    @Singleton
    SyncService service(
            Table table,
            SeriesStore series,
            SyncTarget target,
            Verification verification,
            HearthConfig hearth,
            SyncConfig config,
            LimitsConfig limits,
            InstantSource clock,
            MeterRegistry registry) {
        RegionId region = new RegionId(hearth.region());
        HttpPeers transports;
        try {
            transports = new HttpPeers(
                    region,
                    config.relay(),
                    config.trustFile(),
                    limits.peerAnswer().asLongValue());
        } catch (IOException e) {
            throw new StartupRefusedException("HEARTH_SYNC_TRUST_FILE: " + e.getMessage(), e);
        }
        SyncService service = new SyncService(
                table,
                region,
                target,
                series.remote(),
                clock,
                verification,
                new SyncService.Settings(config.pageRecords(), LONG_POLL, config.maxClockAhead()),
                transports,
                new PullLeases(table, clock));
        SyncMetrics metrics = new SyncMetrics(service, registry);
        metrics.watchStart();
        metrics.watchErasures(series);
        service.onPeer(metrics::watch);
        return service;
    }

    @Produces
    @Singleton
    ShadowVerification shadowVerification(
            Table table, ShadowStore shadows, SyncTarget target, ShadowConfig config, InstantSource clock) {
        return new ShadowVerification(table, shadows, target, clock, config.keptAfterDelete());
    }

    @Produces
    @Singleton
    Verification verification(
            SeriesStore series,
            SyncTarget target,
            ShadowVerification shadows,
            HearthConfig hearth,
            InstantSource clock) {
        return new Verification(series, target, shadows, clock, hearth.retention());
    }

    @Produces
    @Singleton
    SyncTarget target(Table table, SeriesStore series, ShadowStore shadows, SyncConfig config, InstantSource clock) {
        return new SyncTarget(table, series.remote(), shadows, clock, config.maxClockAhead());
    }
}
