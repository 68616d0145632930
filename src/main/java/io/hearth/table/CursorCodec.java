package io.hearth.table;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The text of a cursor, alike in every engine: base64url without padding of
 *
 * <pre>
 *   [1] kind   [4] CRC32C of kind, request and position, big-endian   [rest] position, the engine's own
 * </pre>
 *
 * The request itself is not in it, only in the checksum: a cursor that was damaged, or that belongs to another request or
 * another kind of request, does not check. It is no signature; engines must keep within the request's bounds whatever
 * the position says.
 */
public final class CursorCodec {
    /** What a cursor goes on with. */
    public enum Kind {
        QUERY('Q'),
        INDEX('I'),
        SCAN('S'),
        CHANGES('C');

        private final byte code;

        Kind(char code) {
            this.code = (byte) code;
        }
    }

    private static final int HEADER_BYTES = 5;

    /** More than any position needs, so that a huge string is refused before it is decoded. */
    private static final int MAX_CHARACTERS = 16_384;

    private CursorCodec() {}

    public static Cursor encode(Kind kind, byte[] request, byte[] position) {
        byte[] bytes = ByteBuffer.allocate(HEADER_BYTES + position.length)
                .put(kind.code)
                .putInt(checksum(kind, request, position))
                .put(position)
                .array();
        return new Cursor(Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
    }

    /**
     * The position in {@code cursor}.
     *
     * @throws InvalidCursorException if it was not made for this kind of request and these {@code request} bytes
     */
    public static byte[] decode(Kind kind, byte[] request, Cursor cursor) {
        if (cursor.value().length() > MAX_CHARACTERS) {
            throw new InvalidCursorException("the cursor is too long", null);
        }
        byte[] bytes;
        try {
            bytes = Base64.getUrlDecoder().decode(cursor.value());
        } catch (IllegalArgumentException e) {
            throw new InvalidCursorException("the cursor is not base64url", e);
        }
        if (bytes.length < HEADER_BYTES || bytes[0] != kind.code) {
            throw new InvalidCursorException("the cursor is not one of this kind of request", null);
        }
        byte[] position = Arrays.copyOfRange(bytes, HEADER_BYTES, bytes.length);
        // Comparing the text too refuses the spellings that a lenient decoder takes for the same bytes.
        Cursor expected = encode(kind, request, position);
        if (!expected.equals(cursor)) {
            throw new InvalidCursorException("the cursor is damaged or belongs to another request", null);
        }
        return position;
    }

    /** What identifies a query: all but its limit, cursor and consistency, which may change from page to page. */
    public static byte[] request(Query query) {
        byte[] partition = query.partitionKey().getBytes(StandardCharsets.UTF_8);
        ByteBuffer request = ByteBuffer.allocate(5
                + partition.length
                + size(query.range().start())
                + size(query.range().end()));
        request.put((byte) query.direction().ordinal()).putInt(partition.length).put(partition);
        append(request, query.range().start());
        append(request, query.range().end());
        return request.array();
    }

    /** What identifies a scan: its segment. */
    public static byte[] request(Scan scan) {
        return ByteBuffer.allocate(8)
                .putInt(scan.segment())
                .putInt(scan.segments())
                .array();
    }

    private static int size(@Nullable Bytes bound) {
        return bound == null ? 4 : 4 + bound.length();
    }

    private static void append(ByteBuffer request, @Nullable Bytes bound) {
        if (bound == null) {
            request.putInt(-1);
        } else {
            request.putInt(bound.length()).put(bound.array());
        }
    }

    private static int checksum(Kind kind, byte[] request, byte[] position) {
        CRC32C crc = new CRC32C();
        crc.update(kind.code);
        crc.update(ByteBuffer.allocate(4).putInt(request.length).array());
        crc.update(request);
        crc.update(position);
        return (int) crc.getValue();
    }
}
