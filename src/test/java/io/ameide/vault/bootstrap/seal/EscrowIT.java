package io.ameide.vault.bootstrap.seal;

import io.ameide.vault.bootstrap.openpgp.PgpHolder;
import io.ameide.vault.bootstrap.testing.PackagedApplication;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.testing.RealServer;
import org.bouncycastle.openpgp.PGPException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import static org.assertj.core.api.Assertions.assertThat;

/** Escrow as the packaged application is configured for it. */
class EscrowIT {

    @RegisterExtension
    final RealServer server = RealServer.empty();

    @TempDir
    Path folder;

    @Test
    void tickPublishesOnceAndNothingInPart() throws IOException, PGPException {
        Files.writeString(folder.resolve("desired-state.yaml"), "policies: []");
        Path alice = Files.writeString(
                folder.resolve("alice.asc"), PgpHolder.named("alice").armoredKey());
        Path bob = Files.write(folder.resolve("bob.pgp"), PgpHolder.named("bob").binaryKey());
        Path published = folder.resolve("escrow.json");
        PackagedApplication application = PackagedApplication.in(folder, server.address())
                .with("BOOTSTRAP_KEYS_SHARES", "2")
                .with("BOOTSTRAP_KEYS_THRESHOLD", "2")
                .with("BOOTSTRAP_KEYS_ESCROW_PGP_KEYS", alice + "," + bob);

        Result part = application.run("run");
        assertThat(part.exit()).isEqualTo(64);
        assertThat(part.stdout()).contains("escrow of shares is set up in part");
        assertThat(server.health()).isEqualTo(501);

        PackagedApplication whole = application.with("BOOTSTRAP_KEYS_ESCROW_FILE", published.toString());
        Result first = whole.run("run", "--output", "json");
        assertThat(first.exit()).as(first.stdout() + first.stderr()).isZero();
        assertThat(first.step("escrow").path("changes").toString()).contains("2 shares for 2 holders");
        String document = Files.readString(published);

        Result second = whole.run("run", "--output", "json");
        assertThat(second.step("escrow").path("outcome").asText()).isEqualTo("unchanged");
        assertThat(published).hasContent(document);
    }
}
