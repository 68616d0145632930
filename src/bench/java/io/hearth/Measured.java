package io.hearth;

import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;

/** Times of one request again and again over one connection, after as long a warm-up. */
final class Measured {
    /** The path of the request number {@code i}. */
    interface Paths {
        String of(int i);
    }

    private Measured() {}

    static void print(String what, int seconds, RawHttp http, Paths paths) throws IOException {
        int i = 0;
        for (long end = System.nanoTime() + Duration.ofSeconds(seconds).toNanos(); System.nanoTime() < end; ) {
            http.get(paths.of(i++));
        }
        long[] nanos = new long[1 << 20];
        int count = 0;
        long bytes = 0;
        for (long end = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
                System.nanoTime() < end && count < nanos.length; ) {
            long start = System.nanoTime();
            bytes = http.get(paths.of(i++));
            nanos[count++] = System.nanoTime() - start;
        }
        Arrays.sort(nanos, 0, count);
        System.out.printf(
                "%-40s median %8.3f ms, p99 %8.3f ms, %9d bytes, %d times%n",
                what, nanos[count / 2] / 1e6, nanos[(int) (count * 0.99)] / 1e6, bytes, count);
    }
}
