package io.hearth.shadow.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.DefaultRetryStrategy;
import software.amazon.awssdk.services.iotdataplane.IotDataPlaneAsyncClient;
import software.amazon.awssdk.services.iotdataplane.model.ConflictException;
import software.amazon.awssdk.services.iotdataplane.model.InvalidRequestException;
import software.amazon.awssdk.services.iotdataplane.model.IotDataPlaneException;
import software.amazon.awssdk.services.iotdataplane.model.ListNamedShadowsForThingResponse;
import software.amazon.awssdk.services.iotdataplane.model.RequestEntityTooLargeException;
import software.amazon.awssdk.services.iotdataplane.model.ResourceNotFoundException;
import software.amazon.awssdk.services.iotdataplane.model.UnauthorizedException;
import software.amazon.awssdk.services.iotdataplane.model.UnsupportedDocumentEncodingException;

/** The contract over REST as the AWS SDK for Java speaks it, unchanged but for its endpoint. */
class AwsSdkShadowIT extends ShadowConformance {
    private IotDataPlaneAsyncClient client;

    @BeforeEach
    void open() {
        client = client(hearth.adminToken());
    }

    @AfterEach
    void close() {
        client.close();
    }

    private static IotDataPlaneAsyncClient client(String secret) {
        return IotDataPlaneAsyncClient.builder()
                .endpointOverride(hearth.httpUri())
                .region(Region.EU_CENTRAL_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("hearth", secret)))
                .overrideConfiguration(configuration -> configuration.retryStrategy(DefaultRetryStrategy.doNotRetry()))
                .build();
    }

    @Override
    Reply ask(Operation operation, String name, byte[] body) throws Exception {
        String shadow = name.isEmpty() ? null : name;
        try {
            SdkBytes payload = switch (operation) {
                case GET ->
                    client.getThingShadow(request -> request.thingName(thing).shadowName(shadow))
                            .join()
                            .payload();
                case UPDATE ->
                    client.updateThingShadow(request ->
                                    request.thingName(thing).shadowName(shadow).payload(SdkBytes.fromByteArray(body)))
                            .join()
                            .payload();
                case DELETE ->
                    client.deleteThingShadow(request -> request.thingName(thing).shadowName(shadow))
                            .join()
                            .payload();
            };
            return new Reply(true, JSON.readTree(payload.asByteArray()));
        } catch (CompletionException e) {
            IotDataPlaneException refused = (IotDataPlaneException) e.getCause();
            JsonNode error =
                    JSON.readTree(refused.awsErrorDetails().rawResponse().asByteArray());
            assertThat(refused.statusCode()).isEqualTo(error.at("/code").asInt());
            assertThat(refused.awsErrorDetails().errorMessage())
                    .isEqualTo(error.at("/message").asText());
            return new Reply(false, error);
        }
    }

    @Test
    void errors_areTheExceptionsOfTheSdk() throws Exception {
        assertThat(failure(Operation.GET, "")).isInstanceOf(ResourceNotFoundException.class);
        assertThat(failure(Operation.UPDATE, "{'state':1}")).isInstanceOf(InvalidRequestException.class);
        assertThat(failure(Operation.UPDATE, "{'state':{},'version':9}")).isInstanceOf(ConflictException.class);
        assertThat(failure(Operation.UPDATE, "{'state':{'desired':{'k':'" + "x".repeat(9000) + "'}}}"))
                .isInstanceOf(RequestEntityTooLargeException.class);
        assertThat(failure(Operation.UPDATE, "{'state':{'desired':{'k':'\u0080'}}}".getBytes("ISO-8859-1")))
                .isInstanceOf(UnsupportedDocumentEncodingException.class);
    }

    @Test
    void list_ofNamedShadows_isPaged() throws Exception {
        update("{'state':{}}");
        for (int i = 0; i < 7; i++) {
            accepted(ask(Operation.UPDATE, "shadow:" + i, bytes("{'state':{}}")));
        }
        List<String> names = new ArrayList<>();
        String[] token = {null};
        do {
            ListNamedShadowsForThingResponse page = client.listNamedShadowsForThing(
                            request -> request.thingName(thing).pageSize(3).nextToken(token[0]))
                    .join();
            assertThat(page.results()).hasSizeBetween(1, 3);
            assertThat(page.timestamp())
                    .isBetween(System.currentTimeMillis() / 1000 - 120, System.currentTimeMillis() / 1000 + 1);
            names.addAll(page.results());
            token[0] = page.nextToken();
        } while (token[0] != null);
        assertThat(names)
                .containsExactlyElementsOf(java.util.stream.IntStream.range(0, 7)
                        .mapToObj(i -> "shadow:" + i)
                        .toList());
        assertThat(client.listNamedShadowsForThing(request -> request.thingName("nobody"))
                        .join()
                        .results())
                .isEmpty();
    }

    @Test
    void signature_ofAnotherSecret_isForbidden() {
        try (IotDataPlaneAsyncClient stranger = client("not-the-token")) {
            CompletionException refused = catchThrowableOfType(
                    CompletionException.class,
                    () -> stranger.getThingShadow(request -> request.thingName(thing))
                            .join());
            assertThat(refused.getCause()).isInstanceOfSatisfying(IotDataPlaneException.class, error -> {
                assertThat(error.statusCode()).isEqualTo(403);
                assertThat(error.awsErrorDetails().errorCode()).isEqualTo("ForbiddenException");
                assertThat(error.awsErrorDetails().errorMessage()).isEqualTo("Forbidden");
            });
        }
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /things/x/shadow, 401, UnauthorizedException",
        "POST, /things/x/shadow?name=n, 401, UnauthorizedException",
        "GET, /api/things/shadow/ListNamedShadowsForThing/x, 401, UnauthorizedException"
    })
    void request_withoutCredentials_isUnauthorized(String method, String path, int status, String type)
            throws Exception {
        HttpShadows http = new HttpShadows(hearth.httpUri());
        var answer = http.send(method, path, Map.of(), new byte[0]);
        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(answer.headers().firstValue("x-amzn-ErrorType")).contains(type);
        assertThat(JSON.readTree(answer.body()).at("/message").asText()).isEqualTo("Unauthorized");
        assertThat(UnauthorizedException.class.getSimpleName()).isEqualTo(type);
    }

    private Throwable failure(Operation operation, String body) {
        return failure(operation, bytes(body));
    }

    private Throwable failure(Operation operation, byte[] body) {
        return catchThrowableOfType(CompletionException.class, () -> {
                    if (operation == Operation.GET) {
                        client.getThingShadow(request -> request.thingName(thing))
                                .join();
                    } else {
                        client.updateThingShadow(
                                        request -> request.thingName(thing).payload(SdkBytes.fromByteArray(body)))
                                .join();
                    }
                })
                .getCause();
    }
}
