package io.hearth.simulator.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;

/** One plot over the seconds of a run, as inline SVG. Colours come from the page's style sheet, so both themes work. */
final class SvgChart {

    private static final double RIGHT = 16;
    private static final double TOP = 22;
    private static final double BOTTOM = 34;

    /** The same plot for wide and narrow pages, so that its text keeps its size; the style sheet shows one of them. */
    private enum Form {
        WIDE(920, 250, 64, 10),
        NARROW(344, 200, 46, 5);

        private final double width;
        private final double height;
        private final double left;
        private final int timeSteps;

        Form(double width, double height, double left, int timeSteps) {
            this.width = width;
            this.height = height;
            this.left = left;
            this.timeSteps = timeSteps;
        }
    }

    /** Values at the chart's xs; NaN where there is none. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Series(String name, double[] values) {}

    private record Band(String name, double from, double to) {}

    private record Mark(String text, double at) {}

    private final String title;
    private final String unit;
    private final double[] xs;
    private final double end;
    private final boolean logarithmic;
    private final List<Series> series = new ArrayList<>();
    private final List<Band> bands = new ArrayList<>();
    private final List<Mark> marks = new ArrayList<>();

    /**
     * @param xs seconds since the start, ascending
     * @param end right end of the axis, in seconds
     */
    SvgChart(String title, String unit, double[] xs, double end, boolean logarithmic) {
        this.title = title;
        this.unit = unit;
        this.xs = xs.clone();
        this.end = Math.max(1, end);
        this.logarithmic = logarithmic;
    }

    SvgChart series(String name, double[] values) {
        series.add(new Series(name, values.clone()));
        return this;
    }

    SvgChart band(String name, double from, double to) {
        bands.add(new Band(name, from, to));
        return this;
    }

    SvgChart mark(String text, double at) {
        marks.add(new Mark(text, at));
        return this;
    }

    private double x(Form form, double seconds) {
        return form.left + Math.max(0, Math.min(1, seconds / end)) * (form.width - form.left - RIGHT);
    }

    String render() {
        double greatest = values().max().orElse(1);
        double most = greatest > 0 ? greatest : 1;
        double least = values().filter(v -> v > 0).min().orElse(1);
        double bottom = logarithmic ? Math.floor(Math.log10(Math.max(1e-3, least))) : 0;
        double top = logarithmic
                ? Math.max(bottom + 1, Math.ceil(Math.log10(Math.max(1e-3, most)) - 1e-9))
                : niceStep(Math.max(most, 1e-9), 4) * Math.ceil(most / niceStep(Math.max(most, 1e-9), 4) - 1e-9);
        double highest = Math.max(top, bottom + 1e-9);
        StringBuilder out = new StringBuilder(8192);
        out.append("<figure class=\"chart\" data-x='[").append(numbers(xs)).append("]' data-end='");
        out.append(number(end))
                .append("' data-unit='")
                .append(Html.escape(unit))
                .append("' data-series='[");
        for (int i = 0; i < series.size(); i++) {
            out.append(i == 0 ? "" : ",")
                    .append("[")
                    .append(numbers(series.get(i).values))
                    .append("]");
        }
        out.append("]'>\n<figcaption><span class=\"title\">")
                .append(Html.escape(title))
                .append("</span>");
        for (int i = 0; i < series.size(); i++) {
            out.append("<span class=\"key\"><i class=\"s").append(i).append("\"></i>");
            out.append(Html.escape(series.get(i).name)).append(" <b></b></span>");
        }
        out.append("</figcaption>\n");
        for (Form form : Form.values()) {
            draw(out, form, new Scale(bottom, highest, logarithmic, form.height));
        }
        out.append("</figure>\n");
        return out.toString();
    }

    private void draw(StringBuilder out, Form form, Scale scale) {
        out.append(String.format(
                Locale.ROOT,
                "<svg class=\"%s\" viewBox=\"0 0 %.0f %.0f\" data-left=\"%.0f\" data-right=\"%.0f\" role=\"img\""
                        + " aria-label=\"%s\">%n",
                form.name().toLowerCase(Locale.ROOT),
                form.width,
                form.height,
                form.left,
                form.width - RIGHT,
                Html.escape(title)));
        drawBands(out, form);
        drawGrid(out, form, scale);
        drawMarks(out, form);
        for (int i = 0; i < series.size(); i++) {
            drawLine(out, form, scale, i);
        }
        out.append(String.format(
                Locale.ROOT,
                "<line class=\"cursor\" y1=\"%.1f\" y2=\"%.1f\" x1=\"0\" x2=\"0\"/>%n</svg>%n",
                TOP,
                form.height - BOTTOM));
    }

    private DoubleStream values() {
        return series.stream()
                .flatMapToDouble(one -> DoubleStream.of(one.values))
                .filter(v -> !Double.isNaN(v));
    }

    /** Where values lie between bottom and top; of powers of ten if logarithmic. */
    private record Scale(double bottom, double top, boolean logarithmic, double height) {
        double y(double value) {
            double at = logarithmic ? Math.log10(Math.max(value, 1e-9)) : value;
            double share = Math.max(0, Math.min(1, (at - bottom) / (top - bottom)));
            return height - BOTTOM - share * (height - TOP - BOTTOM);
        }
    }

    private void drawBands(StringBuilder out, Form form) {
        for (int i = 0; i < bands.size(); i++) {
            Band band = bands.get(i);
            double from = x(form, band.from);
            double width = Math.max(0, x(form, band.to) - from);
            out.append(String.format(
                    Locale.ROOT,
                    "<rect class=\"band%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>%n",
                    i % 2 == 0 ? " even" : "",
                    from,
                    TOP,
                    width,
                    form.height - TOP - BOTTOM));
            if (width > 7.0 * band.name.length()) {
                out.append(String.format(
                        Locale.ROOT,
                        "<text class=\"band-name\" x=\"%.1f\" y=\"%.1f\">%s</text>%n",
                        from + 4,
                        TOP - 7,
                        Html.escape(band.name)));
            }
        }
    }

    private void drawGrid(StringBuilder out, Form form, Scale scale) {
        double step = logarithmic ? 1 : niceStep(scale.top, 4);
        for (double at = scale.bottom; at <= scale.top + step * 1e-6; at += step) {
            double value = logarithmic ? Math.pow(10, at) : at;
            double y = scale.y(value);
            out.append(String.format(
                    Locale.ROOT,
                    "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>"
                            + "<text class=\"tick\" text-anchor=\"end\" x=\"%.1f\" y=\"%.1f\">%s</text>%n",
                    form.left,
                    form.width - RIGHT,
                    y,
                    y,
                    form.left - 8,
                    y + 4,
                    label(value)));
        }
        double seconds = niceTimeStep(end, form.timeSteps);
        for (double at = 0; at <= end + 1e-9; at += seconds) {
            out.append(String.format(
                    Locale.ROOT,
                    "<text class=\"tick\" text-anchor=\"middle\" x=\"%.1f\" y=\"%.1f\">%s</text>%n",
                    x(form, at),
                    form.height - BOTTOM + 18,
                    time(at)));
        }
    }

    private void drawMarks(StringBuilder out, Form form) {
        for (Mark mark : marks) {
            out.append(String.format(
                    Locale.ROOT,
                    "<line class=\"mark\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"><title>%s</title></line>%n",
                    x(form, mark.at),
                    x(form, mark.at),
                    TOP,
                    form.height - BOTTOM,
                    Html.escape(time(mark.at) + "  " + mark.text)));
        }
    }

    private void drawLine(StringBuilder out, Form form, Scale scale, int index) {
        double[] values = series.get(index).values;
        StringBuilder path = new StringBuilder();
        boolean drawing = false;
        for (int i = 0; i < values.length; i++) {
            if (Double.isNaN(values[i])) {
                drawing = false;
                continue;
            }
            boolean alone = !drawing && (i + 1 == values.length || Double.isNaN(values[i + 1]));
            path.append(drawing ? 'L' : 'M');
            path.append(String.format(Locale.ROOT, "%.1f %.1f", x(form, xs[i]), scale.y(values[i])));
            if (alone) {
                // A line of no length with round ends is a dot.
                path.append("h0");
            }
            drawing = true;
        }
        out.append("<path class=\"line s")
                .append(index)
                .append("\" d=\"")
                .append(path)
                .append("\"/>\n");
    }

    private static double niceStep(double most, int steps) {
        double rough = most / steps;
        double power = Math.pow(10, Math.floor(Math.log10(rough)));
        double lead = rough / power;
        return power * (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10);
    }

    private static double niceTimeStep(double seconds, int most) {
        double[] steps = {1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200};
        for (double step : steps) {
            if (seconds / step <= most) {
                return step;
            }
        }
        return Math.ceil(seconds / most / 86_400) * 86_400;
    }

    private static String time(double seconds) {
        long whole = Math.round(seconds);
        return whole < 3_600
                ? String.format(Locale.ROOT, "%d:%02d", whole / 60, whole % 60)
                : String.format(Locale.ROOT, "%d:%02d:%02d", whole / 3_600, whole / 60 % 60, whole % 60);
    }

    private static String label(double value) {
        if (value >= 1e6) {
            return number(value / 1e6) + " M";
        }
        return value >= 1e4 ? number(value / 1e3) + " k" : number(value);
    }

    private static String numbers(double[] values) {
        return DoubleStream.of(values)
                .mapToObj(value -> Double.isNaN(value) ? "null" : number(value))
                .collect(Collectors.joining(","));
    }

    /** At most four digits that matter. */
    private static String number(double value) {
        if (value == Math.rint(value) && Math.abs(value) < 1e15) {
            return Long.toString((long) value);
        }
        double magnitude = Math.abs(value);
        String text = String.format(Locale.ROOT, magnitude >= 100 ? "%.0f" : magnitude >= 1 ? "%.2f" : "%.4f", value);
        return text.contains(".") ? text.replaceAll("0+$", "").replaceAll("\\.$", "") : text;
    }
}
