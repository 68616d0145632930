package io.hearth.table.dynamodb;

import io.hearth.bytes.ByteReader;
import io.hearth.bytes.ByteWriter;
import io.hearth.bytes.CorruptItemException;
import io.hearth.table.Cursor;
import io.hearth.table.CursorCodec;
import io.hearth.table.CursorCodec.Kind;
import io.hearth.table.CursorExpiredException;
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
 *   varint  shards that were read to their end, each the text of its id. Cursors of earlier versions end before this
 */

/**
 * Where a reader of the change feed is: in every shard that it has not read to its end, and at the end of each that it has read
 * but whose children it has not found yet.
 */
record FeedPosition(int stream, long issuedSeconds, List<ShardPosition> shards, List<String> ended) {
    private static final byte[] NO_REQUEST = new byte[0];
    private static final int MAX_SHARDS = 10_000;

    FeedPosition {
        shards = List.copyOf(shards);
        ended = List.copyOf(ended);
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
        out.writeVarint(ended.size());
        ended.forEach(out::writeText);
        return CursorCodec.encode(Kind.CHANGES, NO_REQUEST, out.toByteArray());
    }

    /**
     * The position in a cursor.
     *
     * @throws InvalidCursorException if {@link #toCursor} did not make it
     * @throws CursorExpiredException if an earlier version made it and lost every shard
     */
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
            if (in.remaining() == 0 && shards.isEmpty()) {
                throw new CursorExpiredException("the cursor has lost its place in the change feed", null);
            }
            List<String> ended = new ArrayList<>();
            if (in.remaining() > 0) {
                count = in.readCount(MAX_SHARDS);
                for (int i = 0; i < count; i++) {
                    ended.add(in.readText());
                }
            }
            return new FeedPosition(stream, issuedSeconds, shards, ended);
        } catch (CorruptItemException e) {
            throw new InvalidCursorException("the cursor has no position in the change feed", e);
        }
    }
}
