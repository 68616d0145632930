package io.hearth.table.dynamodb;

import io.hearth.table.dynamodb.DynamoDbSettings.Location;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the tests take for the DynamoDB API answers as an earlier implementation of it, and the documentation, say: the recorded
 * exchanges in {@code dynamodb-transcripts}.
 */
final class TranscriptIT {
    private final HttpClient client = HttpClient.newHttpClient();
    private final TestDynamoDb dynamoDb = TestDynamoDb.get();
    private final Location location = dynamoDb.newLocation();
    private final Transcript transcript = new Transcript(location.table());

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tables",
                "provisioned",
                "foreign",
                "writes",
                "conditions",
                "reads",
                "queries",
                "pages",
                "streams",
                "shards"
            })
    void requests_areAnsweredAsRecorded(String name) throws Exception {
        SoftAssertions answers = new SoftAssertions();
        for (Transcript.Exchange exchange : Transcript.read(name)) {
            if (exchange.call().equals("roll")) {
                dynamoDb.stream(location).rollShards();
                continue;
            }
            HttpResponse<byte[]> response = send(exchange);
            answers.assertThat(response.statusCode() + " " + Transcript.text(transcript.response(response.body())))
                    .as(exchange.what())
                    .isEqualTo(exchange.status() + " " + Transcript.text(exchange.response()));
        }
        answers.assertAll();
    }

    private HttpResponse<byte[]> send(Transcript.Exchange exchange) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(dynamoDb.endpoint())
                .header("Authorization", "AWS4-HMAC-SHA256 Credential=test, SignedHeaders=host, Signature=none")
                .header("X-Amz-Date", "20261130T000000Z")
                .header("X-Amz-Target", exchange.call())
                .header("Content-Type", "application/x-amz-json-1.0")
                .POST(BodyPublishers.ofByteArray(transcript.request(exchange.request())))
                .build();
        return client.send(request, BodyHandlers.ofByteArray());
    }
}
