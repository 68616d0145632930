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
import java.util.Iterator;
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
     * @param rejections the readings that cannot be stored, or not with all of their values, by index ascending
     * @param parts what of the payload is not stored, in the same order
     * @param timeless whether a reading came without a time of its own, so that it would be doubled if it came again
     */
    record Admitted(List<Rejection> rejections, List<JsonReadings.Part> parts, boolean timeless) {
        /** The same, with the readings of which something is not stored as they came. */
        Admitted withWholeReadings() {
            List<JsonReadings.Part> whole = parts.stream()
                    .map(part -> new JsonReadings.Part(part.index()))
                    .toList();
            return new Admitted(rejections, whole, timeless);
        }
    }

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
        return admit(device, payload, ingestTimeMicros, batch, false, deviceTime -> false);
    }

    /** As above, but of a reading with values that cannot be stored, the others are added. */
    Admitted admitMost(DeviceId device, byte[] payload, long ingestTimeMicros, AppendBatch batch)
            throws MalformedPayloadException {
        return admit(device, payload, ingestTimeMicros, batch, true, deviceTime -> false);
    }

    /** As {@link #admit}, but for readings that have been erased since they came in. */
    Admitted admitUnerased(DeviceId device, byte[] payload, long ingestTimeMicros, AppendBatch batch)
            throws MalformedPayloadException {
        return admit(
                device,
                payload,
                ingestTimeMicros,
                batch,
                false,
                deviceTimeMicros -> series.isErasedSince(device, deviceTimeMicros, ingestTimeMicros));
    }

    private Admitted admit(
            DeviceId device,
            byte[] payload,
            long ingestTimeMicros,
            AppendBatch batch,
            boolean keepsRest,
            LongPredicate isErased)
            throws MalformedPayloadException {
        PointBuffer points = batch.points();
        int first = points.size();
        List<RejectedReading> unfit = keepsRest ? json.decodeMost(payload, points) : json.decode(payload, points);
        long nowMicros = EpochMicros.of(wallClock.instant());
        boolean allFit = unfit.isEmpty();
        boolean timeless = false;
        for (int reading = first; reading < points.size(); reading++) {
            timeless |= setMissingTime(device, points, reading, ingestTimeMicros, nowMicros);
            allFit &= objection(device, points, reading, nowMicros, isErased) == null;
        }
        return allFit
                ? new Admitted(List.of(), List.of(), timeless)
                : reject(device, points, first, unfit, nowMicros, isErased, timeless);
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

    /** A payload that was admitted, with only what is not stored of it. */
    byte[] rejectedOf(byte[] payload, Admitted admitted) {
        byte[] selected = json.select(payload, admitted.parts);
        // Written anew it may be several times as long, and a dead letter would not keep all of it.
        return selected.length <= DeadLetters.KEPT
                ? selected
                : json.select(payload, admitted.withWholeReadings().parts);
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
                : new Objection(RejectionReason.INVALID_READING, PointBuffer.TOO_LARGE);
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
    private Admitted reject(
            DeviceId device,
            PointBuffer points,
            int first,
            List<RejectedReading> unfit,
            long nowMicros,
            LongPredicate isErased,
            boolean timeless) {
        List<Rejection> rejections = new ArrayList<>();
        List<JsonReadings.Part> parts = new ArrayList<>();
        PointBuffer kept = new PointBuffer();
        Iterator<RejectedReading> unfits = unfit.iterator();
        RejectedReading nextUnfit = unfits.hasNext() ? unfits.next() : null;
        int reading = first;
        for (int index = 0; reading < points.size() || nextUnfit != null; index++) {
            RejectedReading here = nextUnfit != null && nextUnfit.index() == index ? nextUnfit : null;
            if (here != null) {
                nextUnfit = unfits.hasNext() ? unfits.next() : null;
                if (here.isWhole()) {
                    rejections.add(new Rejection(index, RejectionReason.INVALID_READING, here.detail()));
                    parts.add(new JsonReadings.Part(index));
                    continue;
                }
            }
            Objection objection = objection(device, points, reading, nowMicros, isErased);
            if (objection != null) {
                rejections.add(new Rejection(index, objection.reason, objection.detail));
                parts.add(new JsonReadings.Part(index));
            } else {
                copy(points, reading, kept);
                if (here != null) {
                    rejections.add(new Rejection(index, RejectionReason.INVALID_READING, here.detail()));
                    parts.add(new JsonReadings.Part(index, here.refusedValues(), points.timeMicros(reading)));
                }
            }
            reading++;
        }
        points.truncate(first);
        for (int keptReading = 0; keptReading < kept.size(); keptReading++) {
            copy(kept, keptReading, points);
        }
        return new Admitted(rejections, parts, timeless);
    }

    private static void copy(PointBuffer source, int reading, PointBuffer target) {
        target.beginReading();
        for (int point = source.firstPoint(reading); point < source.firstPoint(reading + 1); point++) {
            target.addPointOf(source, point);
        }
        target.endReading(source.timeMicros(reading));
    }
}
