package io.hearth.shadow;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Changes of a shadow, the latest first.
 *
 * @param next where to go on; null at the end
 */
public record HistoryPage(
        List<ShadowChange> changes, @Nullable String next) {
    public HistoryPage {
        changes = List.copyOf(changes);
    }
}
