package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.openpgp.PgpHolder;
import io.ameide.vault.bootstrap.testing.PackagedApplication;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.testing.RealServer;
import org.bouncycastle.openpgp.PGPException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;

import static org.assertj.core.api.Assertions.assertThat;

/** Shares published for people by the packaged application: which numbers count. */
class EscrowSettingsIT {

    @RegisterExtension
    final RealServer server = RealServer.empty();

    @TempDir
    Path folder;

    private PackagedApplication application;

    @BeforeEach
    void threeOfFive() throws IOException {
        Files.writeString(folder.resolve("desired-state.yaml"), "policies: []");
        application = PackagedApplication.in(folder, server.address())
                .with("BOOTSTRAP_KEYS_SHARES", "5")
                .with("BOOTSTRAP_KEYS_THRESHOLD", "3")
                .with(
                        "BOOTSTRAP_KEYS_ESCROW_FILE",
                        folder.resolve("escrow.json").toString());
    }

    @Test
    void holdersThatCannotShareAreRefusedBeforeThereIsACluster() throws PGPException, IOException {
        application = publishingFor("alice", "bob");

        for (String command : new String[] {"plan", "run"}) {
            Result refused = application.run(command);

            assertThat(refused.exit()).as(refused.stdout() + refused.stderr()).isEqualTo(64);
            assertThat(refused.stdout())
                    .contains(
                            "bootstrap.keys.escrow.pgp-keys names 2 keys",
                            "one of them would hold 3 shares, and 3 open the seal",
                            "bootstrap.keys.shares is 5 and bootstrap.keys.threshold is 3");
        }
        assertThat(server.health()).as("health of the server").isEqualTo(501);
        assertThat(folder.resolve("custody").resolve("keys.json")).doesNotExist();
    }

    @Test
    void numbersOfAClusterThatIsThereAreThoseInCustody() throws PGPException, IOException {
        application = publishingFor("alice", "bob", "carol");
        assertThat(application.run("run").exit()).isZero();

        Result next = application
                .with("BOOTSTRAP_KEYS_SHARES", "1")
                .with("BOOTSTRAP_KEYS_THRESHOLD", "1")
                .run("run");

        assertThat(next.exit()).as(next.stdout() + next.stderr()).isZero();
    }

    private PackagedApplication publishingFor(String... names) throws PGPException, IOException {
        for (String name : names) {
            Files.writeString(
                    folder.resolve(name + ".asc"), PgpHolder.named(name).armoredKey());
        }
        return application.with(
                "BOOTSTRAP_KEYS_ESCROW_PGP_KEYS",
                Arrays.stream(names)
                        .map(name -> folder.resolve(name + ".asc").toString())
                        .collect(Collectors.joining(",")));
    }
}
