package io.hearth.simulator.cli;

import io.hearth.simulator.report.HtmlReport;
import io.hearth.simulator.report.ReportJson;
import io.hearth.simulator.report.RunReport;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where a report goes besides standard output. */
final class ReportOptions {

    @Option(names = "--report-json", description = "file to write the report to, with its histograms")
    private @Nullable Path json;

    @Option(names = "--report-html", description = "file to write the report to, with plots")
    private @Nullable Path html;

    void write(RunReport report) throws IOException {
        if (json != null) {
            ReportJson.write(report, json);
        }
        if (html != null) {
            HtmlReport.write(report, html);
        }
    }
}
