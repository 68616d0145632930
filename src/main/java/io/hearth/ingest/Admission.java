package io.hearth.ingest;

import io.hearth.codec.JsonReadings;
import io.hearth.codec.LineReader;
import io.hearth.codec.MalformedPayloadException;
import io.hearth.codec.RejectedReading;
import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.PointBuffer;
import io.hearth.series.SeriesStore;
import io.hearth.series.value.AppendBatch;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/** Decodes payloads and decides which of their readings can be stored. Safe for several threads. */
final class Admission {
    private final JsonReadings json = new JsonReadings();
    private final SeriesStore series;
    private final InstantSource wallClock;
    private final long clockAheadMicros;
    private final long retentionMicros;
    private final ArrivalTimes arrivalTimes;

    /** @param retention zero means for ever */
    Admission(SeriesStore series, InstantSource wallClock, Duration clockAhead, Duration retention) {
        this.series = series;
        this.wallClock = wallClock;
        this.clockAheadMicros = clockAhead.toMillis() * 1000;
        arrivalTimes = new ArrivalTimes(series, clockAheadMicros);
        this.retentionMicros = retention.isZero() ? Long.MAX_VALUE : retention.toMillis() * 1000;
    }

    /**
     * What became of a payload.
     *
     * @param rejections the readings that cannot be stored, by index ascending
     * @param timeless whether a reading came without a time of its own, so that it would be doubled if it came again
     */
    record Admitted(List<Rejection> rejections, boolean timeless) {}

    /**
     * Adds the readings of a payload that can be stored to the points of {@code batch}, each with a device time; the caller
     * assigns them to the device.
     *
     * @param ingestTimeMicros stands in for a missing device time
     * @return those that cannot be stored, and whether any came without a time
     * @throws MalformedPayloadException if none of it could be decoded; the batch is as it was
     */
    Admitted admit(DeviceId device, byte[] payload, long ingestTimeMicros, AppendBatch batch)
            throws MalformedPayloadException {
        return admit(device, payload, ingestTimeMicros, batch, deviceTime -> false);
    }

    /** As above, but for readings that have been erased since they came in. */
    Admitted admitUnerased(DeviceId device, byte[] payload, long ingestTimeMicros, AppendBatch batch)
            throws MalformedPayloadException {
        return admit(
                device,
                payload,
                ingestTimeMicros,
                batch,
                deviceTimeMicros -> series.isErasedSince(device, deviceTimeMicros, ingestTimeMicros));
    }

    private Admitted admit(
            DeviceId device, byte[] payload, long ingestTimeMicros, AppendBatch batch, LongPredicate isErased)
            throws MalformedPayloadException {
        PointBuffer points = batch.points();
        int first = points.size();
        List<RejectedReading> unfit = json.decode(payload, points);
        long nowMicros = EpochMicros.of(wallClock.instant());
        boolean allFit = unfit.isEmpty();
        boolean timeless = false;
        for (int reading = first; reading < points.size(); reading++) {
            timeless |= setMissingTime(device, points, reading, ingestTimeMicros, nowMicros);
            allFit &= objection(device, points, reading, nowMicros, isErased) == null;
        }
        List<Rejection> rejections = allFit ? List.of() : reject(device, points, first, unfit, nowMicros, isErased);
        return new Admitted(rejections, timeless);
    }

    /**
     * Adds the readings of lines that can be stored to {@code batch}, each assigned to the device that its line names.
     *
     * @param reader adds to the points of {@code batch}
     * @param ingestTimeMicros when the lines arrived
     * @param refused hears of the readings that cannot be stored, by line
     * @return whether there are readings without a time of their own; they still have none
     */
    boolean admitLines(LineReader reader, long ingestTimeMicros, AppendBatch batch, Consumer<Rejection> refused) {
        PointBuffer points = batch.points();
        boolean timeless = false;
        while (reader.next()) {
            String problem = reader.problem();
            if (problem != null) {
                RejectionReason reason = reader.isTooLong() ? RejectionReason.TOO_LARGE : RejectionReason.MALFORMED;
                refused.accept(new Rejection(reader.line(), reason, problem));
                continue;
            }
            int reading = points.size() - 1;
            DeviceId device = reader.device();
            if (device == null) {
                points.truncate(reading);
                refused.accept(new Rejection(reader.line(), RejectionReason.INVALID_DEVICE, invalidDevice()));
                continue;
            }
            Objection objection = plainObjection(points, reading, ingestTimeMicros);
            // The device has room for what it has sent just before.
            if (objection == null && !batch.repeatsMetrics(device, reading)) {
                objection = roomObjection(device, points, reading);
            }
            if (objection == null) {
                timeless |= points.timeMicros(reading) == PointBuffer.NO_TIME;
                batch.assign(device, reading, ingestTimeMicros, null);
            } else {
                points.truncate(reading);
                refused.accept(new Rejection(reader.line(), objection.reason, objection.detail));
            }
        }
        return timeless;
    }

    /** Gives the readings of a batch without a time that of their arrival, those of one device ascending. */
    void setMissingTimes(AppendBatch batch, long ingestTimeMicros) {
        long nowMicros = EpochMicros.of(wallClock.instant());
        batch.setMissingTimes(device -> arrivalTimes.next(device, ingestTimeMicros, nowMicros));
    }

    /** A payload that {@link #admit} took, with only the readings that were rejected. */
    byte[] rejectedOf(byte[] payload, List<Rejection> rejections) {
        BitSet indexes = new BitSet();
        rejections.forEach(rejection -> indexes.set(rejection.index()));
        return json.select(payload, indexes);
    }

    static String invalidDevice() {
        return "device: a device id has 1 to " + DeviceId.MAX_LENGTH + " of a-z A-Z 0-9 : _ -";
    }

    private record Objection(RejectionReason reason, String detail) {}

    private @Nullable Objection objection(
            DeviceId device, PointBuffer points, int reading, long nowMicros, LongPredicate isErased) {
        if (isErased.test(points.timeMicros(reading))) {
            return new Objection(RejectionReason.ERASED, "the reading was erased after it came in");
        }
        Objection objection = plainObjection(points, reading, nowMicros);
        return objection == null ? roomObjection(device, points, reading) : objection;
    }

    /** What a reading is refused for whatever its device has sent before. */
    private @Nullable Objection plainObjection(PointBuffer points, int reading, long nowMicros) {
        return points.fits(reading)
                ? clockObjection(points, reading, nowMicros)
                : new Objection(
                        RejectionReason.INVALID_READING,
                        "the reading's names and texts have more than " + PointBuffer.MAX_READING_BYTES + " bytes");
    }

    private @Nullable Objection clockObjection(PointBuffer points, int reading, long nowMicros) {
        long timeMicros = points.timeMicros(reading);
        if (timeMicros == PointBuffer.NO_TIME) {
            return null;
        }
        if (timeMicros < EpochMicros.MIN_RFC3339) {
            return new Objection(
                    RejectionReason.INVALID_READING, "ts: is before the year 0, which no answer can write");
        }
        if (timeMicros > nowMicros + clockAheadMicros) {
            return new Objection(
                    RejectionReason.CLOCK_AHEAD,
                    "ts: is more than " + Duration.ofMillis(clockAheadMicros / 1000) + " ahead of the service's clock");
        }
        if (retentionMicros != Long.MAX_VALUE && timeMicros <= nowMicros - retentionMicros) {
            return new Objection(
                    RejectionReason.CLOCK_BEHIND,
                    "ts: is older than the retention of " + Duration.ofMillis(retentionMicros / 1000));
        }
        return null;
    }

    private @Nullable Objection roomObjection(DeviceId device, PointBuffer points, int reading) {
        return series.hasRoomFor(device, points, reading)
                ? null
                : new Objection(RejectionReason.TOO_MANY_METRICS, "the device has sent too many different metrics");
    }

    private boolean setMissingTime(
            DeviceId device, PointBuffer points, int reading, long ingestTimeMicros, long nowMicros) {
        if (points.timeMicros(reading) != PointBuffer.NO_TIME) {
            return false;
        }
        points.setTimeMicros(reading, arrivalTimes.next(device, ingestTimeMicros, nowMicros));
        return true;
    }

    /** Takes out the readings that cannot be stored; the rare case, so it may copy. */
    private List<Rejection> reject(
            DeviceId device,
            PointBuffer points,
            int first,
            List<RejectedReading> unfit,
            long nowMicros,
            LongPredicate isErased) {
        List<Rejection> rejections = new ArrayList<>();
        for (RejectedReading reading : unfit) {
            rejections.add(new Rejection(reading.index(), RejectionReason.INVALID_READING, reading.detail()));
        }
        PointBuffer kept = new PointBuffer();
        int index = -1;
        int nextUnfit = 0;
        for (int reading = first; reading < points.size(); reading++) {
            index++;
            while (nextUnfit < unfit.size() && unfit.get(nextUnfit).index() == index) {
                nextUnfit++;
                index++;
            }
            Objection objection = objection(device, points, reading, nowMicros, isErased);
            if (objection == null) {
                copy(points, reading, kept);
            } else {
                rejections.add(new Rejection(index, objection.reason, objection.detail));
            }
        }
        points.truncate(first);
        for (int reading = 0; reading < kept.size(); reading++) {
            copy(kept, reading, points);
        }
        rejections.sort(Comparator.comparingInt(Rejection::index));
        return rejections;
    }

    private static void copy(PointBuffer source, int reading, PointBuffer target) {
        target.beginReading();
        for (int point = source.firstPoint(reading); point < source.firstPoint(reading + 1); point++) {
            target.addPointOf(source, point);
        }
        target.endReading(source.timeMicros(reading));
    }
}
