package io.ameide.vault.bootstrap.desired;

import io.ameide.vault.bootstrap.desired.DesiredState.AuditDevice;
import io.ameide.vault.bootstrap.desired.DesiredState.AuthMethod;
import io.ameide.vault.bootstrap.desired.DesiredState.Fixtures;
import io.ameide.vault.bootstrap.desired.DesiredState.Generated;
import io.ameide.vault.bootstrap.desired.DesiredState.Policy;
import io.ameide.vault.bootstrap.desired.DesiredState.Resource;
import io.ameide.vault.bootstrap.desired.DesiredState.Role;
import io.ameide.vault.bootstrap.desired.DesiredState.SecretEngine;
import io.ameide.vault.bootstrap.desired.DesiredState.SecretSource;
import io.ameide.vault.bootstrap.desired.DesiredState.SeedMode;
import io.ameide.vault.bootstrap.desired.TextFile.UnreadableException;
import io.ameide.vault.bootstrap.sensitive.Sensitive;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Reads the desired-state document. Everything that is the matter with it is found in one go. Files it names are taken
 * relative to its folder; policy and referenced files may hold 1 MiB each, fixtures are not opened here.
 */
public final class DesiredStateParser {

    private static final int MAX_POLICY_BYTES = 1 << 20;
    private static final Map<String, SeedMode> MODES = modes();

    /** Types that a server takes and keeps as a kv engine of a version. */
    private static final Map<String, String> KV_ALIASES = Map.of("kv-v1", "1", "kv-v2", "2");

    private final Function<String, Optional<String>> environment;

    /** @param environment looks up a variable by name; empty when it is not set */
    public DesiredStateParser(Function<String, Optional<String>> environment) {
        this.environment = environment;
    }

    /** @throws InvalidDocumentException when anything is the matter with the document, or with a file it refers to */
    public DesiredState parse(Path file) {
        return read(file).state();
    }

    /**
     * As far as a document can be read.
     *
     * @throws InvalidDocumentException when it is not YAML at all
     */
    public Draft read(Path file) {
        YamlDocument document = YamlDocument.read(file);
        return new Draft(document, new Reading(file, new References(file, environment)).state(document.root()));
    }

    /** A document that was read and may be invalid. */
    public static final class Draft {

        private final YamlDocument document;
        private final DesiredState state;

        private Draft(YamlDocument document, DesiredState state) {
            this.document = document;
            this.state = state;
        }

        public boolean valid() {
            return document.complaints().isEmpty();
        }

        /** @throws InvalidDocumentException when anything is the matter with it */
        public DesiredState state() {
            document.refuseIfInvalid();
            return state;
        }

        /** The fixture files that it names, also where something else in it is wrong. */
        public List<Path> fixtures() {
            return state.secrets().stream()
                    .filter(Fixtures.class::isInstance)
                    .map(source -> ((Fixtures) source).file())
                    // Stands in for a name that was complained about already.
                    .filter(file -> !Files.isDirectory(file))
                    .distinct()
                    .toList();
        }
    }

    private static Map<String, SeedMode> modes() {
        Map<String, SeedMode> modes = new LinkedHashMap<>();
        modes.put("create-only", SeedMode.CREATE_ONLY);
        modes.put("enforce", SeedMode.ENFORCE);
        return Collections.unmodifiableMap(modes);
    }

    /** Names that may each be used once, with the line that used them. */
    private static final class Names {

        private final Map<String, Integer> lines = new HashMap<>();

        void claim(YamlMapping owner, String key, String name) {
            Integer first = name.isEmpty()
                    ? null
                    : lines.putIfAbsent(name, owner.place().line());
            if (first != null) {
                owner.complain(key, "\"" + name + "\" is already taken on line " + first);
            }
        }
    }

    /** One reading of one document. */
    private record Reading(Path file, References references) {

        DesiredState state(YamlMapping root) {
            root.allowOnly("policies", "secretEngines", "authMethods", "auditDevices", "secrets", "resources");
            return new DesiredState(
                    policies(root.mappings("policies")),
                    secretEngines(root.mappings("secretEngines")),
                    authMethods(root.mappings("authMethods")),
                    auditDevices(root.mappings("auditDevices")),
                    secrets(root.mappings("secrets")),
                    resources(root.mappings("resources")));
        }

        private List<Policy> policies(List<YamlMapping> items) {
            Names names = new Names();
            return items.stream()
                    .map(item -> {
                        item.allowOnly("name", "rules", "file");
                        String name = policyName(item);
                        names.claim(item, "name", name);
                        return new Policy(name, rules(item), item.place());
                    })
                    .toList();
        }

        private String policyName(YamlMapping item) {
            String name = item.name("name");
            if (name.equals("root")) {
                item.complain("name", "the policy root cannot be written");
            } else if (!name.equals(name.toLowerCase(Locale.ROOT))) {
                item.complain("name", "the server keeps names of policies in lower case; write it so here");
            }
            return name;
        }

        private String rules(YamlMapping item) {
            if (item.has("rules") && item.has("file")) {
                item.complain("file", "cannot stand beside rules; keep one of the two");
                return "";
            }
            if (!item.has("file")) {
                return item.text("rules");
            }
            String name = item.literal("file");
            if (name.isEmpty()) {
                return "";
            }
            try {
                String rules = TextFile.read(file, name, MAX_POLICY_BYTES).text();
                if (rules.isBlank()) {
                    item.complain("file", name + " is empty");
                }
                return rules;
            } catch (UnreadableException e) {
                item.complain("file", name + ": " + e.getMessage());
                return "";
            }
        }

        private List<SecretEngine> secretEngines(List<YamlMapping> items) {
            Names paths = new Names();
            return items.stream()
                    .map(item -> {
                        item.allowOnly("path", "type", "description", "options", "config");
                        String path = item.mountPath("path");
                        paths.claim(item, "path", path);
                        String type = item.literal("type");
                        YamlMapping optionsMap = item.optionalMapping("options");
                        Map<String, Object> options = optionsMap.scalars(references::read);
                        if (type.equals("kv")
                                && options.containsKey("version")
                                && !Set.<Object>of("1", "2").contains(options.get("version"))) {
                            optionsMap.complain("version", "a kv engine has version \"1\" or \"2\"");
                        }
                        Map<String, Object> config = values(item.optionalMapping("config"));
                        Optional<String> version = Optional.ofNullable(KV_ALIASES.get(type));
                        if (version.isEmpty()) {
                            return new SecretEngine(path, type, description(item), options, config, item.place());
                        }
                        if (!version.get().equals(options.getOrDefault("version", version.get()))) {
                            optionsMap.complain("version", type + " is the kv engine of version " + version.get());
                        }
                        Map<String, Object> versioned = new LinkedHashMap<>(options);
                        versioned.put("version", version.get());
                        return new SecretEngine(
                                path,
                                "kv",
                                description(item),
                                Collections.unmodifiableMap(versioned),
                                config,
                                item.place());
                    })
                    .toList();
        }

        private List<AuthMethod> authMethods(List<YamlMapping> items) {
            Names paths = new Names();
            return items.stream()
                    .map(item -> {
                        item.allowOnly("path", "type", "description", "tune", "config", "roles");
                        String path = item.mountPath("path");
                        if (path.startsWith("auth/")) {
                            item.complain("path", "leave out auth/, which the server puts before it");
                        }
                        paths.claim(item, "path", path);
                        String type = item.literal("type");
                        return new AuthMethod(
                                path,
                                type,
                                description(item),
                                values(item.optionalMapping("tune")),
                                values(item.optionalMapping("config")),
                                roles(type, item.mappings("roles")),
                                item.place());
                    })
                    .toList();
        }

        private List<Role> roles(String type, List<YamlMapping> items) {
            Names names = new Names();
            return items.stream()
                    .map(item -> {
                        String name = item.name("name");
                        names.claim(item, "name", name);
                        if (type.equals("kubernetes") && item.has("audiences")) {
                            item.complain(
                                    "audiences", "the server ignores this key silently; did you mean \"audience\"?");
                        }
                        return new Role(name, item.values(references::read, "name"), item.place());
                    })
                    .toList();
        }

        private List<AuditDevice> auditDevices(List<YamlMapping> items) {
            Names paths = new Names();
            return items.stream()
                    .map(item -> {
                        item.allowOnly("path", "type", "description", "options");
                        String path = item.mountPath("path");
                        paths.claim(item, "path", path);
                        return new AuditDevice(
                                path,
                                item.literal("type"),
                                description(item),
                                item.optionalMapping("options").scalars(References::refuse),
                                item.place());
                    })
                    .toList();
        }

        private List<SecretSource> secrets(List<YamlMapping> items) {
            Names files = new Names();
            Names names = new Names();
            return items.stream()
                    .map(item -> fromFile(item) ? fixtures(item, files) : generated(item, names))
                    .toList();
        }

        private static boolean fromFile(YamlMapping item) {
            return !item.has("name") && !item.has("generate") || item.has("fixtures");
        }

        private SecretSource fixtures(YamlMapping item, Names files) {
            item.allowOnly("fixtures", "mode", "mount");
            String name = item.literal("fixtures");
            String mount = secretsMount(item);
            files.claim(item, "fixtures", name.isEmpty() ? "" : name + " for mount " + mount);
            return new Fixtures(
                    sibling(item, name), item.choice("mode", MODES, SeedMode.CREATE_ONLY), mount, item.place());
        }

        private SecretSource generated(YamlMapping item, Names names) {
            item.allowOnly("name", "generate", "property", "mount");
            String name = item.name("name");
            String mount = secretsMount(item);
            names.claim(item, "name", name.isEmpty() ? "" : mount + "/" + name);
            YamlMapping generate = item.mapping("generate");
            generate.allowOnly("length", "charset");
            String charset = generate.optionalText("charset").orElse(Alphabet.DEFAULT);
            return new Generated(
                    name,
                    item.has("property") ? item.literal("property") : "value",
                    generate.number("length", 8, 1024, 32),
                    Alphabet.of(charset, matter -> generate.complain("charset", matter)),
                    mount,
                    item.place());
        }

        private List<Resource> resources(List<YamlMapping> items) {
            Names paths = new Names();
            return items.stream()
                    .map(item -> {
                        item.allowOnly("path", "data", "sensitive");
                        String path = resourcePath(item);
                        paths.claim(item, "path", path);
                        YamlMapping dataMap = item.mapping("data");
                        Map<String, Object> data = values(dataMap);
                        Set<String> sensitive = item.texts("sensitive");
                        sensitive.stream()
                                .filter(key -> !dataMap.has(key))
                                .forEach(key -> item.complain(
                                        "sensitive",
                                        "names \"" + key + "\", which is no key of data"
                                                + Spelling.hint(key, data.keySet())));
                        return new Resource(path, masked(data, sensitive), sensitive, item.place());
                    })
                    .toList();
        }

        private static String resourcePath(YamlMapping item) {
            String written = item.literal("path");
            String path = written.replaceFirst("^/", "").replaceFirst("^v1/", "");
            if (!written.isEmpty()) {
                VaultPath.complaint(path).ifPresent(matter -> item.complain("path", matter));
            }
            return path;
        }

        /** A password may stand in the document itself, on a laptop; it is masked all the same. */
        private static Map<String, Object> masked(Map<String, Object> data, Set<String> sensitive) {
            Map<String, Object> masked = new LinkedHashMap<>(data);
            sensitive.forEach(key -> masked.computeIfPresent(key, (k, value) -> masked(value)));
            return Collections.unmodifiableMap(masked);
        }

        private static Object masked(Object value) {
            return switch (value) {
                case String text -> Sensitive.of(text);
                case List<?> list -> list.stream().<Object>map(Reading::masked).toList();
                case Map<?, ?> map -> {
                    Map<Object, Object> masked = new LinkedHashMap<>();
                    map.forEach((key, element) -> masked.put(key, masked(element)));
                    yield Collections.unmodifiableMap(masked);
                }
                default -> value;
            };
        }

        private Map<String, Object> values(YamlMapping map) {
            return map.values(references::read);
        }

        private static String description(YamlMapping item) {
            return item.optionalText("description")
                    .map(text -> References.refuse(text, matter -> item.complain("description", matter)))
                    .orElse("");
        }

        private Path sibling(YamlMapping item, String name) {
            try {
                return file.resolveSibling(name);
            } catch (InvalidPathException e) {
                item.complain("fixtures", "not a file name");
                return file;
            }
        }

        private static String secretsMount(YamlMapping item) {
            return item.has("mount") ? item.mountPath("mount") : "secret";
        }
    }
}
