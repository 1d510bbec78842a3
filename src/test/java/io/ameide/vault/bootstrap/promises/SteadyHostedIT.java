package io.ameide.vault.bootstrap.promises;

import com.fasterxml.jackson.databind.JsonNode;
import io.ameide.vault.bootstrap.testing.KubernetesApi;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Exchange;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Point;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Verdict;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

/** Three nodes that have converged: what a tick asks of them and of the API server, and what it does while that is away. */
class SteadyHostedIT {

    /** Longer than a request to the API server is waited for, and than two thirds of the Lease. */
    private static final Duration OUTAGE = Duration.ofSeconds(7);

    private static final int TICKS_TO_CONVERGE = 3;

    @RegisterExtension
    static final KubernetesApi API = new KubernetesApi();

    @TempDir
    static Path folder;

    private static HostedScene scene;

    /** The first request of what a tick is at. */
    enum Moment {
        LOCK(HostedScene.LEASES),
        DISCOVER("/api/v1/namespaces/vault/pods"),
        CUSTODY(HostedScene.CUSTODY),
        SIGN_IN(HostedScene.LOGIN),
        SNAPSHOT("/v1/sys/internal/ui/mounts"),
        QUORUM("/v1/sys/storage/raft/autopilot/state"),
        SIGN_OUT("/v1/auth/token/revoke-self");

        private final String path;

        Moment(String path) {
            this.path = path;
        }
    }

    @BeforeAll
    static void converge() {
        scene = HostedScene.on(API, folder);
        Result first = scene.tick();
        assertThat(first.exit()).as(first.stdout() + first.stderr()).isZero();
    }

    @AfterAll
    static void close() {
        scene.close();
    }

    /** The table in docs/design.md, request by request; those of a step that run side by side are alike. */
    @Test
    void tickAsksNothingButThis() {
        Map<String, List<String>> steps = new LinkedHashMap<>();
        steps.put("lock", List.of("api GET leases", "api PUT leases"));
        steps.put("discover", List.of("api GET pods", "GET seal-status", "GET seal-status", "GET seal-status"));
        steps.put("initialize", List.of("api GET custody"));
        List<String> unseal = new ArrayList<>(List.of("api GET custody"));
        // One after the other, until one says that it is active.
        unseal.addAll(Collections.nCopies(scene.hosted().nodes().awaitLeader() + 1, "GET health"));
        steps.put("unseal", unseal);
        steps.put("join", List.of());
        steps.put(
                "sign in",
                List.of(
                        "api GET custody",
                        "POST auth/kubernetes/login",
                        "GET policies/acl/vault-bootstrap",
                        "GET auth/kubernetes/role/vault-bootstrap"));
        steps.put(
                "configure",
                List.of(
                        "GET policies/acl/external-secrets",
                        "GET mounts",
                        "GET auth",
                        "GET auth/kubernetes/config",
                        "api GET custody",
                        "GET auth/kubernetes/role/external-secrets",
                        "GET storage/raft/autopilot/configuration"));
        steps.put(
                "seed",
                List.of("api GET custody", "GET internal/ui/mounts/secret", "GET secret/data", "GET secret/data"));
        steps.put("snapshot", List.of("GET seal-status"));
        steps.put("verify", List.of());
        steps.put("quorum", List.of("GET storage/raft/autopilot/state"));
        steps.put("sign out", List.of("POST auth/token/revoke-self"));
        steps.put("unlock", List.of("api GET leases", "api PUT leases"));

        // So long that it need not be renewed meanwhile.
        Result tick = scene.tick("BOOTSTRAP_CUSTODY_KUBERNETES_LEASE_DURATION", "60s");

        assertThat(tick.exit()).as(tick.stdout()).isZero();
        assertThat(scene.requests().stream().map(SteadyHostedIT::words))
                .containsExactlyElementsOf(
                        steps.values().stream().flatMap(List::stream).toList());
        for (JsonNode step : tick.json().path("steps")) {
            long toNodes = steps.get(step.path("name").asText()).stream()
                    .filter(words -> !words.startsWith("api "))
                    .count();
            assertThat(StreamSupport.stream(step.path("requests").spliterator(), false)
                            .mapToLong(JsonNode::asLong)
                            .sum())
                    .as(step.path("name").asText())
                    .isEqualTo(toNodes);
        }
    }

    private static String words(Exchange exchange) {
        String path = exchange.path()
                .replace(HostedScene.CUSTODY, "custody")
                .replaceFirst("/secret/data/.*", "/secret/data")
                .replaceFirst("\\?.*", "")
                .replaceFirst("^/v1/(sys/)?", "")
                .replaceFirst("^/api.*/(leases|pods).*", "$1");
        String server = exchange.server().equals(HostedScene.KUBERNETES) ? "api " : "";
        return server + exchange.method() + " " + path;
    }

    static Stream<Arguments> outages() {
        return Strikes.sampled()
                ? Stream.of(arguments(Moment.CUSTODY, Outage.SILENT), arguments(Moment.SIGN_IN, Outage.REFUSED))
                : Stream.of(Moment.values())
                        .flatMap(moment -> Stream.of(Outage.values()).map(outage -> arguments(moment, outage)));
    }

    @ParameterizedTest
    @MethodSource("outages")
    void tickOutlivesAnOutage(Moment moment, Outage outage) {
        var struck = new AtomicBoolean();
        var over = new CompletableFuture<Void>();
        Result tick = scene.tick(Point.BEFORE_SENT, exchange -> exchange.path().startsWith(moment.path), exchange -> {
            if (struck.getAndSet(true)) {
                return Verdict.PROCEED;
            }
            begin(outage);
            Executor later = CompletableFuture.delayedExecutor(OUTAGE.toMillis(), TimeUnit.MILLISECONDS);
            over.completeAsync(() -> end(outage), later);
            return Verdict.PROCEED;
        });

        assertThat(struck).as("the tick came there").isTrue();
        over.join();
        assertThat(tick.exit()).as(tick.stdout() + tick.stderr()).isIn(0, 3, 5);
        if (tick.exit() != 0) {
            assertThat(tick.stdout())
                    .containsAnyOf(
                            "no answer from the API server",
                            "the Lease could not be renewed in time",
                            // What a server says that cannot have a token reviewed.
                            "was denied: permission denied");
        }
        for (int next = 1; next < TICKS_TO_CONVERGE && tick.exit() != 0; next++) {
            tick = scene.tick();
        }
        assertThat(tick.exit()).as(tick.stdout() + tick.stderr()).isZero();
        new Aftermath(scene).holds(0);
    }

    /** The proxy would take connections for a server that does not. */
    private static void begin(Outage outage) {
        outage.begin(API);
        if (outage == Outage.REFUSED) {
            scene.proxy().refuse(HostedScene.KUBERNETES);
        }
    }

    private static Void end(Outage outage) {
        outage.end(API);
        if (outage == Outage.REFUSED) {
            scene.proxy().admit(HostedScene.KUBERNETES);
        }
        return null;
    }
}
