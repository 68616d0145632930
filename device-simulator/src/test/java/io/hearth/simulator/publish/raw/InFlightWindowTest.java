package io.hearth.simulator.publish.raw;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hearth.simulator.publish.Message;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InFlightWindowTest {

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 20, 1_000, 65_535})
    void takeAndFree_inAnyOrder_neverReusesAnIdInFlight(int limit) {
        InFlightWindow window = new InFlightWindow(limit, () -> new Message(1, 1));
        Random random = new Random(limit);
        List<Message> inFlight = new ArrayList<>();
        Set<Integer> ids = new HashSet<>();
        for (int round = 0; round < (limit > 1_000 ? 3 : 200); round++) {
            while (!window.isFull()) {
                Message message = window.take();
                assertTrue(message.packetId >= 1 && message.packetId <= 65_535);
                assertTrue(ids.add(message.packetId), "id " + message.packetId + " is in flight twice");
                inFlight.add(message);
            }
            assertEquals(limit, window.size());
            assertEquals(inFlight.size(), window.inOrder().size());
            Collections.shuffle(inFlight, random);
            for (int i = random.nextInt(Math.min(limit, 1_000)); i >= 0; i--) {
                Message message = inFlight.remove(inFlight.size() - 1);
                assertSame(message, window.find(message.packetId));
                ids.remove(message.packetId);
                window.free(message);
                assertNull(window.find(message.packetId));
            }
        }
    }

    @Test
    void inOrder_afterIdsWentRound_isTheOrderOfSending() {
        InFlightWindow window = new InFlightWindow(10, () -> new Message(1, 1));
        for (int i = 0; i < 65_530; i++) {
            window.free(window.take());
        }
        List<Integer> sent = new ArrayList<>();
        while (!window.isFull()) {
            sent.add(window.take().packetId);
        }
        assertNotNull(window.find(65_535));
        assertEquals(
                sent, window.inOrder().stream().map(message -> message.packetId).toList());
    }
}
