package io.ameide.vault.bootstrap.access;

import com.fasterxml.jackson.databind.JsonNode;
import io.ameide.vault.bootstrap.cli.ExitCode;
import io.ameide.vault.bootstrap.cli.InProcessTick;
import io.ameide.vault.bootstrap.cli.InProcessTick.Result;
import io.ameide.vault.bootstrap.sandbox.ThrowAwayServer.Options;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.testing.LoopbackProxy;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Exchange;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Point;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Verdict;
import io.ameide.vault.bootstrap.testing.Nodes;
import io.ameide.vault.bootstrap.testing.RealServer;
import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.vault.VaultNode;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * How a tick gets in, and what it leaves behind. The server's own root token stays with the test, which makes another one
 * for custody each time.
 */
class SignInTest {

    private static final String LOGIN = "/v1/auth/vault-bootstrap/login";
    private static final String INTERNAL_ERROR = "{\"errors\": [\"internal error\"]}";

    @RegisterExtension
    static final RealServer SERVER =
            RealServer.empty(Options.DEFAULT.withListenerHcl("disable_unauthed_generate_root_endpoints = false"));

    @TempDir
    Path folder;

    private Stage stage;
    private InProcessTick tick;
    private Sensitive rootInCustody;

    @BeforeEach
    void rootTokenInCustodyAndNothingSetUp() {
        stage = new Stage(SERVER);
        tick = InProcessTick.in(folder, SERVER.address());
        startOver();
    }

    @Test
    void firstTickSetsUpItsOwnWayInAndEndsTheRootToken() {
        Result first = tick.run();

        assertThat(first.converged()).as(first.toString()).isTrue();
        assertThat(first.changes("sign in"))
                .containsExactly(
                        "policy vault-bootstrap: create",
                        "AppRole vault-bootstrap: set up at auth/vault-bootstrap",
                        "root token: revoke, prove dead, erase from custody");
        assertThat(node().session(rootInCustody).alive()).isFalse();
        assertThat(tick.material().rootToken()).isEmpty();
        assertThat(tick.material().clusterId()).isPresent();
        assertThatNoTokenIsLeft();
        assertThat(tick.run().unchanged()).isTrue();
        assertThatNoTokenIsLeft();
    }

    @Test
    void planChangesNothing() {
        Result plan = tick.run(Mode.PLAN);

        assertThat(plan.changes("sign in")).hasSize(3);
        assertThat(plan.report().requests().writes()).isZero();
        assertThat(node().session(rootInCustody).alive()).isTrue();
        assertThat(tick.material().rootToken()).contains(rootInCustody);
        assertThat(tick.material().appRole()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(names = {"BEFORE_SENT", "AFTER_RECEIVED"})
    void killedAtAnyRequestTheNextTickGoesOn(Point point) {
        assertThatEveryKillIsSurvived(point, () -> {});
    }

    @ParameterizedTest
    @EnumSource(names = {"BEFORE_SENT", "AFTER_RECEIVED"})
    void killedAtAnyRequestOnTheWayBackInTheNextTickGoesOn(Point point) {
        assertThatEveryKillIsSurvived(point, () -> {
            tick.run();
            SERVER.call("DELETE", "auth/vault-bootstrap/role/vault-bootstrap", "");
        });
    }

    @Test
    void appRoleThatWasDeletedIsSetUpAgainWithARootTokenMadeFromTheShares() {
        tick.run();
        SERVER.call("DELETE", "auth/vault-bootstrap/role/vault-bootstrap", "");

        Result again = tick.run();

        assertThat(again.converged()).as(again.toString()).isTrue();
        assertThat(again.changes("sign in")).contains("AppRole vault-bootstrap: set up at auth/vault-bootstrap");
        assertThat(tick.material().rootToken()).isEmpty();
        assertThatNoTokenIsLeft();
        assertThat(tick.run().unchanged()).isTrue();
    }

    @Test
    void authMethodThatWasRemovedIsMountedAgain() {
        tick.run();
        SERVER.call("DELETE", "sys/auth/vault-bootstrap", "");

        assertThat(tick.run().converged()).isTrue();
        assertThatNoTokenIsLeft();
    }

    @Test
    void rootTokenMadeFromTheSharesEndsAlsoWhenSettingUpFails() {
        tick.run();
        SERVER.call("DELETE", "sys/auth/vault-bootstrap", "");
        try (LoopbackProxy proxy = LoopbackProxy.to(SERVER.address())) {
            proxy.on(
                    Point.BEFORE_SENT,
                    path("/v1/sys/auth/vault-bootstrap"),
                    exchange -> new Verdict.Answer(500, INTERNAL_ERROR));

            Result failed = tick.at(proxy.address()).run();

            assertThat(failed.problems("sign in")).hasSize(1);
            assertThat(proxy.exchanges()).extracting(Exchange::path).contains("/v1/sys/generate-root/update");
        }
        assertThatNoTokenIsLeft();
        assertThat(tick.run().converged()).isTrue();
        assertThat(tick.material().rootToken()).isEmpty();
    }

    @Test
    void attemptInWhichPeopleGiveSharesIsTheirs() {
        tick.run();
        SERVER.call("DELETE", "sys/auth/vault-bootstrap", "");
        JsonNode theirs = SERVER.write("sys/generate-root/attempt", "{}");
        SERVER.write(
                "sys/generate-root/update",
                "{\"nonce\": \"%s\", \"key\": \"%s\"}"
                        .formatted(
                                theirs.path("nonce").asText(),
                                SERVER.shares().getFirst().reveal()));

        Result waiting = tick.run();

        assertThat(waiting.problems("sign in")).singleElement().satisfies(problem -> {
            assertThat(problem.kind()).isEqualTo(Problem.Kind.ACCESS);
            assertThat(problem.message()).contains("somebody is generating a root token");
        });
        assertThat(SERVER.read("sys/generate-root/attempt").path("progress").asInt())
                .isEqualTo(1);
    }

    @Test
    void deadRootTokenIsErasedOnTheWayBackIn() {
        tick.run();
        SERVER.call("DELETE", "sys/auth/vault-bootstrap", "");
        tick.custody().update(keys -> keys.withRootToken(Optional.of(rootInCustody)));

        assertThat(tick.run().converged()).isTrue();
        assertThat(tick.material().rootToken()).isEmpty();
    }

    @Test
    void refusalOfAGatewayErasesNoRootToken() {
        tick.run();
        tick.custody().update(keys -> keys.withRootToken(Optional.of(stage.rootToken())));
        Optional<Sensitive> waiting = tick.material().rootToken();
        String root = waiting.orElseThrow().reveal();
        try (LoopbackProxy proxy = LoopbackProxy.to(SERVER.address())) {
            var revocations = new AtomicInteger();
            proxy.on(
                    Point.BEFORE_SENT,
                    exchange -> exchange.path().equals("/v1/auth/token/lookup-self")
                            || exchange.path().equals("/v1/sys/internal/ui/mounts")
                            || exchange.path().equals("/v1/auth/token/revoke-self")
                                    && revocations.incrementAndGet() == 1,
                    exchange -> new Verdict.Answer(403, "{\"errors\": [\"permission denied\"]}"));

            Result refused = tick.at(proxy.address()).run();

            assertThat(refused.problems("sign in"))
                    .singleElement()
                    .satisfies(problem -> assertThat(problem.message())
                            .contains("refuses the root token in", "which stays there")
                            .doesNotContain(root));
            assertThat(refused.exit()).isEqualTo(ExitCode.PARTIAL);
        }
        assertThat(tick.material().rootToken()).isEqualTo(waiting);
        assertThat(tick.run().converged()).isTrue();
        assertThat(tick.material().rootToken()).isEmpty();
    }

    @Test
    void rootTokenIsNotMadeWhereThatIsSwitchedOff() {
        tick.run();
        SERVER.call("DELETE", "sys/auth/vault-bootstrap", "");

        Result refused = tick.with(new AccessSettings(
                        tick.access().appRole(), Optional.empty(), tick.access().tokenTtl(), false))
                .run();

        assertThat(refused.problems("sign in"))
                .singleElement()
                .satisfies(problem -> assertThat(problem.message()).contains("bootstrap.access.generate-root is off"));
        assertThat(refused.report().requests().writes()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {429, 500, 502, 503})
    void serverThatCannotAnswerALoginIsNotTakenForOneThatRefuses(int status) {
        tick.run();
        try (LoopbackProxy proxy = LoopbackProxy.to(SERVER.address())) {
            proxy.on(Point.BEFORE_SENT, path(LOGIN), exchange -> new Verdict.Answer(status, INTERNAL_ERROR));

            assertThatNothingIsMadeAnew(tick.at(proxy.address()).run(), proxy);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"BEFORE_SENT", "AFTER_RECEIVED"})
    void connectionThatBreaksAtLoginIsNotTakenForARefusal(Point point) {
        tick.run();
        try (LoopbackProxy proxy = LoopbackProxy.to(SERVER.address())) {
            proxy.on(point, path(LOGIN), exchange -> Verdict.DROP);

            assertThatNothingIsMadeAnew(tick.at(proxy.address()).run(), proxy);
        }
    }

    @Test
    void pageOfALoadBalancerIsNotTakenForARefusal() {
        tick.run();
        try (LoopbackProxy proxy = LoopbackProxy.to(SERVER.address())) {
            proxy.on(Point.BEFORE_SENT, path(LOGIN), exchange -> new Verdict.Answer(403, "<html>denied</html>"));

            assertThatNothingIsMadeAnew(tick.at(proxy.address()).run(), proxy);
        }
    }

    @Test
    void serverThatKeepsGenerateRootClosedLeavesTheDecisionToAPerson() {
        try (RealServer closed = RealServer.empty().start()) {
            moveTo(closed);
            assumeFalse(Stage.opensGenerateRoot(closed), "this server opens generate-root unless told otherwise");

            Result refused = tick.run();

            assertThat(refused.problems("sign in")).singleElement().satisfies(problem -> {
                assertThat(problem.kind()).isEqualTo(Problem.Kind.ACCESS);
                assertThat(problem.message())
                        .contains("this server does not let a root token be generated without a login");
                assertThat(problem.hint()).contains("disable_unauthed_generate_root_endpoints", "put a root token");
            });
            // The way out that the hint names.
            tick.custody().update(keys -> keys.withRootToken(Optional.of(closed.rootToken())));
            assertThat(tick.run().converged()).isTrue();
        }
    }

    @Test
    void serverThatOpensGenerateRootUnlessToldOtherwiseLetsTheToolBackIn() {
        try (RealServer open = RealServer.empty().start()) {
            moveTo(open);
            assumeTrue(Stage.opensGenerateRoot(open), "this server keeps generate-root closed unless told otherwise");

            Result regained = tick.run();

            assertThat(regained.converged()).as(regained.toString()).isTrue();
            assertThat(tick.material().rootToken()).isEmpty();
            assertThat(tick.run().unchanged()).isTrue();
        }
    }

    /** Without its policy the tool may not even give back the token that it has just obtained. */
    @ParameterizedTest
    @EnumSource(Mode.class)
    void tokenThatCannotBeGivenBackIsTold(Mode mode) {
        try (RealServer closed = RealServer.empty().start()) {
            moveTo(closed);
            Stage there = new Stage(closed);
            tick.custody().update(keys -> keys.withRootToken(Optional.of(there.rootToken())));
            assertThat(tick.run().converged()).isTrue();
            closed.call("DELETE", "sys/policies/acl/vault-bootstrap", "");

            Result refused = tick.with(new AccessSettings(
                            tick.access().appRole(),
                            Optional.empty(),
                            tick.access().tokenTtl(),
                            false))
                    .run(mode);

            assertThat(refused.problems("sign in"))
                    .singleElement()
                    .satisfies(problem -> assertThat(problem.message()).contains("has lost its own policy"));
            assertThat(refused.problems("sign out")).singleElement().satisfies(problem -> {
                assertThat(problem.kind()).isEqualTo(Problem.Kind.ACCESS);
                assertThat(problem.message()).startsWith("the token could not be given back, and lives 600 s at most");
            });
            assertThat(there.tokens()).hasSize(1);
        }
    }

    /** With the shares in custody and no other way in. */
    private void moveTo(RealServer server) {
        tick = tick.at(server.address());
        tick.custody().delete(tick.custody().read().version());
        server.initialize(1, 1);
        server.unseal();
        Stage.put(tick.custody(), server, server.shares(), Optional.empty());
    }

    private void assertThatEveryKillIsSurvived(Point point, Runnable start) {
        stage.assertThatEveryKillIsSurvived(tick, point, () -> {
            startOver();
            start.run();
        });
    }

    private void assertThatNothingIsMadeAnew(Result failed, LoopbackProxy proxy) {
        assertThat(failed.problems("sign in"))
                .singleElement()
                .satisfies(problem -> assertThat(problem.kind()).isEqualTo(Problem.Kind.ACCESS));
        assertThat(proxy.writes()).extracting(Exchange::path).containsOnly(LOGIN);
    }

    private void assertThatNoTokenIsLeft() {
        assertThat(stage.tokens()).isEmpty();
    }

    private void startOver() {
        rootInCustody = stage.clear(tick.custody());
    }

    private static VaultNode node() {
        return Nodes.at(SERVER.address());
    }

    private static Predicate<Exchange> path(String path) {
        return exchange -> exchange.path().equals(path);
    }
}
