import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;

/**
 * Sends messages to Kafka through the sidecar, with nothing but the JDK (17 or newer):
 *
 *   kafka-hotpath serve --binding function.json --port 8082
 *   SIDECAR=http://127.0.0.1:8082 BINDING=orders java Produce.java
 */
public class Produce {
    private static final HttpClient CLIENT = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    public static void main(String[] arguments) throws Exception {
        String binding = setting("BINDING", "orders");
        String call = "{\"operation\":\"create\",\"data\":{\"order\":1},\"metadata\":{\"key\":\"customer-7\"}}";
        HttpResponse<String> one = post("/v1.0/bindings/" + binding, "application/json", call);
        if (one.statusCode() != 204) throw new IllegalStateException(one.body());
        String lines = "{\"order\":2}\n\"three\"\n[\"four\",\"five\"]\n";
        HttpResponse<String> many = post("/bindings/" + binding, "application/x-ndjson", lines);
        System.out.print(many.body());
        if (many.statusCode() != 200) System.exit(1);
    }

    private static HttpResponse<String> post(String path, String type, String body) throws Exception {
        URI uri = URI.create(setting("SIDECAR", "http://127.0.0.1:8082") + path);
        HttpRequest.Builder request = HttpRequest.newBuilder(uri).header("Content-Type", type);
        String token = setting("KAFKA_HOTPATH_SERVE_TOKEN", "");
        if (!token.isEmpty()) request.header("Authorization", "Bearer " + token);
        return CLIENT.send(request.POST(BodyPublishers.ofString(body)).build(), BodyHandlers.ofString());
    }

    private static String setting(String name, String otherwise) {
        String value = System.getenv(name);
        return value == null ? otherwise : value;
    }
}
