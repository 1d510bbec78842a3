package io.ameide.vault.bootstrap.testing;

import io.ameide.vault.bootstrap.vault.NodeAddress;
import io.ameide.vault.bootstrap.vault.RequestCounter;
import io.ameide.vault.bootstrap.vault.TlsSettings;
import io.ameide.vault.bootstrap.vault.Transport;
import io.ameide.vault.bootstrap.vault.VaultNode;

import java.net.URI;
import java.time.Duration;
import java.util.List;

/** The application's own client, pointed at a test's server. */
public final class Nodes {

    public static final Transport TRANSPORT =
            new Transport(TlsSettings.PLATFORM, Duration.ofSeconds(2), Duration.ofSeconds(30));

    private Nodes() {}

    public static VaultNode at(URI address) {
        return at(address, new RequestCounter());
    }

    public static VaultNode at(URI address, RequestCounter counter) {
        return VaultNode.at(List.of(new NodeAddress(address)), TRANSPORT, counter)
                .getFirst();
    }
}
