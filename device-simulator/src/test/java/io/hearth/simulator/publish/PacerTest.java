package io.hearth.simulator.publish;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PacerTest {

    private static final long START = -5_000; // as System.nanoTime() may be

    private static List<Long> takeDue(Pacer pacer, int connections) {
        List<Long> taken = new ArrayList<>();
        for (int c = 0; c < connections; c++) {
            while (pacer.hasDue(c)) {
                taken.add(pacer.take(c));
            }
        }
        taken.sort(null);
        return taken;
    }

    private static List<Long> upTo(long end) {
        return LongStream.range(0, end).boxed().toList();
    }

    private static Schedule schedule(double rate, long messages, @Nullable Duration duration) {
        return new Schedule(rate, messages, duration);
    }

    @ParameterizedTest
    @CsvSource({"10,10,100", "10,3,97", "7,2,5", "1,1,3", "1000,7,12345"})
    void closedLoop_anySharing_handsOutEachMessageOnce(int devices, int connections, long messages) {
        Pacer pacer = new Pacer(schedule(Double.POSITIVE_INFINITY, messages, null), devices, connections, START);
        pacer.release(START, c -> {});

        assertEquals(upTo(messages), takeDue(pacer, connections));
        assertTrue(pacer.allTaken());
    }

    @Test
    void openLoop_asTimePasses_releasesWhatIsDueAndNoMore() {
        Pacer pacer = new Pacer(schedule(1_000, Long.MAX_VALUE, Duration.ofSeconds(1)), 10, 4, START);

        pacer.release(START, c -> {});
        assertEquals(upTo(1), takeDue(pacer, 4));
        assertEquals(1_000_000, pacer.nanosUntilNext(START));

        pacer.release(START + 10_500_000, c -> {});
        assertEquals(LongStream.range(1, 11).boxed().toList(), takeDue(pacer, 4));
        assertFalse(pacer.ended());

        pacer.release(START + 5_000_000_000L, c -> {});
        assertEquals(LongStream.range(11, 1_000).boxed().toList(), takeDue(pacer, 4));
        assertTrue(pacer.allTaken());
    }

    @Test
    void openLoop_lateSending_countsFromWhenItWasDue() {
        Pacer pacer = new Pacer(schedule(1_000, 100, null), 1, 1, START);
        assertEquals(START + 7_000_000, pacer.intendedNanos(7, START + 999_000_000));
    }

    @Test
    void halt_withMessagesDue_givesThemUpOnce() {
        Pacer pacer = new Pacer(schedule(1_000, 100, null), 5, 5, START);
        pacer.release(START + 9_500_000, c -> {});

        assertEquals(10, pacer.halt());
        assertEquals(10, pacer.halt());
        assertTrue(pacer.allTaken());
        pacer.release(START + 1_000_000_000, c -> {});
        assertEquals(List.of(), takeDue(pacer, 5));
    }

    @Test
    void closedLoop_atItsEnd_stops() {
        Pacer pacer = new Pacer(schedule(Double.POSITIVE_INFINITY, Long.MAX_VALUE, Duration.ofSeconds(1)), 2, 1, START);
        pacer.release(START, c -> {});
        assertTrue(pacer.hasDue(0));

        pacer.release(START + 1_000_000_000, c -> {});

        assertTrue(pacer.allTaken());
    }
}
