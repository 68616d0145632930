package io.hearth.config;

import jakarta.annotation.Priority;
import java.util.Locale;
import java.util.Set;
import org.eclipse.microprofile.config.spi.Converter;

/**
 * Reads settings that are yes or no, and refuses every word that it does not know. The library's own converter takes an unknown
 * word as no, so that a misspelt {@code HEARTH_AUTH=onn} would switch authentication off. Found by the library through {@code
 * META-INF/services}; holds for the settings of Quarkus, too.
 */
@Priority(StrictBooleanConverter.BEFORE_THE_LIBRARYS)
public final class StrictBooleanConverter implements Converter<Boolean> {
    static final int BEFORE_THE_LIBRARYS = 1_000;

    private static final long serialVersionUID = 1L;
    private static final Set<String> YES = Set.of("on", "true", "yes", "y", "1");
    private static final Set<String> NO = Set.of("off", "false", "no", "n", "0");

    @Override
    public Boolean convert(String value) {
        String word = value.strip().toLowerCase(Locale.ROOT);
        if (YES.contains(word)) {
            return true;
        }
        if (NO.contains(word)) {
            return false;
        }
        throw new IllegalArgumentException("it must be on or off");
    }
}
