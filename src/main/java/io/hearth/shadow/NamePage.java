package io.hearth.shadow;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Names of the named shadows of a thing, ascending.
 *
 * @param next the name behind which to go on; null at the end
 */
public record NamePage(List<String> names, @Nullable String next) {
    public NamePage {
        names = List.copyOf(names);
    }
}
