package io.hearth.model;

/**
 * The stable name of a device, what AWS IoT calls a thing name.
 *
 * @param value {@code [a-zA-Z0-9:_-]{1,128}}
 */
public record DeviceId(String value) implements Comparable<DeviceId> {
    public static final int MAX_LENGTH = 128;

    /** @throws IllegalArgumentException if {@code value} is not a device id */
    public DeviceId {
        if (!isValid(value)) {
            throw new IllegalArgumentException("a device id has 1 to 128 of a-z A-Z 0-9 : _ -");
        }
    }

    public static boolean isValid(String value) {
        int length = value.length();
        if (length == 0 || length > MAX_LENGTH) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            char c = value.charAt(i);
            boolean allowed = (c >= 'a' && c <= 'z')
                    || (c >= 'A' && c <= 'Z')
                    || (c >= '0' && c <= '9')
                    || c == ':'
                    || c == '_'
                    || c == '-';
            if (!allowed) {
                return false;
            }
        }
        return true;
    }

    @Override
    public int compareTo(DeviceId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
