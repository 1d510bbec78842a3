package io.ameide.vault.bootstrap.access;

import com.fasterxml.jackson.databind.JsonNode;
import io.ameide.vault.bootstrap.cli.InProcessTick;
import io.ameide.vault.bootstrap.cli.InProcessTick.Result;
import io.ameide.vault.bootstrap.custody.KeyMaterial;
import io.ameide.vault.bootstrap.custody.KeyStore;
import io.ameide.vault.bootstrap.custody.KeyStore.Stored;
import io.ameide.vault.bootstrap.custody.Whereabouts;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.testing.LoopbackProxy;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Exchange;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Point;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Verdict;
import io.ameide.vault.bootstrap.testing.Nodes;
import io.ameide.vault.bootstrap.testing.RealServer;
import io.ameide.vault.bootstrap.vault.NodeAddress;

import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A server on which ticks sign in again and again. Its own root token stays with the test, which makes another one for
 * custody each time.
 */
final class Stage {

    private final RealServer server;

    /** Initializes the server where nobody did yet. */
    Stage(RealServer server) {
        this.server = server;
        if (server.health() == 501) {
            server.initialize(3, 2);
            server.unseal();
        }
    }

    /** Nothing is set up, no token is left, and custody holds shares and the root token that is returned. */
    Sensitive clear(KeyStore custody) {
        server.call("DELETE", "sys/generate-root/attempt", "");
        server.call("DELETE", "sys/auth/vault-bootstrap", "");
        server.call("DELETE", "sys/auth/kubernetes", "");
        server.call("DELETE", "sys/policies/acl/vault-bootstrap", "");
        tokens().forEach(token -> server.write(
                "auth/token/revoke-accessor",
                "{\"accessor\": \"" + token.path("accessor").asText() + "\"}"));
        Sensitive root = rootToken();
        put(custody, server, server.shares(), Optional.of(root));
        return root;
    }

    /** Whether shares make a root token without a login. */
    static boolean opensGenerateRoot(RealServer server) {
        return server.call("GET", "sys/generate-root/attempt", "").status() == 200;
    }

    Sensitive rootToken() {
        return Sensitive.of(server.write("auth/token/create-orphan", "{\"policies\": [\"root\"]}")
                .at("/auth/client_token")
                .asText());
    }

    /** Tokens besides the test's own. */
    List<JsonNode> tokens() {
        String own = server.read("auth/token/lookup-self").at("/data/accessor").asText();
        return Nodes.at(server.address()).session(server.rootToken()).list("auth/token/accessors").stream()
                .filter(accessor -> !accessor.equals(own))
                .map(accessor -> server.write("auth/token/lookup-accessor", "{\"accessor\": \"" + accessor + "\"}")
                        .path("data"))
                .toList();
    }

    static void put(KeyStore custody, RealServer server, List<Sensitive> shares, Optional<Sensitive> root) {
        Stored stored = custody.read();
        KeyMaterial marker = KeyMaterial.marker(
                KeyMaterial.ShareKind.UNSEAL,
                shares.size(),
                Math.min(2, shares.size()),
                new NodeAddress(server.address()),
                Instant.EPOCH,
                Whereabouts.current(),
                new SecureRandom());
        KeyMaterial keys = marker.initialized(shares, List.of(), root);
        custody.write(
                Optional.ofNullable(server.read("sys/seal-status")
                                .path("cluster_id")
                                .textValue())
                        .map(keys::withClusterId)
                        .orElse(keys),
                stored.version());
    }

    /** Runs ticks that stop at the 1st, 2nd, … request until one gets through, each from the same start. */
    void assertThatEveryKillIsSurvived(InProcessTick tick, Point point, Runnable start) {
        boolean through = false;
        int kills = 0;
        while (!through) {
            int last = kills + 1;
            start.run();
            Optional<String> struck = Optional.empty();
            try (LoopbackProxy proxy = LoopbackProxy.to(server.address())) {
                // A killed process sends nothing more, not even what gives its token back.
                proxy.on(
                        point,
                        exchange ->
                                exchange.number() >= last && !exchange.path().contains("/raft/"),
                        exchange -> Verdict.DROP);
                if (point == Point.AFTER_RECEIVED) {
                    proxy.on(Point.BEFORE_SENT, exchange -> exchange.number() > last, exchange -> Verdict.DROP);
                }
                through = tick.at(proxy.address()).run().converged();
                struck = proxy.exchanges().stream()
                        .filter(exchange -> exchange.number() == last)
                        .map(Exchange::path)
                        .findFirst();
            }
            if (!through) {
                kills++;
                Result next = tick.run();
                assertThat(next.converged())
                        .as("after a kill at request %d: %s", last, next)
                        .isTrue();
                assertThat(tick.material().rootToken())
                        .as("after a kill at request %d", last)
                        .isEmpty();
                // A root token whose only mention never arrived is known to nobody, so nobody can give it back either.
                boolean unknown =
                        point == Point.AFTER_RECEIVED && struck.equals(Optional.of("/v1/sys/generate-root/update"));
                assertThat(tokens())
                        .as("tokens after a kill at request %d", last)
                        .filteredOn(token -> !token.path("policies").toString().equals("[\"vault-bootstrap\"]"))
                        .hasSizeLessThanOrEqualTo(unknown ? 1 : 0);
            }
        }
        assertThat(kills).isGreaterThan(10);
        assertThat(tick.run().unchanged()).isTrue();
    }
}
