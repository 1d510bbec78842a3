package io.ameide.vault.bootstrap.snapshot;

import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

import static org.assertj.core.api.Assertions.assertThat;

/** Fills a store with small objects, as fast as it takes them. */
final class ManyObjects {

    private static final int AT_ONCE = 8;

    private ManyObjects() {}

    /** @param request how the object of that number is put, but for its content */
    static void put(int count, IntFunction<HttpRequest.Builder> request) throws Exception {
        HttpClient http =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        try (ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE)) {
            List<Callable<Integer>> puts = IntStream.range(0, count)
                    .<Callable<Integer>>mapToObj(number -> () -> {
                        HttpResponse<Void> answer = http.send(
                                request.apply(number)
                                        .PUT(BodyPublishers.ofString("x"))
                                        .build(),
                                BodyHandlers.discarding());
                        return answer.statusCode() / 100;
                    })
                    .toList();
            for (Future<Integer> put : threads.invokeAll(puts)) {
                assertThat(put.get()).isEqualTo(2);
            }
        }
    }
}
