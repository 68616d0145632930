package io.hearth.series.chunk;

import io.hearth.bytes.ByteReader;
import io.hearth.model.Column;
import io.hearth.series.chunk.integer.IntegerDecoder;
import org.jspecify.annotations.Nullable;

/**
 * Reads the section of one metric:
 *
 * <pre>
 * kinds ({@link KindCoder}) · the numbers, if any ({@link NumberDecoder}) · integers: the truth values, 0 and 1
 * · the texts, if any ({@link TextCoder})
 * </pre>
 */
final class ColumnDecoder {
    private ColumnDecoder() {}

    /** @param wanted how many of the readings are wanted; what the column has behind them means nothing */
    static Column decode(
            ByteReader in,
            String metric,
            int readings,
            int wanted,
            ChunkScratch scratch,
            ChunkScratch.ColumnArrays arrays) {
        byte[] kinds = arrays.kinds(readings);
        int[] counts = KindCoder.decode(in, readings, scratch, kinds);
        double[] numbers = arrays.numbers(readings);
        if (counts[Column.NUMBER] == readings) {
            NumberDecoder.decode(in, readings, wanted, numbers, scratch);
            in.expectEnd();
            return new Column(metric, null, numbers, null);
        }
        if (counts[Column.NUMBER] > 0) {
            double[] packed = scratch.packedNumbers(readings);
            NumberDecoder.decode(in, counts[Column.NUMBER], counts[Column.NUMBER], packed, scratch);
            int next = 0;
            for (int i = 0; i < readings; i++) {
                if (kinds[i] == Column.NUMBER) {
                    numbers[i] = packed[next++];
                }
            }
        }
        if (counts[Column.BOOL] > 0) {
            placeBools(in, counts[Column.BOOL], readings, kinds, numbers, scratch);
        }
        @Nullable String[] texts = null;
        if (counts[Column.TEXT] > 0) {
            texts = arrays.texts(readings);
            String[] packed = TextCoder.decode(in, counts[Column.TEXT], scratch);
            int next = 0;
            for (int i = 0; i < readings; i++) {
                if (kinds[i] == Column.TEXT) {
                    texts[i] = packed[next++];
                }
            }
        }
        in.expectEnd();
        return new Column(metric, kinds, numbers, texts);
    }

    private static void placeBools(
            ByteReader in, int count, int readings, byte[] kinds, double[] numbers, ChunkScratch scratch) {
        long[] packed = scratch.integers(count);
        IntegerDecoder.decode(in, count, packed, scratch.forIntegers());
        int next = 0;
        for (int i = 0; i < readings; i++) {
            if (kinds[i] == Column.BOOL) {
                long bool = packed[next++];
                if (bool < 0 || bool > 1) {
                    throw in.corrupt("truth value " + bool);
                }
                numbers[i] = bool;
            }
        }
    }
}
