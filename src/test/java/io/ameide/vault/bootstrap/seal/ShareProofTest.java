package io.ameide.vault.bootstrap.seal;

import io.ameide.vault.bootstrap.access.OwnPolicy;
import io.ameide.vault.bootstrap.cli.InProcessTick;
import io.ameide.vault.bootstrap.custody.AppRoleCredential;
import io.ameide.vault.bootstrap.custody.KeyMaterial;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.testing.LoopbackProxy;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Point;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Verdict;
import io.ameide.vault.bootstrap.testing.Nodes;
import io.ameide.vault.bootstrap.testing.RealServer;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import io.ameide.vault.bootstrap.vault.KeyRotation;
import io.ameide.vault.bootstrap.vault.NodeException;
import io.ameide.vault.bootstrap.vault.VaultNode;
import io.ameide.vault.bootstrap.vault.VaultSession;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** A real node tries shares under the tool's own policy, and nothing comes of it. */
class ShareProofTest {

    @RegisterExtension
    final RealServer server = RealServer.empty();

    @TempDir
    Path folder;

    private InProcessTick tick;

    @BeforeEach
    void convergedWithFiveShares() {
        tick = InProcessTick.in(folder, server.address())
                .with(new ShareSettings(5, 3, List.of()))
                .granting(OwnPolicy::proving);
        assertThat(tick.run().converged()).isTrue();
    }

    @Test
    void rightSharesAreAcceptedAndStillUnsealAfterwards() {
        assertThat(prove(tick.material())).isEmpty();

        assertThat(attempt()).isEmpty();
        server.restart();
        assertThat(tick.run().changes("unseal")).hasSize(1);
        assertThat(tick.run().unchanged()).isTrue();
    }

    @Test
    void wrongSharesAreToldByTheirNumbers() {
        KeyMaterial keys = tick.material();

        assertThat(prove(with(keys, 4, wrong(keys.shares().get(4)))))
                .singleElement()
                .satisfies(problem -> {
                    assertThat(problem.kind()).isEqualTo(Problem.Kind.BLOCKED);
                    assertThat(problem.message()).startsWith("shares 4 to 5 in ");
                });
        assertThat(prove(with(keys, 0, wrong(keys.shares().get(0)))))
                .as("the first fills up the last attempt too")
                .hasSize(2);
        assertThat(attempt()).isEmpty();
        assertThat(prove(keys)).isEmpty();
    }

    @Test
    void attemptOfSomebodyElseIsLeftAlone() {
        KeyRotation.Attempt theirs = session(server.address()).rotation(false).begin();

        assertThatThrownBy(() -> prove(tick.material()))
                .isInstanceOf(ProblemException.class)
                .hasMessageContaining("somebody is rotating them");
        assertThat(attempt()).map(KeyRotation.Attempt::nonce).contains(theirs.nonce());
    }

    @Test
    void attemptOfAProofThatWasKilledIsCanceledByTheNext() {
        try (LoopbackProxy proxy = LoopbackProxy.to(server.address())) {
            // From the second share on, nothing of the proof reaches the server any more.
            var given = new ArrayList<String>();
            proxy.on(
                    Point.BEFORE_SENT,
                    exchange -> exchange.path().endsWith("/update") && given.add(exchange.path()) && given.size() > 1
                            || given.size() > 1,
                    exchange -> Verdict.DROP);
            ShareProof killed = new ShareProof(session(proxy.address()), tick.custody(), tick.material());
            assertThatThrownBy(killed::run).isInstanceOf(NodeException.class);
        }
        assertThat(attempt()).map(KeyRotation.Attempt::progress).contains(1);

        assertThat(prove(tick.material())).isEmpty();
        assertThat(attempt()).isEmpty();
    }

    @Test
    void tokenThatMayNotTryIsToldSo() {
        VaultNode node = Nodes.at(server.address());
        VaultSession stranger = node.session(Sensitive.of("s.unknown"));

        assertThatThrownBy(() -> new ShareProof(stranger, tick.custody(), tick.material()).run())
                .isInstanceOf(ProblemException.class)
                .hasMessageContaining("may not rotate them");
    }

    private List<Problem> prove(KeyMaterial keys) {
        return new ShareProof(session(server.address()), tick.custody(), keys).run();
    }

    private Optional<KeyRotation.Attempt> attempt() {
        return session(server.address()).rotation(false).underWay();
    }

    private VaultSession session(URI address) {
        VaultNode node = Nodes.at(address);
        AppRoleCredential own = tick.material().appRole().orElseThrow();
        return node.session(
                node.loginWithAppRole(own.mount(), own.roleId(), own.secretId()).token());
    }

    private static Sensitive wrong(Sensitive share) {
        byte[] bytes = Base64.getDecoder().decode(share.reveal());
        bytes[0] ^= 1;
        return Sensitive.of(Base64.getEncoder().encodeToString(bytes));
    }

    /** The same but for one share. */
    private static KeyMaterial with(KeyMaterial keys, int index, Sensitive share) {
        List<Sensitive> shares = new ArrayList<>(keys.shares());
        shares.set(index, share);
        return keys.initialized(shares, List.of(), Optional.empty());
    }
}
