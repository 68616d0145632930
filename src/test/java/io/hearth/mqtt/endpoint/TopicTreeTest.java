package io.hearth.mqtt.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.Seed;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TopicTreeTest {
    private static final Subscription QOS_1 = new Subscription(1, false, false);

    private final TopicTree<String> tree = new TopicTree<>();

    @ParameterizedTest
    @CsvSource({
        // MQTT 5.0, section 4.7.1 and 4.7.2
        "sport/tennis/player1/#, sport/tennis/player1, true",
        "sport/tennis/player1/#, sport/tennis/player1/ranking, true",
        "sport/#, sport, true",
        "#, sport, true",
        "sport/tennis/+, sport/tennis/player1, true",
        "sport/tennis/+, sport/tennis/player1/ranking, false",
        "sport/+, sport, false",
        "sport/+, sport/, true",
        "+/+, /finance, true",
        "/+, /finance, true",
        "+, /finance, false",
        "#, $SYS/x, false",
        "+/x, $SYS/x, false",
        "$SYS/#, $SYS/x, true",
        "$SYS/+, $SYS/x, true",
        "a/$SYS, a/$SYS, true",
        "a/+, a/$SYS, true",
        "a, A, false",
        "a/b, a, false",
        "a, a/b, false",
    })
    void match_examplesOfTheSpecification(String filter, String topic, boolean matches) {
        tree.subscribe(filter, "s", QOS_1);
        assertThat(tree.match(topic).containsKey("s")).isEqualTo(matches);
        assertThat(matches(filter, topic)).isEqualTo(matches);
        assertThat(tree.unsubscribe(filter, "s")).isTrue();
        assertThat(tree.match(topic)).isEmpty();
    }

    @Test
    void match_randomFiltersAndTopics_agreesWithMatchingOneByOne() {
        long seed = Seed.of(getClass());
        Random random = new Random(seed);
        String[] levels = {"a", "b", "", "$x", "+"};
        for (int round = 0; round < 20_000; round++) {
            String filter = path(random, levels, 5);
            if (random.nextInt(3) == 0) {
                filter = random.nextInt(4) == 0 ? "#" : filter + "/#";
            }
            String topic = path(random, levels, 4);
            if (filter.isEmpty() || topic.isEmpty()) {
                continue;
            }
            assertThat(Topics.isFilter(filter)).as(filter).isTrue();
            tree.subscribe(filter, "s", QOS_1);
            assertThat(tree.match(topic).containsKey("s"))
                    .as("seed %d: %s %s", seed, filter, topic)
                    .isEqualTo(matches(filter, topic));
            tree.unsubscribe(filter, "s");
        }
        assertThat(tree.size()).isZero();
    }

    @Test
    void match_topicOfManyLevels_doesNotOverflowTheStack() {
        tree.subscribe("#", "all", QOS_1);
        tree.subscribe("+/".repeat(Topics.MAX_FILTER_LEVELS - 1) + "#", "deep", QOS_1);
        assertThat(tree.match("/".repeat(65_535))).containsOnlyKeys("all", "deep");
    }

    @Test
    void unsubscribe_oneOfTwo_leavesTheOther() {
        tree.subscribe("a/+", "one", QOS_1);
        tree.subscribe("a/+", "two", QOS_1);
        assertThat(tree.unsubscribe("a/+", "one")).isTrue();
        assertThat(tree.unsubscribe("a/+", "one")).isFalse();
        assertThat(tree.match("a/b")).containsOnlyKeys("two");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a+", "+a/b", "a/b#", "#/a", "a/#/b", "##", "\uFFFD"})
    void isFilter_malformed_false(String filter) {
        assertThat(Topics.isFilter(filter)).isFalse();
    }

    /** One by one: whether the well-formed {@code filter} matches {@code topic} (section 4.7.1 and 4.7.2). */
    private static boolean matches(String filter, String topic) {
        if (topic.charAt(0) == '$' && filter.charAt(0) != '$') {
            return false;
        }
        int f = 0;
        int t = 0;
        while (true) {
            int filterEnd = Topics.endOfLevel(filter, f);
            if (filterEnd - f == 1 && filter.charAt(f) == '#') {
                return true;
            }
            int topicEnd = Topics.endOfLevel(topic, t);
            boolean any = filterEnd - f == 1 && filter.charAt(f) == '+';
            if (!any && !filter.substring(f, filterEnd).equals(topic.substring(t, topicEnd))) {
                return false;
            }
            boolean filterDone = filterEnd == filter.length();
            boolean topicDone = topicEnd == topic.length();
            if (topicDone) {
                // "sport/#" matches "sport", too.
                return filterDone || filter.substring(filterEnd).equals("/#");
            }
            if (filterDone) {
                return false;
            }
            f = filterEnd + 1;
            t = topicEnd + 1;
        }
    }

    private static String path(Random random, String[] levels, int choices) {
        StringBuilder path = new StringBuilder(levels[random.nextInt(choices)]);
        for (int level = random.nextInt(4); level > 0; level--) {
            path.append('/').append(levels[random.nextInt(choices)]);
        }
        return path.toString();
    }
}
