package io.hearth.upgrade;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/** The files of earlier builds that are kept as resources, packed. */
public final class KeptFiles {
    private KeptFiles() {}

    public static void unpack(String resource, Path target) throws IOException {
        try (InputStream kept = Objects.requireNonNull(KeptFiles.class.getResourceAsStream(resource), resource);
                ZipInputStream zip = new ZipInputStream(kept)) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                Path file = target.resolve(entry.getName());
                Files.createDirectories(file.getParent());
                Files.copy(zip, file);
            }
        }
    }
}
