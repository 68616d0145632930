package io.hearth.codec.parquet;

import io.hearth.model.EpochMicros;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.ColumnReader;
import org.apache.parquet.format.ConvertedType;
import org.apache.parquet.format.FieldRepetitionType;
import org.apache.parquet.format.LogicalType;
import org.apache.parquet.format.SchemaElement;
import org.apache.parquet.schema.PrimitiveType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type.Repetition;

/**
 * A column of a file, and how its values are read.
 *
 * @param place in each row group, from 0
 */
record FileColumn(String name, int place, PrimitiveType type, Kind kind, long nanosPerUnit) {
    /** What values are, and in which of Parquet's types. */
    enum Kind {
        INT32,
        UINT32,
        INT64,
        UINT64,
        FLOAT,
        DOUBLE,
        BOOLEAN,
        TEXT
    }

    private static final long NOT_A_TIMESTAMP = 0;
    private static final double TWO_TO_THE_64 = 0x1p64;

    /** @throws CorruptParquetException the column has a type that is not read */
    static FileColumn of(SchemaElement element, int place) throws CorruptParquetException {
        String name = element.getName();
        if (element.getNum_children() > 0
                || element.getRepetition_type() == FieldRepetitionType.REPEATED
                || !element.isSetType()) {
            throw new CorruptParquetException("the column " + name + " is nested, which is not read");
        }
        Repetition repetition = element.getRepetition_type() == FieldRepetitionType.REQUIRED
                ? Repetition.REQUIRED
                : Repetition.OPTIONAL;
        Kind kind = kindOf(element);
        PrimitiveTypeName typeName = element.getType() == org.apache.parquet.format.Type.BYTE_ARRAY
                ? PrimitiveTypeName.BINARY
                : PrimitiveTypeName.valueOf(element.getType().name());
        return new FileColumn(name, place, new PrimitiveType(repetition, typeName, name), kind, nanosPerUnit(element));
    }

    ColumnDescriptor descriptor() {
        return new ColumnDescriptor(new String[] {name}, type, 0, maxDefinition());
    }

    private int maxDefinition() {
        return type.getRepetition() == Repetition.OPTIONAL ? 1 : 0;
    }

    /** Whether the row on which {@code reader} stands has a value. */
    boolean isPresent(ColumnReader reader) {
        return reader.getCurrentDefinitionLevel() == maxDefinition();
    }

    boolean isTimestamp() {
        return nanosPerUnit != NOT_A_TIMESTAMP;
    }

    /** The number of a row, if {@link #kind} is one. */
    double number(ColumnReader reader) {
        return switch (kind) {
            case INT32 -> reader.getInteger();
            case UINT32 -> Integer.toUnsignedLong(reader.getInteger());
            case INT64 -> reader.getLong();
            case UINT64 -> {
                long number = reader.getLong();
                yield number >= 0 ? number : number + TWO_TO_THE_64;
            }
            case FLOAT -> reader.getFloat();
            case DOUBLE -> reader.getDouble();
            default -> throw new IllegalStateException(name + " is no column of numbers");
        };
    }

    /** The text of a row, if {@link #kind} is that. */
    String text(ColumnReader reader) throws CharacterCodingException {
        return StandardCharsets.UTF_8
                .newDecoder()
                .decode(ByteBuffer.wrap(reader.getBinary().getBytesUnsafe()))
                .toString();
    }

    /**
     * The time of a row: a timestamp, an epoch number by its magnitude, or text.
     *
     * @throws IllegalArgumentException it is none
     */
    long timeMicros(ColumnReader reader) throws CharacterCodingException {
        return switch (kind) {
            case INT64 -> {
                long time = reader.getLong();
                yield isTimestamp() ? microsOf(time) : EpochMicros.ofEpochNumber(time);
            }
            case INT32 -> EpochMicros.ofEpochNumber((long) reader.getInteger());
            case DOUBLE -> EpochMicros.ofEpochNumber(reader.getDouble());
            case TEXT -> EpochMicros.parse(text(reader));
            default -> throw new IllegalArgumentException("a column of " + kind + " is no time");
        };
    }

    private long microsOf(long time) {
        if (nanosPerUnit == 1) {
            return Math.floorDiv(time, 1_000L);
        }
        try {
            return Math.multiplyExact(time, nanosPerUnit / 1_000);
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException("the time is beyond the range", e);
        }
    }

    private static Kind kindOf(SchemaElement element) throws CorruptParquetException {
        ConvertedType converted = element.getConverted_type();
        boolean unsigned = converted != null && converted.name().startsWith("UINT");
        boolean integer = converted == null
                || unsigned
                || converted.name().startsWith("INT_")
                || converted == ConvertedType.TIMESTAMP_MILLIS
                || converted == ConvertedType.TIMESTAMP_MICROS;
        boolean text = converted == null
                || converted == ConvertedType.UTF8
                || converted == ConvertedType.ENUM
                || converted == ConvertedType.JSON;
        return switch (element.getType()) {
            case INT32 -> required(integer, element, unsigned ? Kind.UINT32 : Kind.INT32);
            case INT64 -> required(integer, element, unsigned ? Kind.UINT64 : Kind.INT64);
            case FLOAT -> Kind.FLOAT;
            case DOUBLE -> Kind.DOUBLE;
            case BOOLEAN -> Kind.BOOLEAN;
            case BYTE_ARRAY -> required(text, element, Kind.TEXT);
            default -> required(false, element, Kind.TEXT);
        };
    }

    private static Kind required(boolean condition, SchemaElement element, Kind kind) throws CorruptParquetException {
        if (!condition) {
            throw new CorruptParquetException("the column " + element.getName() + " has the type " + element.getType()
                    + (element.isSetConverted_type() ? " " + element.getConverted_type() : "")
                    + ", which is not read");
        }
        return kind;
    }

    private static long nanosPerUnit(SchemaElement element) {
        LogicalType logical = element.getLogicalType();
        if (logical != null && logical.isSetTIMESTAMP()) {
            var unit = logical.getTIMESTAMP().getUnit();
            return unit.isSetMILLIS() ? 1_000_000 : unit.isSetMICROS() ? 1_000 : 1;
        }
        if (element.getConverted_type() == ConvertedType.TIMESTAMP_MILLIS) {
            return 1_000_000;
        }
        return element.getConverted_type() == ConvertedType.TIMESTAMP_MICROS ? 1_000 : NOT_A_TIMESTAMP;
    }
}
