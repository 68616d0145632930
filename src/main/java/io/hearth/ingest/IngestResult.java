package io.hearth.ingest;

import java.util.List;

/**
 * What became of a payload whose sender waits for the answer.
 *
 * @param stored how many readings are durable
 * @param rejected those that are not, by index ascending, as far as they are listed
 * @param rejectedTotal how many are not
 */
public record IngestResult(int stored, List<Rejection> rejected, int rejectedTotal) {
    public IngestResult {
        rejected = List.copyOf(rejected);
    }
}
