package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.testing.LoopbackProxy;
import io.ameide.vault.bootstrap.testing.PackagedApplication;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.testing.RealServer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/** What a tick asks of a server grows with the number of secrets by what must be looked at, and by nothing else. */
class RequestGrowthIT {

    private static final String DATA = "/v1/secret/data/";

    @RegisterExtension
    final RealServer server = RealServer.empty();

    @TempDir
    Path folder;

    private PackagedApplication application;

    @BeforeEach
    void desiredState() throws IOException {
        Files.writeString(folder.resolve("desired-state.yaml"), """
                secretEngines:
                  - path: secret
                    type: kv
                    options: { version: "2" }
                secrets:
                  - fixtures: fixtures.json
                """);
        application = PackagedApplication.in(folder, server.address());
    }

    @Test
    void firstTickWritesEverySecretAndItsMarkOnce() throws IOException {
        List<String> names = fixtures(40);

        List<LoopbackProxy.Exchange> exchanges = tick();

        assertThat(exchanges)
                .filteredOn(exchange -> exchange.write() && exchange.path().startsWith("/v1/secret/"))
                .extracting(LoopbackProxy.Exchange::path)
                .containsExactlyInAnyOrderElementsOf(names.stream()
                        .flatMap(name -> Stream.of(DATA + name, "/v1/secret/metadata/" + name))
                        .toList());
        // Once to see that it is not there, once to see that it is.
        assertThat(readsOfSecrets(exchanges))
                .containsOnlyKeys(names)
                .allSatisfy((name, reads) -> assertThat(reads).isEqualTo(2));
    }

    @Test
    void steadyTickReadsEverySecretOnceAndNothingElseGrows() throws IOException {
        List<String> few = fixtures(10);
        tick();
        List<LoopbackProxy.Exchange> fewExchanges = tick();
        List<String> many = fixtures(100);
        tick();

        List<LoopbackProxy.Exchange> manyExchanges = tick();

        assertThat(readsOfSecrets(fewExchanges))
                .containsOnlyKeys(few)
                .allSatisfy((name, reads) -> assertThat(reads).isEqualTo(1));
        assertThat(readsOfSecrets(manyExchanges))
                .containsOnlyKeys(many)
                .allSatisfy((name, reads) -> assertThat(reads).isEqualTo(1));
        assertThat(requestsBesidesSecrets(manyExchanges))
                .containsExactlyElementsOf(requestsBesidesSecrets(fewExchanges));
    }

    private List<String> fixtures(int count) throws IOException {
        List<String> names =
                IntStream.range(0, count).mapToObj("service-%03d"::formatted).toList();
        Files.writeString(
                folder.resolve("fixtures.json"),
                names.stream().map("\"%s\": \"v\""::formatted).collect(Collectors.joining(",\n", "{", "}")));
        return names;
    }

    private List<LoopbackProxy.Exchange> tick() {
        try (LoopbackProxy proxy = LoopbackProxy.to(server.address())) {
            Result result = application
                    .with("BOOTSTRAP_VAULT_ADDRESSES", proxy.address().toString())
                    .run("run");
            assertThat(result.exit()).as(result.stdout() + result.stderr()).isZero();
            return proxy.exchanges();
        }
    }

    private static Map<String, Long> readsOfSecrets(List<LoopbackProxy.Exchange> exchanges) {
        return exchanges.stream()
                .filter(exchange -> !exchange.write() && exchange.path().startsWith(DATA))
                .map(exchange -> exchange.path().substring(DATA.length()))
                .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
    }

    private static List<String> requestsBesidesSecrets(List<LoopbackProxy.Exchange> exchanges) {
        return exchanges.stream()
                .filter(exchange -> !exchange.path().startsWith(DATA))
                .map(exchange -> exchange.method() + " " + exchange.path())
                .toList();
    }
}
