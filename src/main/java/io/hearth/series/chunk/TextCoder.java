package io.hearth.series.chunk;

import io.hearth.bytes.ByteReader;
import io.hearth.bytes.ByteWriter;
import io.hearth.model.Value;
import io.hearth.series.chunk.integer.IntegerDecoder;
import io.hearth.series.chunk.integer.IntegerEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.TreeSet;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/**
 * Strings as a dictionary and an index for each, whose count is known from elsewhere and above 0.
 *
 * <pre>
 * varint distinct strings · integers: bytes of UTF-8 of each
 * varint bytes of the dictionary if deflated (RFC 1951), 0 if it is not · dictionary, strings ascending
 * integers: an index for each string
 * </pre>
 */
final class TextCoder {
    private static final int DEFLATE_FROM_BYTES = 64;

    private TextCoder() {}

    static void encode(String[] texts, ByteWriter out) {
        String[] distinct = new TreeSet<>(Arrays.asList(texts)).toArray(String[]::new);
        long[] lengths = new long[distinct.length];
        ByteWriter dictionary = new ByteWriter(1024);
        for (int i = 0; i < distinct.length; i++) {
            byte[] utf8 = distinct[i].getBytes(StandardCharsets.UTF_8);
            if (utf8.length > Value.MAX_TEXT_BYTES) {
                throw new IllegalArgumentException("a text has " + utf8.length + " bytes");
            }
            lengths[i] = utf8.length;
            dictionary.writeBytes(utf8);
        }
        out.writeVarint(distinct.length);
        IntegerEncoder.encode(lengths, lengths.length, out);
        writeDictionary(dictionary.toByteArray(), out);
        long[] indexes = new long[texts.length];
        for (int i = 0; i < texts.length; i++) {
            indexes[i] = Arrays.binarySearch(distinct, texts[i]);
        }
        IntegerEncoder.encode(indexes, indexes.length, out);
    }

    private static void writeDictionary(byte[] dictionary, ByteWriter out) {
        if (dictionary.length >= DEFLATE_FROM_BYTES) {
            Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION, true);
            try {
                deflater.setInput(dictionary);
                deflater.finish();
                byte[] deflated = new byte[dictionary.length];
                int length = deflater.deflate(deflated);
                if (deflater.finished() && length < dictionary.length) {
                    out.writeVarint(length);
                    out.writeBytes(Arrays.copyOf(deflated, length));
                    return;
                }
            } finally {
                deflater.end();
            }
        }
        out.writeVarint(0);
        out.writeBytes(dictionary);
    }

    static String[] decode(ByteReader in, int count, ChunkScratch scratch) {
        int size = in.readCount(1, count);
        long[] lengths = scratch.integers(count);
        IntegerDecoder.decode(in, size, lengths, scratch.forIntegers());
        int bytes = 0;
        for (int i = 0; i < size; i++) {
            if (lengths[i] < 0 || lengths[i] > Value.MAX_TEXT_BYTES) {
                throw in.corrupt("a text of " + lengths[i] + " bytes");
            }
            bytes += (int) lengths[i];
        }
        byte[] dictionary = readDictionary(in, bytes);
        String[] distinct = new String[size];
        int at = 0;
        for (int i = 0; i < size; i++) {
            distinct[i] = new String(dictionary, at, (int) lengths[i], StandardCharsets.UTF_8);
            at += (int) lengths[i];
        }
        long[] indexes = lengths;
        IntegerDecoder.decode(in, count, indexes, scratch.forIntegers());
        String[] texts = new String[count];
        for (int i = 0; i < count; i++) {
            if (indexes[i] < 0 || indexes[i] >= size) {
                throw in.corrupt("text " + indexes[i] + " of a dictionary of " + size);
            }
            texts[i] = distinct[(int) indexes[i]];
        }
        return texts;
    }

    private static byte[] readDictionary(ByteReader in, int bytes) {
        int deflated = in.readCount(0, in.remaining());
        if (deflated == 0) {
            return in.readBytes(bytes);
        }
        byte[] dictionary = new byte[bytes];
        Inflater inflater = new Inflater(true);
        try {
            inflater.setInput(in.array(), in.take(deflated), deflated);
            if (inflater.inflate(dictionary) != bytes) {
                throw in.corrupt("the dictionary of texts is too short");
            }
        } catch (DataFormatException e) {
            throw in.corrupt("the dictionary of texts does not inflate");
        } finally {
            inflater.end();
        }
        return dictionary;
    }
}
