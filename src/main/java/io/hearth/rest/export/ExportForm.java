package io.hearth.rest.export;

import io.hearth.codec.parquet.ParquetPointsWriter;
import io.hearth.model.DeviceId;
import io.hearth.model.ReadingBlock;
import io.hearth.rest.format.CsvExport;
import io.hearth.rest.format.ExportWriter;
import io.hearth.rest.format.NdjsonExport;
import io.hearth.rest.format.TextOutput;
import jakarta.ws.rs.NotAcceptableException;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Request;
import jakarta.ws.rs.core.Variant;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The forms of an export, each of which an import takes. */
enum ExportForm {
    NDJSON(new MediaType("application", "x-ndjson"), out -> new NdjsonExport(new TextOutput(out))),
    CSV(new MediaType("text", "csv", "utf-8"), out -> new CsvExport(new TextOutput(out))),
    PARQUET(new MediaType("application", "vnd.apache.parquet"), ParquetForm::new);

    /** The values of the parameter {@code format}. */
    static final String NAMES = "ndjson|csv|parquet";

    private final MediaType mediaType;
    private final Function<OutputStream, ExportWriter> writer;

    ExportForm(MediaType mediaType, Function<OutputStream, ExportWriter> writer) {
        this.mediaType = mediaType;
        this.writer = writer;
    }

    MediaType mediaType() {
        return mediaType;
    }

    ExportWriter writer(OutputStream out) {
        return writer.apply(out);
    }

    /** How a file of this form is called, behind the dot. */
    String suffix() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @param format one of {@link #NAMES}, before what the request's Accept says */
    static ExportForm of(Request request, @Nullable String format) {
        if (format != null) {
            return valueOf(format.toUpperCase(Locale.ROOT));
        }
        Variant variant = request.selectVariant(Variant.mediaTypes(NDJSON.mediaType, CSV.mediaType, PARQUET.mediaType)
                .build());
        if (variant != null) {
            for (ExportForm form : values()) {
                if (variant.getMediaType().isCompatible(form.mediaType)) {
                    return form;
                }
            }
        }
        throw new NotAcceptableException();
    }

    private static final class ParquetForm implements ExportWriter {
        private final ParquetPointsWriter file;

        ParquetForm(OutputStream out) {
            file = new ParquetPointsWriter(out);
        }

        @Override
        public void begin() throws IOException {
            file.begin();
        }

        @Override
        public void block(DeviceId device, ReadingBlock block) throws IOException {
            file.block(device, block);
        }

        @Override
        public void end() throws IOException {
            file.end();
        }
    }
}
