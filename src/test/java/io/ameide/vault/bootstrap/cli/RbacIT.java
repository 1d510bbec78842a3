package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.openpgp.PgpHolder;
import io.ameide.vault.bootstrap.testing.Chart;
import io.ameide.vault.bootstrap.testing.KubernetesApi;
import io.ameide.vault.bootstrap.testing.LoopbackProxy;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Point;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Verdict;
import io.ameide.vault.bootstrap.testing.PackagedApplication;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.testing.RealServer;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.authorization.v1.ResourceRule;
import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectRulesReviewBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBuilder;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.client.KubernetesClient;
import org.bouncycastle.openpgp.PGPException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/** What the chart lets its ServiceAccount do: no more than the application needs, and no less. */
class RbacIT {

    private static final String ACCOUNT = "vault-bootstrap";
    private static final String SECRET = "vault-bootstrap-keys";
    private static final String ESCROW = "vault-bootstrap-escrow";
    private static final String DENIED = "denied to this process's ServiceAccount";

    /** What everybody who is signed in may do: ask about themselves. */
    private static final Set<Permission> OF_EVERYBODY = Set.of(
            new Permission("authentication.k8s.io", "selfsubjectreviews", "", "create"),
            new Permission("authorization.k8s.io", "selfsubjectaccessreviews", "", "create"),
            new Permission("authorization.k8s.io", "selfsubjectrulesreviews", "", "create"));

    private static final Set<Permission> OF_DOCTOR = Set.of(
            new Permission("authentication.k8s.io", "tokenreviews", "", "create"),
            new Permission("authorization.k8s.io", "subjectaccessreviews", "", "create"));

    @RegisterExtension
    static final KubernetesApi API = new KubernetesApi();

    @RegisterExtension
    final RealServer server = RealServer.empty();

    @TempDir
    Path folder;

    private final String id = UUID.randomUUID().toString();
    private final String namespace = "bootstrap-" + id;
    private final String nodes = "vault-" + id;

    /**
     * The smallest thing that a rule grants.
     *
     * @param name of the object; empty for every one of its kind
     */
    private record Permission(String group, String resource, String name, String verb) {

        static List<Permission> of(PolicyRule rule) {
            return of(rule.getApiGroups(), rule.getResources(), rule.getResourceNames(), rule.getVerbs());
        }

        static List<Permission> of(
                List<String> groups, List<String> resources, List<String> resourceNames, List<String> verbs) {
            List<Permission> permissions = new ArrayList<>();
            List<String> names = resourceNames.isEmpty() ? List.of("") : resourceNames;
            groups.forEach(group -> resources.forEach(resource -> names.forEach(
                    name -> verbs.forEach(verb -> permissions.add(new Permission(group, resource, name, verb))))));
            return permissions;
        }

        PolicyRule rule() {
            return KubernetesApi.rule(group, resource, name.isEmpty() ? List.of() : List.of(name), verb);
        }

        /** The request that its lack denies, in the words of a problem. */
        String request() {
            String words = verb.equals("get") ? "read" : verb;
            return switch (resource) {
                case "secrets" -> words + " Secret ";
                case "configmaps" -> words + " ConfigMap ";
                case "leases" -> "acquire Lease ";
                case "pods" -> words + " Pods ";
                case "tokenreviews" -> "review a token";
                case "subjectaccessreviews" -> "review ";
                default -> throw new AssertionError("no scenario needs " + this);
            };
        }

        /** What a run has to do to need it. */
        Scenario scenario() {
            return switch (resource + " " + verb) {
                case "leases update" -> Scenario.NEXT_TICK;
                case "configmaps update" -> Scenario.OTHER_HOLDER;
                case "tokenreviews create", "subjectaccessreviews create" -> Scenario.DOCTOR;
                case "secrets delete" -> name.equals(SECRET) ? Scenario.REFUSED_INIT : Scenario.FIRST_TICK;
                default -> Scenario.FIRST_TICK;
            };
        }

        @Override
        public String toString() {
            return "%s %s %s".formatted(verb, resource, name).strip();
        }
    }

    private enum Scenario {
        FIRST_TICK(0),
        /** It takes over the Lease that the first one made. */
        NEXT_TICK(0),
        /** Shares are published to somebody else than before. */
        OTHER_HOLDER(0),
        /** Somebody else initializes the server at the last moment, and the marker must not stay. */
        REFUSED_INIT(4),
        /** Why a login does not work, which it cannot, since there is no such auth method. */
        DOCTOR(3);

        private final int exit;

        Scenario(int exit) {
            this.exit = exit;
        }
    }

    static Stream<Permission> permissions() {
        return permissions(render("bootstrap", "vault").stream()).stream();
    }

    @BeforeEach
    void files() throws IOException, PGPException {
        Files.writeString(folder.resolve("desired-state.yaml"), "policies: []");
        for (String holder : List.of("alice", "bob")) {
            Files.writeString(
                    folder.resolve(holder + ".asc"), PgpHolder.named(holder).armoredKey());
        }
    }

    @Test
    void chartGrantsNothingByWildcardAndDoctorsReviewsOnlyToDoctor() {
        assertThat(permissions(render(namespace, nodes).stream()))
                .isNotEmpty()
                .allSatisfy(permission ->
                        assertThat(permission.toString() + permission.group()).doesNotContain("*"))
                .containsAll(OF_DOCTOR);
        assertThat(permissions(
                        Chart.render("bootstrap", namespace, "rbac.doctor=false").resources(API.admin()).stream()))
                .isNotEmpty()
                .doesNotContainAnyElementsOf(OF_DOCTOR);
    }

    @Test
    void accountMayDoWhatTheRulesOfItsNamespacesSayAndNothingElse() {
        List<HasMetadata> rendered = install();
        API.namespace("elsewhere");

        try (KubernetesClient client = API.client(API.apiToken(namespace, ACCOUNT))) {
            assertThat(allowed(client, namespace)).isEqualTo(with(rendered, namespace));
            assertThat(allowed(client, nodes)).isEqualTo(with(rendered, nodes));
            assertThat(allowed(client, "elsewhere")).isEqualTo(with(rendered, "elsewhere"));
        }
    }

    @ParameterizedTest
    @EnumSource
    void scenarioEndsWellWithAllPermissions(Scenario scenario) {
        install();

        Result result = play(scenario, () -> {});

        assertThat(result.exit()).as(result.stdout() + result.stderr()).isEqualTo(scenario.exit);
        assertThat(result.stdout() + result.stderr()).doesNotContain(DENIED);
    }

    @ParameterizedTest
    @MethodSource("permissions")
    void lackOfOnePermissionIsNamed(Permission permission) {
        install();

        Result result = play(permission.scenario(), () -> take(permission));

        assertThat(result.exit()).as(result.stdout() + result.stderr()).isIn(3, 5);
        assertThat((result.stdout() + result.stderr()).lines())
                .as(result.stdout() + result.stderr())
                .anyMatch(line -> line.contains(permission.request())
                        && line.contains(permission.name())
                        && line.contains(DENIED));
        if (permission.resource().equals("secrets") && permission.scenario() == Scenario.FIRST_TICK) {
            assertThat(server.health()).as("while there are no shares to lose").isEqualTo(501);
        }
    }

    /** @param before what happens right before the run that counts */
    private Result play(Scenario scenario, Runnable before) {
        return switch (scenario) {
            case FIRST_TICK -> run(before, "alice");
            case NEXT_TICK -> {
                assertThat(run(() -> {}, "alice").exit()).isZero();
                yield run(before, "alice");
            }
            case OTHER_HOLDER -> {
                assertThat(run(() -> {}, "alice").exit()).isZero();
                yield run(before, "bob");
            }
            case DOCTOR -> {
                assertThat(run(() -> {}, "alice").exit()).isZero();
                before.run();
                yield application(server.address().getPort(), "alice")
                        .run(
                                "doctor",
                                "--role",
                                "anybody",
                                "--token-file",
                                token().toString(),
                                "--reviewer",
                                namespace + "/" + ACCOUNT);
            }
            case REFUSED_INIT -> {
                try (LoopbackProxy proxy = LoopbackProxy.to(server.address())) {
                    proxy.on(
                            Point.BEFORE_SENT,
                            exchange -> exchange.write() && exchange.path().equals("/v1/sys/init"),
                            exchange -> {
                                server.initialize(1, 1);
                                return Verdict.PROCEED;
                            });
                    before.run();
                    yield application(proxy.address().getPort(), "alice").run("run");
                }
            }
        };
    }

    private Path token() {
        try {
            return Files.writeString(
                    folder.resolve("token"),
                    API.token(namespace, ACCOUNT, "vault").reveal());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Result run(Runnable before, String holder) {
        before.run();
        return application(server.address().getPort(), holder).run("run");
    }

    private PackagedApplication application(int port, String holder) {
        if (API.admin().pods().inNamespace(nodes).withName("vault-0").get() == null) {
            API.pod(nodes, "vault-0", Optional.of("127.0.0.1"), "Running");
        }
        return PackagedApplication.in(folder, server.address())
                .without("BOOTSTRAP_VAULT_ADDRESSES")
                .without("BOOTSTRAP_CUSTODY_FILE_FOLDER")
                .with("BOOTSTRAP_VAULT_DISCOVERY_SELECTOR", "app.kubernetes.io/name=vault,component=server")
                .with("BOOTSTRAP_VAULT_DISCOVERY_NAMESPACE", nodes)
                .with("BOOTSTRAP_VAULT_DISCOVERY_BY", "ip")
                .with("BOOTSTRAP_VAULT_DISCOVERY_PORT", Integer.toString(port))
                .with("BOOTSTRAP_VAULT_DISCOVERY_TLS", "false")
                .with("BOOTSTRAP_CUSTODY_KUBERNETES_SECRET", SECRET)
                .with("BOOTSTRAP_KEYS_ESCROW_CONFIG_MAP", ESCROW)
                .with(
                        "BOOTSTRAP_KEYS_ESCROW_PGP_KEYS",
                        folder.resolve(holder + ".asc").toString())
                .with("KUBECONFIG", API.kubeconfig(folder, namespace, ACCOUNT).toString());
    }

    private List<HasMetadata> install() {
        List<HasMetadata> rendered = render(namespace, nodes);
        API.namespace(namespace);
        API.namespace(nodes);
        rendered.forEach(resource -> API.admin().resource(resource).create());
        return rendered;
    }

    /** Leaves every Role with all it grants but this. */
    private void take(Permission permission) {
        for (String place : List.of(namespace, nodes)) {
            var roles = API.admin().rbac().roles().inNamespace(place);
            for (Role role : roles.list().getItems()) {
                role.setRules(permissions(Stream.of(role)).stream()
                        .filter(not(Set.of(permission)))
                        .map(Permission::rule)
                        .toList());
                roles.resource(role).update();
            }
        }
        var doctor = API.admin().rbac().clusterRoles().withName(namespace + "-" + ACCOUNT + "-doctor");
        doctor.edit(role -> new ClusterRoleBuilder(role)
                .withRules(permissions(Stream.of(role)).stream()
                        .filter(not(Set.of(permission)))
                        .map(Permission::rule)
                        .toList())
                .build());
    }

    private static List<HasMetadata> render(String namespace, String nodes) {
        return Chart.render(
                        "bootstrap",
                        namespace,
                        "vault.namespace=" + nodes,
                        "escrow.configMap=" + ESCROW,
                        "escrow.holders.alice=key")
                .resources(API.admin());
    }

    private static Set<Permission> permissions(Stream<HasMetadata> resources) {
        Set<Permission> permissions = new LinkedHashSet<>();
        resources.forEach(resource -> rules(resource).forEach(rule -> permissions.addAll(Permission.of(rule))));
        return permissions;
    }

    private static List<PolicyRule> rules(HasMetadata resource) {
        return switch (resource) {
            case Role role -> role.getRules();
            case ClusterRole role -> role.getRules();
            default -> List.of();
        };
    }

    private static Predicate<Permission> not(Collection<Permission> these) {
        return permission -> !these.contains(permission);
    }

    /** What holds in a namespace: the rules of its own Roles, of those of the cluster, and what everybody may. */
    private static Set<Permission> with(List<HasMetadata> rendered, String namespace) {
        Set<Permission> permissions = permissions(rendered.stream()
                .filter(resource -> resource instanceof ClusterRole
                        || namespace.equals(resource.getMetadata().getNamespace())));
        permissions.addAll(OF_EVERYBODY);
        return permissions;
    }

    private static Set<Permission> allowed(KubernetesClient client, String namespace) {
        var review = new SelfSubjectRulesReviewBuilder()
                .withNewSpec()
                .withNamespace(namespace)
                .endSpec()
                .build();
        Set<Permission> allowed = new LinkedHashSet<>();
        for (ResourceRule rule : client.authorization()
                .v1()
                .selfSubjectRulesReview()
                .create(review)
                .getStatus()
                .getResourceRules()) {
            allowed.addAll(
                    Permission.of(rule.getApiGroups(), rule.getResources(), rule.getResourceNames(), rule.getVerbs()));
        }
        return allowed;
    }
}
