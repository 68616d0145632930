package io.hearth.promql;

import io.hearth.model.Column;
import io.hearth.model.ReadingBlock;
import io.hearth.model.TimeRange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

/**
 * Evaluates expressions at the steps of a grid. Each selector is read once, device by device, block by block; its series are
 * handed on one at a time, so that what is held is a series, and what aggregations hold. For one query and one thread.
 */
public final class Evaluator {
    /** How far an instant vector looks back for a sample unless the query says otherwise, as Prometheus. */
    public static final long LOOKBACK_MICROS = 5L * 60 * 1_000_000;

    private final SeriesSource source;
    private final StepGrid grid;
    private final long lookbackMicros;
    private final QueryBudget budget;

    public Evaluator(SeriesSource source, StepGrid grid, long lookbackMicros, QueryBudget budget) {
        this.source = source;
        this.grid = grid;
        this.lookbackMicros = lookbackMicros;
        this.budget = budget;
    }

    /** The value of a scalar at each step. */
    public double[] scalar(Expr expression) {
        budget.holdBytes((long) grid.count() * Double.BYTES);
        double[] values = new double[grid.count()];
        if (expression instanceof Expr.NumberLiteral number) {
            Arrays.fill(values, number.value());
        } else if (expression instanceof Expr.Time) {
            Arrays.setAll(values, step -> grid.at(step) / 1e6);
        } else if (expression instanceof Expr.Negation negation) {
            double[] operand = scalar(negation.operand());
            Arrays.setAll(values, step -> -operand[step]);
        } else if (expression instanceof Expr.Binary binary) {
            double[] left = scalar(binary.left());
            double[] right = scalar(binary.right());
            Arrays.setAll(values, step -> binary.operator().apply(left[step], right[step]));
        } else if (expression instanceof Expr.ScalarOf call) {
            int[] counts = new int[values.length];
            vector(call.vector(), (labels, series) -> {
                for (int step = 0; step < values.length; step++) {
                    if (series.has(step)) {
                        counts[step]++;
                        values[step] = series.at(step);
                    }
                }
            });
            Arrays.setAll(values, step -> counts[step] == 1 ? values[step] : Double.NaN);
        } else {
            throw new IllegalArgumentException("not a scalar: " + expression);
        }
        return values;
    }

    /**
     * The series of a vector.
     *
     * @throws PromQlException if a limit is exceeded, or two series are the same but for a name that falls away; what has
     *     been handed out until then is not to be used
     */
    public <E extends Exception> void vector(Expr expression, SeriesSink<E> sink) throws E {
        if (expression instanceof Expr.Selector selector) {
            Supplier<StepSampler> samplers = () -> new StepSampler.Last(grid, selector.offsetMicros(), lookbackMicros);
            sample(selector, lookbackMicros, samplers, sink);
        } else if (expression instanceof Expr.WindowCall call) {
            windowCall(call, sink);
        } else if (expression instanceof Expr.ValueCall call) {
            valueCall(call, sink);
        } else if (expression instanceof Expr.VectorOf call) {
            StepValues values = new StepValues(grid.count());
            double[] scalar = scalar(call.scalar());
            for (int step = 0; step < scalar.length; step++) {
                values.set(step, scalar[step]);
            }
            sink.series(Labels.NONE, values);
        } else if (expression instanceof Expr.Aggregate aggregate) {
            Aggregation aggregation = aggregation(aggregate);
            if (aggregate.vector() instanceof Expr.WindowCall call && forgetsNames(aggregate)) {
                windowSeries(call, aggregation);
            } else {
                vector(aggregate.vector(), aggregation);
            }
            aggregation.emit(sink);
        } else if (expression instanceof Expr.Binary binary) {
            binary(binary, sink);
        } else if (expression instanceof Expr.Negation negation) {
            SeriesSink<E> unnamed = unnamed(sink);
            vector(negation.operand(), (labels, values) -> {
                for (int step = 0; step < values.steps(); step++) {
                    if (values.has(step)) {
                        values.set(step, -values.at(step));
                    }
                }
                unnamed.series(labels, values);
            });
        } else {
            throw new IllegalArgumentException("not a vector: " + expression);
        }
    }

    /** The samples of a range vector in the window of the first step. */
    public <E extends Exception> void samples(Expr.RangeSelector range, SampleSink<E> sink) throws E {
        Iterator<Selection.DeviceSeries> devices = new Selection(range.series().matchers()).of(source, budget);
        while (devices.hasNext()) {
            Selection.DeviceSeries device = devices.next();
            Map<String, SampleList> byMetric = new HashMap<>();
            device.series().forEach(series -> byMetric.put(series.metric(), new SampleList(budget)));
            read(device, grid.samples(range.rangeMicros(), range.series().offsetMicros()), (block, column) -> {
                SampleList samples = byMetric.get(column.metric());
                if (samples != null) {
                    samples.accept(block, column);
                }
            });
            for (Selection.Series series : device.series()) {
                SampleList samples = byMetric.get(series.metric());
                if (samples != null && !samples.isEmpty()) {
                    sink.samples(series.labels(), samples);
                }
            }
        }
    }

    /**
     * Whether series that differ only by name fall into one group all the same, so that they need not differ otherwise: as
     * Prometheus does with its feature promql-delayed-name-removal, so that a fold may go over all metrics of a device.
     */
    private static boolean forgetsNames(Expr.Aggregate aggregate) {
        return aggregate.parameter() == null
                && !aggregate.grouping().without()
                && !aggregate.grouping().labels().contains(Labels.NAME);
    }

    private <E extends Exception> void windowCall(Expr.WindowCall call, SeriesSink<E> sink) throws E {
        windowSeries(call, call.function().keepsName() ? sink : unnamed(sink));
    }

    private <E extends Exception> void windowSeries(Expr.WindowCall call, SeriesSink<E> sink) throws E {
        long rangeMicros = call.window().rangeMicros();
        long offsetMicros = call.window().series().offsetMicros();
        double[] parameters = call.parameter() == null ? new double[0] : scalar(call.parameter());
        Supplier<StepSampler> samplers = () -> new StepSampler.Windowed(
                grid, offsetMicros, rangeMicros, WindowFactory.of(call.function(), rangeMicros, parameters, budget));
        sample(call.window().series(), rangeMicros, samplers, sink);
    }

    private <E extends Exception> void valueCall(Expr.ValueCall call, SeriesSink<E> sink) throws E {
        List<double[]> parameters = new ArrayList<>();
        for (Expr parameter : call.parameters()) {
            parameters.add(scalar(parameter));
        }
        double[] none = new double[grid.count()];
        Arrays.fill(none, ValueFunction.DEFAULT_PARAMETER);
        double[] first = parameters.isEmpty() ? none : parameters.get(0);
        double[] second = parameters.size() < 2 ? none : parameters.get(1);
        SeriesSink<E> unnamed = unnamed(sink);
        vector(call.vector(), (labels, values) -> {
            for (int step = 0; step < values.steps(); step++) {
                if (!values.has(step)) {
                    continue;
                }
                if (call.function().keeps(first[step], second[step])) {
                    values.set(step, call.function().apply(values.at(step), first[step], second[step]));
                } else {
                    values.remove(step);
                }
            }
            if (!values.isEmpty()) {
                unnamed.series(labels, values);
            }
        });
    }

    /** Arithmetic makes new values; a comparison without bool only leaves out those of which it is not true. */
    private <E extends Exception> void binary(Expr.Binary binary, SeriesSink<E> sink) throws E {
        boolean vectorLeft = binary.left().type() == ValueType.VECTOR;
        double[] scalar = scalar(vectorLeft ? binary.right() : binary.left());
        boolean filter = binary.operator().isComparison() && !binary.bool();
        SeriesSink<E> outcome = filter ? sink : unnamed(sink);
        vector(vectorLeft ? binary.left() : binary.right(), (labels, values) -> {
            for (int step = 0; step < values.steps(); step++) {
                if (!values.has(step)) {
                    continue;
                }
                double value = values.at(step);
                double result = vectorLeft
                        ? binary.operator().apply(value, scalar[step])
                        : binary.operator().apply(scalar[step], value);
                if (!filter) {
                    values.set(step, result);
                } else if (result == 0) {
                    values.remove(step);
                }
            }
            if (!values.isEmpty()) {
                outcome.series(labels, values);
            }
        });
    }

    private Aggregation aggregation(Expr.Aggregate aggregate) {
        AggregateOperator operator = aggregate.operator();
        return aggregate.parameter() == null
                ? new GroupAggregation(operator, aggregate.grouping(), grid.count(), budget)
                : new TopAggregation(
                        operator == AggregateOperator.TOPK,
                        aggregate.grouping(),
                        scalar(aggregate.parameter()),
                        budget);
    }

    /** Hands series on without their names; two must not become the same by that. */
    private <E extends Exception> SeriesSink<E> unnamed(SeriesSink<E> sink) {
        Set<Labels> seen = new HashSet<>();
        return (labels, values) -> {
            if (labels.get(Labels.NAME).isEmpty()) {
                sink.series(labels, values);
                return;
            }
            Labels unnamed = labels.without(Labels.NAME);
            if (!seen.add(unnamed)) {
                throw PromQlException.execution("vector cannot contain metrics with the same labelset");
            }
            budget.holdLabels(unnamed);
            sink.series(unnamed, values);
        };
    }

    /** Reads a selector's samples from {@code beforeMicros} before the first step on; each series goes through a sampler. */
    private <E extends Exception> void sample(
            Expr.Selector selector, long beforeMicros, Supplier<StepSampler> samplers, SeriesSink<E> sink) throws E {
        List<StepSampler> pool = new ArrayList<>();
        Map<String, StepSampler> byMetric = new HashMap<>();
        TimeRange range = grid.samples(beforeMicros, selector.offsetMicros());
        Iterator<Selection.DeviceSeries> devices = new Selection(selector.matchers()).of(source, budget);
        while (devices.hasNext()) {
            Selection.DeviceSeries device = devices.next();
            byMetric.clear();
            for (Selection.Series series : device.series()) {
                if (byMetric.size() == pool.size()) {
                    budget.hold(grid.count());
                    pool.add(samplers.get());
                }
                StepSampler sampler = pool.get(byMetric.size());
                sampler.restart();
                byMetric.put(series.metric(), sampler);
            }
            read(device, range, (block, column) -> {
                StepSampler sampler = byMetric.get(column.metric());
                if (sampler != null) {
                    sampler.accept(block, column);
                }
            });
            for (int i = 0; i < device.series().size(); i++) {
                StepValues values = pool.get(i).finish();
                if (!values.isEmpty()) {
                    sink.series(device.series().get(i).labels(), values);
                }
            }
        }
    }

    /** Reads the selected metrics of a device in one scan. */
    private void read(Selection.DeviceSeries device, TimeRange range, BiConsumer<ReadingBlock, Column> columns) {
        budget.checkTime();
        Set<String> metrics = new HashSet<>();
        device.series().forEach(series -> metrics.add(series.metric()));
        Iterator<ReadingBlock> blocks = source.scan(device.device().id(), range, metrics);
        while (blocks.hasNext()) {
            ReadingBlock block = blocks.next();
            for (Column column : block.columns()) {
                budget.read(block.size());
                columns.accept(block, column);
            }
        }
    }
}
