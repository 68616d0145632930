package io.hearth.rest.problem;

import java.util.List;
import java.util.Map;

/** Ends a request with a problem. */
public final class ProblemException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ProblemType type;
    private final transient List<FieldError> errors;
    private final transient Map<String, Object> more;

    public ProblemException(ProblemType type, String detail) {
        this(type, detail, List.of(), Map.of());
    }

    public ProblemException(ProblemType type, String detail, List<FieldError> errors, Map<String, Object> more) {
        // Part of the normal course, so without a stack trace.
        super(detail, null, false, false);
        this.type = type;
        this.errors = List.copyOf(errors);
        this.more = Map.copyOf(more);
    }

    /** Invalid input: each error names a field. */
    public static ProblemException invalid(List<FieldError> errors) {
        return new ProblemException(ProblemType.INVALID_REQUEST, detailOf(errors), errors, Map.of());
    }

    /** Invalid input in one field. */
    public static ProblemException invalid(FieldError error) {
        return invalid(List.of(error));
    }

    /** A device that no reading has ever been stored of. */
    public static ProblemException unknownDevice() {
        return new ProblemException(ProblemType.UNKNOWN_DEVICE, "No reading of a device of this id has been stored.");
    }

    Problem problem(String instance) {
        return new Problem(type.uri(), type.title(), type.status(), getMessage(), instance, errors, more);
    }

    private static String detailOf(List<FieldError> errors) {
        StringBuilder detail = new StringBuilder();
        for (FieldError error : errors) {
            detail.append(detail.isEmpty() ? "" : "; ")
                    .append(error.field())
                    .append(' ')
                    .append(error.message());
        }
        return detail.toString();
    }
}
