package io.hearth.promql;

import java.util.LinkedHashMap;
import java.util.Map;

/** One series for each group of series: their sum, count, and the like, step by step. */
final class GroupAggregation implements Aggregation {
    private final AggregateOperator operator;
    private final Expr.Grouping grouping;
    private final int steps;
    private final QueryBudget budget;
    private final Map<Labels, Group> groups = new LinkedHashMap<>();

    GroupAggregation(AggregateOperator operator, Expr.Grouping grouping, int steps, QueryBudget budget) {
        this.operator = operator;
        this.grouping = grouping;
        this.steps = steps;
        this.budget = budget;
    }

    /** Of a group at each step: how many values, their sum or mean or extreme, and its error or the squares beside it. */
    private static final class Group {
        final int[] counts;
        final double[] firsts;
        final double[] seconds;

        Group(int steps) {
            counts = new int[steps];
            firsts = new double[steps];
            seconds = new double[steps];
        }
    }

    @Override
    public void series(Labels labels, StepValues values) {
        Group group = groups.get(grouping.of(labels));
        if (group == null) {
            budget.hold(steps);
            budget.holdLabels(labels);
            group = new Group(steps);
            groups.put(grouping.of(labels), group);
        }
        for (int step = 0; step < steps; step++) {
            if (values.has(step)) {
                add(group, step, values.at(step));
            }
        }
    }

    private void add(Group group, int step, double value) {
        int count = ++group.counts[step];
        double first = group.firsts[step];
        switch (operator) {
            case SUM, AVG -> {
                double total = first + value;
                group.seconds[step] = CompensatedSum.error(group.seconds[step], first, value, total);
                group.firsts[step] = total;
            }
            // NaN is no extreme while there is another value.
            case MIN -> group.firsts[step] = count == 1 || value < first || Double.isNaN(first) ? value : first;
            case MAX -> group.firsts[step] = count == 1 || value > first || Double.isNaN(first) ? value : first;
            case STDDEV, STDVAR -> {
                double difference = value - first;
                double mean = first + difference / count;
                group.seconds[step] += difference * (value - mean);
                group.firsts[step] = mean;
            }
            case COUNT, GROUP -> {}
            case TOPK, BOTTOMK -> throw new IllegalStateException(operator.title());
        }
    }

    @Override
    public <E extends Exception> void emit(SeriesSink<E> sink) throws E {
        StepValues values = new StepValues(steps);
        for (Map.Entry<Labels, Group> entry : groups.entrySet()) {
            Group group = entry.getValue();
            values.clear();
            for (int step = 0; step < steps; step++) {
                if (group.counts[step] > 0) {
                    values.set(step, outcome(group, step));
                }
            }
            sink.series(entry.getKey(), values);
        }
    }

    private double outcome(Group group, int step) {
        double count = group.counts[step];
        return switch (operator) {
            case SUM -> group.firsts[step] + group.seconds[step];
            case AVG -> (group.firsts[step] + group.seconds[step]) / count;
            case MIN, MAX -> group.firsts[step];
            case STDDEV -> Math.sqrt(group.seconds[step] / count);
            case STDVAR -> group.seconds[step] / count;
            case COUNT -> count;
            case GROUP -> 1;
            case TOPK, BOTTOMK -> throw new IllegalStateException(operator.title());
        };
    }
}
