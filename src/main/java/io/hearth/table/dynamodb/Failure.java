package io.hearth.table.dynamodb;

import io.hearth.table.ConditionFailedException;
import io.hearth.table.OutcomeUnknownException;
import io.hearth.table.TableException;
import io.hearth.table.ThrottledException;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.ExpiredIteratorException;
import software.amazon.awssdk.services.dynamodb.model.TrimmedDataAccessException;

/** What a failed request means for the data, and whether it may be sent again. */
enum Failure {
    /** The condition did not hold; nothing was written. */
    CONDITION,
    /** Refused for load; nothing was written. */
    THROTTLED,
    /** Refused for another reason that may pass, such as credentials or a table being made; nothing was written. */
    REFUSED,
    /** Failed or not answered: it may have been done. */
    UNKNOWN,
    /** Wrong in itself: sending it again cannot help. Nothing was written. */
    PERMANENT;

    private static final Set<String> PERMANENT_CODES =
            Set.of("ValidationException", "SerializationException", "ItemCollectionSizeLimitExceededException");

    /** Codes of throttling that the SDK does not count as such. */
    private static final Set<String> THROTTLING_CODES = Set.of("LimitExceededException", "ThrottlingException");

    static Throwable unwrap(Throwable failure) {
        Throwable cause = failure;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    static Failure of(Throwable failure) {
        if (failure instanceof ConditionalCheckFailedException) {
            return CONDITION;
        }
        if (failure instanceof ExpiredIteratorException || failure instanceof TrimmedDataAccessException) {
            return PERMANENT;
        }
        if (failure instanceof AwsServiceException service) {
            String code = service.awsErrorDetails() == null
                    ? ""
                    : String.valueOf(service.awsErrorDetails().errorCode());
            if (service.isThrottlingException() || THROTTLING_CODES.contains(code)) {
                return THROTTLED;
            }
            if (service.statusCode() >= 500) {
                return UNKNOWN;
            }
            return PERMANENT_CODES.contains(code) ? PERMANENT : REFUSED;
        }
        return failure instanceof SdkClientException || failure instanceof TimeoutException ? UNKNOWN : PERMANENT;
    }

    /** Whether nobody knows what has become of a request, or will. */
    static boolean isUnanswered(Throwable failure) {
        return of(failure) == UNKNOWN && !(failure instanceof AwsServiceException);
    }

    boolean mayPass() {
        return this == THROTTLED || this == REFUSED || this == UNKNOWN;
    }

    /**
     * What the table fails with.
     *
     * @param maybeWritten whether an earlier attempt may have written
     */
    static TableException exception(Throwable failure, boolean maybeWritten) {
        if (failure instanceof TableException table && !maybeWritten) {
            return table;
        }
        String message = String.valueOf(failure.getMessage());
        Failure kind = of(failure);
        if (kind == CONDITION) {
            return new ConditionFailedException("the stored item is not the expected one", failure);
        }
        if (maybeWritten || kind == UNKNOWN) {
            return new OutcomeUnknownException("DynamoDB did not answer: " + message, failure);
        }
        return kind == PERMANENT
                ? new TableException("DynamoDB refused a request: " + message, failure)
                : new ThrottledException("DynamoDB refused for now: " + message, failure);
    }
}
