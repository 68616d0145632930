package io.hearth.simulator.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Messages per second of all devices together; infinite for {@code max}. */
record Rate(double perSecond) {

    /** For people. */
    String text() {
        return Double.isInfinite(perSecond) ? "full speed" : perSecond + " messages/s";
    }

    static final class Converter implements ITypeConverter<Rate> {
        @Override
        public Rate convert(String text) {
            if (text.equals("max")) {
                return new Rate(Double.POSITIVE_INFINITY);
            }
            try {
                double perSecond = Double.parseDouble(text);
                if (perSecond > 0 && perSecond <= 1e7) {
                    return new Rate(perSecond);
                }
            } catch (NumberFormatException e) {
                // Reported below, with what is allowed.
            }
            throw new TypeConversionException("'" + text + "' is not a rate: a number above 0, or max");
        }
    }
}
