package io.hearth.simulator.cli;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Which of so many parts, as in {@code 2/3}. */
record Part(int number, int of) {

    static final class Converter implements ITypeConverter<Part> {
        private static final Pattern FORM = Pattern.compile("(\\d{1,4})/(\\d{1,4})");

        @Override
        public Part convert(String text) {
            Matcher matcher = FORM.matcher(text);
            if (matcher.matches()) {
                Part part = new Part(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)));
                if (part.number >= 1 && part.number <= part.of) {
                    return part;
                }
            }
            throw new TypeConversionException("'" + text + "' is not a part like 2/3");
        }
    }
}
