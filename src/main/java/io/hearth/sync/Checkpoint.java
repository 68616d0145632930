package io.hearth.sync;

import io.hearth.bytes.ByteReader;
import io.hearth.bytes.ByteWriter;
import io.hearth.bytes.Format;
import io.hearth.sync.wire.PeerStart;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How far a peer has been taken in. Body, format 1: {@code [1] format | text changes | varint segments, each [1] state | text
 * place}.
 *
 * @param changes the place in its feed; what lies before it is durable here, or in the snapshot that is being taken
 * @param segments those of the snapshot; empty once it has been taken as a whole
 */
record Checkpoint(String changes, List<Segment> segments) {
    private static final int FORMAT = 1;

    /**
     * A part of the snapshot.
     *
     * @param place how far it was taken; null if not at all
     * @param done whether it was taken as a whole
     */
    record Segment(@Nullable String place, boolean done) {}

    Checkpoint {
        segments = List.copyOf(segments);
    }

    /** The beginning with a peer: all of its snapshot is still to be taken. */
    static Checkpoint at(PeerStart start) {
        List<Segment> segments = new ArrayList<>();
        for (int i = 0; i < start.segments(); i++) {
            segments.add(new Segment(null, false));
        }
        return new Checkpoint(start.changes(), segments);
    }

    Checkpoint withChanges(String place) {
        return new Checkpoint(place, segments);
    }

    Checkpoint withSegment(int index, Segment segment) {
        List<Segment> all = new ArrayList<>(segments);
        all.set(index, segment);
        return new Checkpoint(changes, all.stream().allMatch(Segment::done) ? List.of() : all);
    }

    /** The first segment that is still to be taken; -1 if there is none. */
    int openSegment() {
        for (int i = 0; i < segments.size(); i++) {
            if (!segments.get(i).done()) {
                return i;
            }
        }
        return -1;
    }

    byte[] encode() {
        ByteWriter out = new ByteWriter(128);
        out.writeByte(FORMAT);
        out.writeText(changes);
        out.writeVarint(segments.size());
        for (Segment segment : segments) {
            out.writeByte(segment.done ? 2 : segment.place == null ? 0 : 1);
            out.writeText(segment.place == null ? "" : segment.place);
        }
        return out.toByteArray();
    }

    static Checkpoint decode(byte[] body) {
        ByteReader in = new ByteReader(body);
        Format.require(in.readByte(), FORMAT, "a checkpoint");
        String changes = in.readText();
        List<Segment> segments = new ArrayList<>();
        for (int left = in.readCount(in.remaining()); left > 0; left--) {
            int state = in.readByte();
            String place = in.readText();
            segments.add(new Segment(state == 1 ? place : null, state == 2));
        }
        return new Checkpoint(changes, segments);
    }
}
