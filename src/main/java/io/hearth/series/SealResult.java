package io.hearth.series;

/**
 * What sealing did.
 *
 * @param readings readings that were merged into chunks, those of chunks that were made anew included
 * @param chunks chunks that were made
 * @param bytesBefore bodies of the runs and chunks that were taken in
 * @param bytesAfter bodies of the chunks that were made
 */
public record SealResult(long readings, long chunks, long bytesBefore, long bytesAfter) {
    static final SealResult NOTHING = new SealResult(0, 0, 0, 0);

    SealResult plus(SealResult other) {
        return new SealResult(
                readings + other.readings,
                chunks + other.chunks,
                bytesBefore + other.bytesBefore,
                bytesAfter + other.bytesAfter);
    }
}
