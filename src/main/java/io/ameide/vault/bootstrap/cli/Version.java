package io.ameide.vault.bootstrap.cli;

import org.eclipse.microprofile.config.inject.ConfigProperty;
import picocli.CommandLine.IVersionProvider;

import jakarta.inject.Singleton;

/** The version of this program. */
@Singleton
final class Version implements IVersionProvider {

    private final String version;

    Version(@ConfigProperty(name = "quarkus.application.version") String version) {
        this.version = version;
    }

    @Override
    public String[] getVersion() {
        return new String[] {"vault-bootstrap " + version};
    }

    @Override
    public String toString() {
        return "vault-bootstrap " + version;
    }
}
