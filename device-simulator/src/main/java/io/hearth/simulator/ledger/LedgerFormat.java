package io.hearth.simulator.ledger;

import io.hearth.simulator.fleet.Metric;
import io.hearth.simulator.fleet.MetricKind;
import io.hearth.simulator.fleet.Shape;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.zip.CRC32C;

/*
 * A ledger file is the magic and then blocks, each of one device and readable by itself:
 *
 *   file    [8] "HRTHLDG3"  block*  end
 *   block   [4] bodyBytes, big-endian  [4] CRC-32C of the body  body
 *   body    [v] idBytes  id (ASCII)  [v] metrics  ([1] kind  [v] nameBytes  name (UTF-8))*  entry*
 *   end     a block that is written when the file is closed: its body is [v] 0  [v] blocks before it
 *           [v] files  ([v] nameBytes  name (UTF-8))*, the other ledger files that were there by then
 *   entry   [1] flags: 1 acknowledged, 2 has a device time
 *           [z] sentMillis minus that of the entry before it in the block, 0 before the first
 *           [v] milliseconds from sending to the acknowledgement, if it came
 *           [z] deviceTimeMicros minus the one before it in the block, if it has one
 *           [z] value, for each metric
 *
 * v = unsigned LEB128, z = the same of the zigzag. Naming device and metrics in each block costs some 60 bytes for some
 * hundred readings and makes any block readable without the ones before it. A change needs another magic;
 * LedgerTest pins the bytes. Files with the magic "HRTHLDG2" have no end, so that nobody can tell whether they are whole.
 */
final class LedgerFormat {

    static final byte[] MAGIC = "HRTHLDG3".getBytes(StandardCharsets.US_ASCII);
    static final byte[] MAGIC_WITHOUT_END = "HRTHLDG2".getBytes(StandardCharsets.US_ASCII);
    static final int BLOCK_HEADER_BYTES = 8;

    /** Larger than any block written: a length beyond it is damage, not a block. */
    static final int MAX_BODY_BYTES = 1 << 24;

    private static final int ACKNOWLEDGED = 1;
    private static final int TIMED = 2;
    private static final MetricKind[] KINDS = MetricKind.values();

    private LedgerFormat() {}

    static int checksum(byte[] body, int length) {
        CRC32C crc = new CRC32C();
        crc.update(body, 0, length);
        return (int) crc.getValue();
    }

    static void writeBodyHead(VarintBuffer out, String deviceId, Shape shape) {
        out.string(deviceId);
        out.unsigned(shape.size());
        for (Metric metric : shape.metrics()) {
            out.octet(metric.kind().ordinal());
            out.string(metric.name());
        }
    }

    static void writeEntry(
            VarintBuffer out,
            Delivery delivery,
            boolean timed,
            long sentDelta,
            long acknowledgedAfter,
            long timeDelta,
            long[] values,
            int at,
            int size) {
        boolean acknowledged = delivery == Delivery.ACKNOWLEDGED;
        out.octet((acknowledged ? ACKNOWLEDGED : 0) | (timed ? TIMED : 0));
        out.signed(sentDelta);
        if (acknowledged) {
            out.unsigned(acknowledgedAfter);
        }
        if (timed) {
            out.signed(timeDelta);
        }
        for (int i = 0; i < size; i++) {
            out.signed(values[at + i]);
        }
    }

    /**
     * The end of a file.
     *
     * @param blocks how many there are before it
     * @param others the names of the other ledger files of the directory
     */
    record End(long blocks, List<String> others) {}

    static void writeEnd(VarintBuffer out, End end) {
        out.string("");
        out.unsigned(end.blocks());
        out.unsigned(end.others().size());
        end.others().forEach(out::string);
    }

    /** @param body whose device id is empty */
    static End readEnd(byte[] body) {
        VarintBuffer in = new VarintBuffer(body);
        in.string();
        long blocks = in.unsigned();
        List<String> others = new ArrayList<>();
        for (long left = in.unsigned(); left > 0; left--) {
            others.add(in.string());
        }
        return new End(blocks, others);
    }

    static String readDeviceId(byte[] body) {
        return new VarintBuffer(body).string();
    }

    static void readBody(byte[] body, Consumer<LedgerEntry> sink) {
        VarintBuffer in = new VarintBuffer(body);
        in.string();
        int size = (int) in.unsigned();
        List<Metric> metrics = new ArrayList<>(size);
        for (int i = 0; i < size; i++) {
            MetricKind kind = KINDS[in.octet()];
            metrics.add(new Metric(in.string(), kind));
        }
        Shape shape = new Shape(metrics);
        long time = 0;
        long sent = 0;
        while (in.hasRemaining()) {
            int flags = in.octet();
            boolean timed = (flags & TIMED) != 0;
            sent += in.signed();
            boolean acknowledged = (flags & ACKNOWLEDGED) != 0;
            long acknowledgedMillis = acknowledged ? sent + in.unsigned() : 0;
            if (timed) {
                time += in.signed();
            }
            long[] values = new long[size];
            for (int i = 0; i < size; i++) {
                values[i] = in.signed();
            }
            Delivery delivery = acknowledged ? Delivery.ACKNOWLEDGED : Delivery.UNCERTAIN;
            sink.accept(new LedgerEntry(delivery, sent, acknowledgedMillis, timed, timed ? time : 0, shape, values));
        }
    }
}
