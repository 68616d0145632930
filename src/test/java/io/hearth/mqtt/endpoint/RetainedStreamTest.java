package io.hearth.mqtt.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.table.memory.MemoryTable;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RetainedStreamTest {
    private final RetainedMessages retained =
            RetainedTexts.messages(new MemoryTable(Clock.systemUTC()), Clock.systemUTC());
    private final RetainedStream stream = new RetainedStream(retained);

    @Test
    void poll_filtersThatOverlap_giveAMessageOnceWithTheHigherQos() {
        keep("a/b");
        stream.add("a/#", qos(0));
        stream.add("a/b", qos(1));
        stream.add("+/b", qos(0));

        List<Routed> all = all();
        assertThat(all).hasSize(1);
        assertThat(all.get(0).qos()).isEqualTo(1);
        assertThat(all.get(0).retain()).isTrue();
        assertThat(stream.isDone()).isTrue();
    }

    @Test
    void poll_filtersWithoutWildcards_giveWhatTheyName() {
        keep("a");
        keep("b");
        stream.add("b", qos(0));
        stream.add("nothing", qos(0));
        assertThat(all()).extracting(routed -> routed.publish().topic()).containsExactly("b");
    }

    @Test
    void poll_filterAddedMeanwhile_getsAPassOfItsOwn() {
        keep("a/1");
        keep("a/2");
        stream.add("a/+", qos(0));
        stream.beginTurn();
        assertThat(stream.poll()).isNotNull();
        stream.add("a/1", qos(0));
        stream.add("a/1", qos(0));

        assertThat(all()).hasSize(2);
    }

    @Test
    void poll_filterRemovedMeanwhile_givesNoMoreOfIt() {
        keep("a/1");
        keep("a/2");
        stream.add("a/+", qos(0));
        stream.beginTurn();
        assertThat(stream.poll()).isNotNull();
        stream.remove("a/+");

        assertThat(stream.isDone()).isTrue();
        assertThat(all()).isEmpty();
    }

    @Test
    void poll_topicsThatDoNotMatch_areLookedAtForOneTurnAtATime() {
        int topics = 2 * RetainedStream.TOPICS_OF_TURN + 1;
        for (int i = 0; i < topics; i++) {
            keep("other/" + i);
        }
        stream.add("a/+", qos(0));
        int turns = 0;
        while (!stream.isDone()) {
            stream.beginTurn();
            assertThat(stream.poll()).isNull();
            turns++;
        }
        assertThat(turns).isEqualTo(3);
    }

    private List<Routed> all() {
        List<Routed> all = new ArrayList<>();
        while (!stream.isDone()) {
            stream.beginTurn();
            for (Routed next = stream.poll(); next != null; next = stream.poll()) {
                all.add(next);
            }
        }
        return all;
    }

    private void keep(String topic) {
        RetainedTexts.keep(retained, topic, "x");
    }

    private static Subscription qos(int qos) {
        return new Subscription(qos, false, false);
    }
}
