package io.hearth.shadow.document;

import io.hearth.model.DeviceId;

/**
 * Which shadow of which thing.
 *
 * @param name {@code [a-zA-Z0-9:_-]{1,64}}; empty for the classic shadow, which has no name
 */
public record ShadowId(DeviceId thing, String name) implements Comparable<ShadowId> {
    public static final int MAX_NAME_LENGTH = 64;

    /** @throws IllegalArgumentException if {@code name} is not the name of a shadow, nor empty */
    public ShadowId {
        if (!name.isEmpty() && !isName(name)) {
            throw new IllegalArgumentException("a shadow name has 1 to 64 of a-z A-Z 0-9 : _ -");
        }
    }

    /** The classic shadow of a thing. */
    public static ShadowId classic(DeviceId thing) {
        return new ShadowId(thing, "");
    }

    /** Whether a named shadow can have this name; its characters are those of a thing's. */
    public static boolean isName(String name) {
        return name.length() <= MAX_NAME_LENGTH && DeviceId.isValid(name);
    }

    public boolean isClassic() {
        return name.isEmpty();
    }

    @Override
    public int compareTo(ShadowId other) {
        int byThing = thing.compareTo(other.thing);
        return byThing != 0 ? byThing : name.compareTo(other.name);
    }
}
