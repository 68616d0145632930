package io.hearth.sync;

import io.hearth.bytes.ByteReader;
import io.hearth.bytes.ByteWriter;
import io.hearth.bytes.Format;
import java.time.Duration;

/**
 * When everything that a peer had was here for the last time. It is stored, so that a restart and the other processes of the
 * region know it. Body, format 1: {@code [1] format | varint caught up, ms | varint settled, ms}.
 *
 * @param caughtUpMillis by the clock here, epoch milliseconds; 0 if it never was
 * @param settledMillis every write of the peer with an earlier stamp is here: not later than the peer's own clock was; epoch
 *     milliseconds, 0 if nothing is known
 */
record Contact(long caughtUpMillis, long settledMillis) {
    static final Contact NEVER = new Contact(0, 0);

    /** Windows are not kept unsealed for longer than this because a peer is away; so an older contact need not be kept. */
    static final Duration LONGEST_UNSETTLED = Duration.ofDays(2);

    private static final int FORMAT = 1;

    Contact {
        caughtUpMillis = Math.max(0, caughtUpMillis);
        settledMillis = Math.max(0, settledMillis);
    }

    byte[] encode() {
        ByteWriter out = new ByteWriter(16);
        out.writeByte(FORMAT);
        out.writeVarint(caughtUpMillis);
        out.writeVarint(settledMillis);
        return out.toByteArray();
    }

    static Contact decode(byte[] body) {
        ByteReader in = new ByteReader(body);
        Format.require(in.readByte(), FORMAT, "a contact");
        return new Contact(in.readVarint(), in.readVarint());
    }
}
