package io.ameide.vault.bootstrap.desired;

import io.ameide.vault.bootstrap.sensitive.Sensitive;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What must be true of a server. Data maps hold what JSON can hold: strings, booleans, numbers ({@link Long} or
 * {@link Double}), lists and maps of these. A value that came from a file or the environment is a {@link Sensitive} in
 * its place, and so is a string under a resource's sensitive key. All collections are unmodifiable and keep the
 * document's order.
 */
public record DesiredState(
        List<Policy> policies,
        List<SecretEngine> secretEngines,
        List<AuthMethod> authMethods,
        List<AuditDevice> auditDevices,
        List<SecretSource> secrets,
        List<Resource> resources) {

    public static final DesiredState EMPTY =
            new DesiredState(List.of(), List.of(), List.of(), List.of(), List.of(), List.of());

    public DesiredState {
        policies = List.copyOf(policies);
        secretEngines = List.copyOf(secretEngines);
        authMethods = List.copyOf(authMethods);
        auditDevices = List.copyOf(auditDevices);
        secrets = List.copyOf(secrets);
        resources = List.copyOf(resources);
    }

    /**
     * An ACL policy.
     *
     * @param rules HCL or JSON, as written in the document
     */
    public record Policy(String name, String rules, Place place) {}

    /**
     * A secrets engine at a mount path.
     *
     * @param path without leading or trailing slash
     * @param options the mount's {@code options}, for example {@code version}; strings, since the API knows no others
     * @param config the mount's tunable settings, for example {@code max_lease_ttl}
     */
    public record SecretEngine(
            String path,
            String type,
            String description,
            Map<String, Object> options,
            Map<String, Object> config,
            Place place) {}

    /**
     * An auth method at a mount path.
     *
     * @param path without leading or trailing slash, and without {@code auth/}
     * @param tune the mount's tunable settings
     * @param config what is written to {@code auth/PATH/config}; empty when nothing is
     */
    public record AuthMethod(
            String path,
            String type,
            String description,
            Map<String, Object> tune,
            Map<String, Object> config,
            List<Role> roles,
            Place place) {

        /**
         * Where the method keeps what this tool calls a role: the thing that a login names and that bears policies.
         */
        public String rolePath(Role role) {
            String folder = switch (type) {
                case "userpass", "ldap" -> "users";
                case "token" -> "roles";
                case "cert" -> "certs";
                default -> "role";
            };
            return "auth/%s/%s/%s".formatted(path, folder, role.name());
        }
    }

    /**
     * A role of an auth method.
     *
     * @param parameters everything but the name, by the API's own names
     */
    public record Role(String name, Map<String, Object> parameters, Place place) {}

    /**
     * An audit device.
     *
     * @param path without trailing slash
     */
    public record AuditDevice(String path, String type, String description, Map<String, String> options, Place place) {}

    /** Where application secrets come from. */
    public sealed interface SecretSource {

        /** The KV v2 mount the secrets go to, without slashes at the ends. */
        String mount();

        Place place();
    }

    /**
     * Secrets from a JSON file.
     *
     * @param file resolved against the document's folder
     */
    public record Fixtures(Path file, SeedMode mode, String mount, Place place) implements SecretSource {}

    /**
     * A secret made once from a cryptographic random source.
     *
     * @param name the path within the mount
     * @param property the property that holds the value, {@code value} unless the document says otherwise
     * @param length in characters, 8 to 1,024
     * @param alphabet the characters to draw from, each once, at least 10 of them
     */
    public record Generated(String name, String property, int length, String alphabet, String mount, Place place)
            implements SecretSource {}

    /** What happens to a secret that is already there with other data. */
    public enum SeedMode {
        /** It is left as it is. */
        CREATE_ONLY,
        /** It gets a new version with the fixture's data. */
        ENFORCE
    }

    /**
     * Anything else that can be written and read back at one path.
     *
     * @param path API path without {@code /v1/} and without a slash at either end
     * @param sensitive top-level keys of {@code data} that are never compared with the server nor shown
     */
    public record Resource(String path, Map<String, Object> data, Set<String> sensitive, Place place) {}
}
