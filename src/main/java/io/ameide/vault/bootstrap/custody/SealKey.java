package io.ameide.vault.bootstrap.custody;

import io.ameide.vault.bootstrap.kubernetes.ApiServerException;
import io.ameide.vault.bootstrap.kubernetes.Secrets;

import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Map;

/**
 * The key of OpenBao's static seal, in a Kubernetes Secret that the server's Pods mount. It is drawn here, so that neither
 * a chart nor a person ever has it, and never drawn again: a server sealed with the old one would not open. Nothing owns
 * the Secret, and the API server lets nobody change it.
 *
 * @see <a href="https://openbao.org/docs/configuration/seal/static">static seal</a>
 */
public final class SealKey {

    /** Bytes of the key, as AES-256 takes them; the file holds nothing else. */
    static final int LENGTH = 32;

    /** The entry, and so the name of the file in a Pod. */
    static final String ENTRY = "key";

    private static final Map<String, String> LABELS = Map.of(
            "app.kubernetes.io/managed-by", "vault-bootstrap",
            "app.kubernetes.io/component", "seal-key");

    private final Secrets secrets;
    private final String name;
    private final SecureRandom random;

    public SealKey(Secrets secrets, String name, SecureRandom random) {
        this.secrets = secrets;
        this.name = name;
        this.random = random;
    }

    public String description() {
        return "Secret %s/%s".formatted(secrets.namespace(), name);
    }

    /**
     * Makes the Secret unless one of that name is there, whatever it holds.
     *
     * @return whether it was made
     * @throws ApiServerException when the API server does not make it
     */
    public boolean create() {
        byte[] key = new byte[LENGTH];
        random.nextBytes(key);
        try {
            return secrets.createOnce(name, ENTRY, key, LABELS);
        } finally {
            Arrays.fill(key, (byte) 0);
        }
    }
}
