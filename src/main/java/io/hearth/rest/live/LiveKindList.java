package io.hearth.rest.live;

import io.hearth.live.LiveEvent;
import io.hearth.rest.problem.FieldError;
import io.hearth.rest.problem.ProblemException;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The parameter {@code kinds}: names of {@link LiveEvent.Kind}, separated by commas. */
final class LiveKindList {
    private static final String ALL =
            Arrays.stream(LiveEvent.Kind.values()).map(LiveKindList::nameOf).collect(Collectors.joining(", "));

    private LiveKindList() {}

    static Set<LiveEvent.Kind> parse(@Nullable String text) {
        if (text == null) {
            return EnumSet.allOf(LiveEvent.Kind.class);
        }
        Set<LiveEvent.Kind> kinds = EnumSet.noneOf(LiveEvent.Kind.class);
        for (String name : text.split(",", -1)) {
            LiveEvent.Kind kind = Arrays.stream(LiveEvent.Kind.values())
                    .filter(known -> nameOf(known).equals(name))
                    .findAny()
                    .orElseThrow(() -> ProblemException.invalid(
                            new FieldError("kinds", "must be some of " + ALL + ", separated by commas")));
            kinds.add(kind);
        }
        return kinds;
    }

    static String nameOf(LiveEvent.Kind kind) {
        return kind.name().toLowerCase(Locale.ROOT);
    }
}
