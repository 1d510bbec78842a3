package io.ameide.vault.bootstrap.custody;

import com.azure.core.http.HttpClient;
import io.ameide.vault.bootstrap.azure.WorkloadIdentity;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import io.ameide.vault.bootstrap.vault.Waiter;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Custody in one secret of an Azure Key Vault. The version is the secret's version id.
 *
 * <p>Key Vault has no conditional write: whoever writes makes the newest version. So exclusion comes from the Lease under
 * which a tick runs, and this class finds out afterwards what slipped past it: a write goes ahead only while the expected
 * version is the newest, and counts only if the list of versions shows no other since. Where two wrote at once each is
 * told; both documents are kept as versions, so that nothing is lost that a person could want back.
 *
 * <p>A write disables the versions it replaced, so that what they still hold (the root token, until it is revoked) cannot
 * be read by a plain get. Who may enable versions can read them again: Key Vault forgets a version only with the secret.
 *
 * <p>Nothing is ever deleted: a deleted secret blocks its name for days. What stands for nothing is written over with
 * {@link #NOTHING}.
 */
public final class AzureKeyStore implements KeyStore {

    /** What a person sees in the vault where custody holds nothing. */
    static final Sensitive NOTHING = Sensitive.of("{\"vault-bootstrap\": \"nothing is kept here\"}");

    private static final Map<String, String> TAGS = Map.of("managed-by", "vault-bootstrap", "component", "key-custody");

    private static final Duration RETRY_PAUSE = Duration.ofMillis(500);

    private final KeyVault vault;
    private final String name;
    private final Waiter waiter;
    private final Duration outage;
    private final KeyMaterialJson json = new KeyMaterialJson();

    private AzureKeyStore(KeyVault vault, String name, Waiter waiter, Duration outage) {
        this.vault = vault;
        this.name = name;
        this.waiter = waiter;
        this.outage = outage;
    }

    /**
     * @param vault its address, for example {@code https://platform.vault.azure.net}
     * @param name 1 to 120 letters, digits and hyphens
     * @param http with its own limits of time
     * @param outage how long a vault that does not answer is asked again
     * @throws ProblemException of kind INVALID if the address or the name can be none
     */
    public static AzureKeyStore in(
            URI vault, String name, WorkloadIdentity identity, HttpClient http, Waiter waiter, Duration outage) {
        requireAddress(vault);
        if (!name.matches("[0-9a-zA-Z-]{1,120}")) {
            throw new ProblemException(Problem.invalid(
                    "bootstrap.custody.azure.secret is " + name,
                    "choose 1 to 120 letters, digits and hyphens; Key Vault does not tell upper from lower case"));
        }
        return new AzureKeyStore(new KeyVault(vault, identity, http), name, waiter, outage);
    }

    private static void requireAddress(URI vault) {
        boolean root = vault.getRawPath() == null || vault.getRawPath().matches("/?");
        if (!"https".equals(vault.getScheme()) || vault.getHost() == null || !root) {
            throw new ProblemException(Problem.invalid(
                    "bootstrap.custody.azure.vault-url is " + vault,
                    "write it as the portal shows it, for example https://platform.vault.azure.net"));
        }
    }

    @Override
    public String description() {
        return "secret %s in Key Vault %s".formatted(name, vault.address());
    }

    /** Written over, since the name of a deleted secret stays taken. */
    @Override
    public String removal() {
        return "az keyvault secret set --vault-name %s --name %s --value '%s'"
                .formatted(vault.address().getHost().split("\\.")[0], name, NOTHING.reveal());
    }

    @Override
    public Stored read() {
        Optional<KeyVault.Content> current = current();
        if (current.isEmpty()) {
            // An empty answer would be taken for a cluster that somebody else initialized.
            patiently(() -> vault.recoverableUntil(name)).ifPresent(until -> {
                throw new ProblemException(Problem.blocked(
                        "read custody from %s: it was deleted, and can be recovered until %s"
                                .formatted(description(), until),
                        "run az keyvault secret recover; or, if what it holds is of no use any more, az keyvault"
                                + " secret purge"));
            });
        }
        return current.filter(content -> !content.value().equals(NOTHING))
                .map(content -> new Stored(Optional.of(material(content)), content.version()))
                .orElseGet(() -> new Stored(Optional.empty(), Stored.ABSENT));
    }

    @Override
    public String write(KeyMaterial material, String expectedVersion) {
        Sensitive document = Sensitive.of(new String(json.write(material), StandardCharsets.UTF_8));
        requireRoom(document.reveal().getBytes(StandardCharsets.UTF_8).length);
        Map<String, String> tags = new HashMap<>(TAGS);
        material.clusterId().ifPresent(id -> tags.put("cluster-id", id));
        Set<String> before = versions();
        Optional<KeyVault.Content> current = current();
        Optional<String> landed =
                current.filter(content -> content.value().equals(document)).map(KeyVault.Content::version);
        if (landed.isEmpty()) {
            requireExpected(current, expectedVersion);
        }
        // A write whose answer was lost is there already when it is asked for again.
        return landed.map(version -> {
                    retireAllBut(version, patiently(() -> vault.versions(name)));
                    return version;
                })
                .orElseGet(() -> settle(put(document, tags, before), document, before));
    }

    @Override
    public String keepBeside(KeyMaterial material) {
        String beside = name + "-kept";
        Sensitive document = Sensitive.of(new String(json.write(material), StandardCharsets.UTF_8));
        String version = patiently(() -> vault.set(beside, document, TAGS));
        return "version %s of secret %s in Key Vault %s".formatted(version, beside, vault.address());
    }

    @Override
    public void delete(String expectedVersion) {
        Set<String> before = versions();
        requireExpected(current(), expectedVersion);
        settle(put(NOTHING, TAGS, before), NOTHING, before);
    }

    /**
     * A secret {@code NAME-probe}, which stays: its versions are disabled and hold random text. Besides writing it proves
     * that versions may be listed and disabled.
     */
    @Override
    public void proveWritable(int bytes) {
        requireRoom(bytes);
        String probe = name + "-probe";
        var text = new StringBuilder();
        while (text.length() < Math.max(bytes, 1)) {
            text.append(UUID.randomUUID());
        }
        Sensitive content = Sensitive.of(text.substring(0, Math.max(bytes, 1)));
        String version = patiently(() -> vault.set(probe, content, TAGS));
        boolean holds = patiently(() -> vault.version(probe, version)).value().equals(content);
        patiently(() -> vault.versions(probe)).stream()
                .filter(KeyVault.Version::enabled)
                .forEach(left -> patiently(() -> {
                    vault.disable(probe, left);
                    return left;
                }));
        if (!holds) {
            throw new ProblemException(Problem.access(
                    "write custody to %s: a probe beside it does not read back as written".formatted(description()),
                    "look for another process that writes it"));
        }
    }

    private void requireRoom(int bytes) {
        if (bytes > KeyVault.MAX_BYTES) {
            throw new ProblemException(Problem.access(
                    "write custody to %s: it takes %,d bytes, and Key Vault at most %,d"
                            .formatted(description(), bytes, KeyVault.MAX_BYTES),
                    "use fewer shares, or keep custody in a Kubernetes Secret"));
        }
    }

    private void requireExpected(Optional<KeyVault.Content> current, String expectedVersion) {
        String version = current.filter(content -> !content.value().equals(NOTHING))
                .map(KeyVault.Content::version)
                .orElse(Stored.ABSENT);
        if (!version.equals(expectedVersion)) {
            throw new KeyStoreConflictException(description());
        }
    }

    /** Sends a write once, and again only when it is certain that it did not arrive. */
    private String put(Sensitive document, Map<String, String> tags, Set<String> before) {
        var sent = new ArrayList<Sensitive>();
        return patiently(() -> {
            if (!sent.isEmpty()) {
                Optional<String> arrived = arrived(document, before);
                if (arrived.isPresent()) {
                    return arrived.get();
                }
            }
            sent.add(document);
            return vault.set(name, document, tags);
        });
    }

    private Optional<String> arrived(Sensitive document, Set<String> before) {
        Optional<String> arrived = Optional.empty();
        for (KeyVault.Version version : vault.versions(name)) {
            if (before.contains(version.id())) {
                continue;
            }
            if (!version.enabled() || !vault.version(name, version.id()).value().equals(document)) {
                throw new KeyStoreConflictException(description());
            }
            arrived = Optional.of(version.id());
        }
        return arrived;
    }

    /** Makes sure that what was written is what is there, and that nobody else wrote since {@code before}. */
    private String settle(String written, Sensitive document, Set<String> before) {
        KeyVault.Content current = current().orElseThrow(this::notThere);
        List<KeyVault.Version> after = patiently(() -> vault.versions(name));
        Optional<String> other = after.stream()
                .map(KeyVault.Version::id)
                .filter(id -> !before.contains(id) && !id.equals(written))
                .findFirst();
        if (other.isPresent() || !current.version().equals(written)) {
            throw KeyStoreConflictException.between(description(), written, other.orElse(current.version()));
        }
        if (!current.value().equals(document)) {
            throw notThere();
        }
        retireAllBut(written, after);
        return written;
    }

    private void retireAllBut(String kept, List<KeyVault.Version> versions) {
        versions.stream()
                .filter(version -> version.enabled() && !version.id().equals(kept))
                .forEach(version -> patiently(() -> {
                    vault.disable(name, version);
                    return version;
                }));
    }

    private ProblemException notThere() {
        return new ProblemException(Problem.access(
                "write custody to %s: it does not hold what was written".formatted(description()),
                "look for another process that writes it"));
    }

    private Optional<KeyVault.Content> current() {
        return patiently(() -> vault.current(name));
    }

    private Set<String> versions() {
        return patiently(() -> vault.versions(name)).stream()
                .map(KeyVault.Version::id)
                .collect(Collectors.toSet());
    }

    private KeyMaterial material(KeyVault.Content content) {
        return json.read(content.value().reveal().getBytes(StandardCharsets.UTF_8), description());
    }

    /** Asks again while the vault cannot answer, as long as an outage may last, and not before it wants to be asked. */
    private <T> T patiently(Supplier<T> request) {
        var last = new AtomicReference<KeyVaultUnavailableException>();
        return waiter.until(
                        () -> {
                            try {
                                return Optional.of(request.get());
                            } catch (KeyVaultUnavailableException e) {
                                last.set(e);
                                return Optional.empty();
                            }
                        },
                        () -> last.get().pause(RETRY_PAUSE),
                        outage)
                .orElseThrow(last::get);
    }
}
