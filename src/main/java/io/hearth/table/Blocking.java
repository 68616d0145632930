package io.hearth.table;

import io.smallrye.mutiny.Uni;
import org.jspecify.annotations.Nullable;

/**
 * Waits for what a table answers, or what is made of such answers. There is no time limit here: every operation of a table ends,
 * as its engine sees to it. Not to be called on an event loop.
 */
public final class Blocking {
    private Blocking() {}

    /** The answer; throws what the operation failed with, and waits until then. */
    public static <T extends @Nullable Object> T await(Uni<T> answer) {
        return answer.await().indefinitely();
    }
}
