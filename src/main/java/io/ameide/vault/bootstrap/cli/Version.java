package io.ameide.vault.bootstrap.cli;

import picocli.CommandLine.IVersionProvider;

import jakarta.inject.Singleton;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The version of this program. */
@Singleton
final class Version implements IVersionProvider {

    /** Read when a native binary is built, which holds the text and not the resource. */
    private static final String TEXT = "vault-bootstrap " + read();

    private static String read() {
        try (InputStream resource = Version.class.getResourceAsStream("/version.txt")) {
            return new String(resource.readAllBytes(), StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether nothing but the version is asked for, which takes no configuration. */
    static boolean asked(String... args) {
        return args.length == 1 && (args[0].equals("--version") || args[0].equals("-V"));
    }

    @Override
    public String[] getVersion() {
        return new String[] {TEXT};
    }

    @Override
    public String toString() {
        return TEXT;
    }
}
