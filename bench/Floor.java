import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What the same requests cost on the JVM when nothing is done with the answers: reads every path of a file over the JDK's
 * HTTP client, so many at a time. Arguments: address, parallelism, file of paths. The token is in FLOOR_TOKEN.
 */
final class Floor {

    public static void main(String... args) throws IOException {
        String address = args[0];
        Semaphore permits = new Semaphore(Integer.parseInt(args[1]));
        List<String> paths = Files.readAllLines(Path.of(args[2]));
        String token = System.getenv("FLOOR_TOKEN");
        AtomicInteger failed = new AtomicInteger();
        HttpClient http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .executor(Executors.newVirtualThreadPerTaskExecutor())
                .build();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (String path : paths) {
                permits.acquireUninterruptibly();
                threads.execute(() -> {
                    try {
                        HttpRequest request = HttpRequest.newBuilder(URI.create(address + "/v1/" + path))
                                .header("X-Vault-Token", token)
                                .build();
                        if (http.send(request, BodyHandlers.ofByteArray()).statusCode() != 200) {
                            failed.incrementAndGet();
                        }
                    } catch (IOException | InterruptedException e) {
                        failed.incrementAndGet();
                    } finally {
                        permits.release();
                    }
                });
            }
        }
        System.out.printf("%d requests, %d failed%n", paths.size(), failed.get());
        System.exit(failed.get() == 0 ? 0 : 1);
    }
}
