package io.hearth.table.dynamodb;

import io.hearth.table.ByteReader;
import io.hearth.table.ByteWriter;
import io.hearth.table.CorruptItemException;
import io.hearth.table.Cursor;
import io.hearth.table.CursorCodec;
import io.hearth.table.CursorCodec.Kind;
import io.hearth.table.InvalidCursorException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/*
 * The position of a cursor of the change feed:
 *
 *   [4]     hash of the stream's ARN, so that a cursor of another stream is told apart
 *   varint  when it was issued, epoch s, to the hour
 *   varint  shards, each:
 *     text    its id
 *     text    the sequence number that was read last, as DynamoDB wrote it; empty for none
 *     varint  from which epoch second on records count; 0 for all
 *     varint  a random number that tells one such start from another; 0 with 0
 */

/** Where a reader of the change feed is: in every shard that it has not read to its end. */
record FeedPosition(int stream, long issuedSeconds, List<ShardPosition> shards) {
    private static final byte[] NO_REQUEST = new byte[0];
    private static final int MAX_SHARDS = 10_000;

    FeedPosition {
        shards = List.copyOf(shards);
    }

    /**
     * @param after the sequence number that was read last; null for none
     * @param sinceSeconds records that are older are left out; 0 for none
     * @param start tells starts at the end of the shard apart; 0 for a start at its beginning
     */
    record ShardPosition(String shard, @Nullable String after, long sinceSeconds, long start) {
        static ShardPosition beginningOf(String shard) {
            return new ShardPosition(shard, null, 0, 0);
        }

        ShardPosition behind(String sequenceNumber, boolean stillOld) {
            return new ShardPosition(shard, sequenceNumber, stillOld ? sinceSeconds : 0, stillOld ? start : 0);
        }
    }

    Cursor toCursor() {
        ByteWriter out = new ByteWriter(64 + shards.size() * 64);
        out.writeInt(stream);
        out.writeVarint(issuedSeconds);
        out.writeVarint(shards.size());
        for (ShardPosition position : shards) {
            out.writeText(position.shard);
            out.writeText(position.after == null ? "" : position.after);
            out.writeVarint(position.sinceSeconds);
            out.writeVarint(position.start);
        }
        return CursorCodec.encode(Kind.CHANGES, NO_REQUEST, out.toByteArray());
    }

    /** @throws InvalidCursorException if {@link #toCursor} did not make it */
    static FeedPosition of(Cursor cursor) {
        ByteReader in = new ByteReader(CursorCodec.decode(Kind.CHANGES, NO_REQUEST, cursor));
        try {
            int stream = in.readInt();
            long issuedSeconds = in.readVarint();
            int count = in.readCount(MAX_SHARDS);
            List<ShardPosition> shards = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                String shard = in.readText();
                String after = in.readText();
                shards.add(new ShardPosition(shard, after.isEmpty() ? null : after, in.readVarint(), in.readVarint()));
            }
            return new FeedPosition(stream, issuedSeconds, shards);
        } catch (CorruptItemException e) {
            throw new InvalidCursorException("the cursor has no position in the change feed", e);
        }
    }
}
