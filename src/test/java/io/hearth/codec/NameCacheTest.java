package io.hearth.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class NameCacheTest {
    @Test
    void get_namesThatAreAlike_areToldApart() {
        NameCache<String> cache = NameCache.ofMetrics();
        Random random = new Random(1);
        for (int i = 0; i < 200_000; i++) {
            // Of few letters and any length, so that beginnings and ends are often the same.
            StringBuilder name = new StringBuilder();
            for (int length = 1 + random.nextInt(24); length > 0; length--) {
                name.append(random.nextInt(8) == 0 ? 'b' : 'a');
            }
            byte[] text = ("<" + name + ">").getBytes(StandardCharsets.US_ASCII);

            for (int round = 0; round < 2; round++) {
                assertThat(cache.get(text, 1, text.length - 1)).isEqualTo(name.toString());
            }
        }
    }

    @Test
    void get_sameNameAgain_isTheSameObject() {
        NameCache<String> cache = NameCache.ofMetrics();
        for (String name : new String[] {"a", "pressure", "temperature", "a.name.of.more.than.sixteen.bytes"}) {
            byte[] text = name.getBytes(StandardCharsets.US_ASCII);
            assertThat(cache.get(text, 0, text.length)).isSameAs(cache.get(text, 0, text.length));
        }
    }
}
