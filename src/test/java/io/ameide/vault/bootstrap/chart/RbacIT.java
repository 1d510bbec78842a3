package io.ameide.vault.bootstrap.chart;

import io.ameide.vault.bootstrap.coverage.PlayedOperator;
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
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.client.KubernetesClient;
import org.bouncycastle.openpgp.PGPException;
import org.junit.jupiter.api.BeforeAll;
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
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/** What the chart lets its ServiceAccount do: no more than the application needs, and no less. */
class RbacIT {

    private static final String ACCOUNT = "vault-bootstrap";
    private static final String SECRET = "vault-bootstrap-keys";
    private static final String ESCROW = "vault-bootstrap-escrow";
    private static final String STORE = "ameide-vault";
    private static final String DENIED = "denied to this process's ServiceAccount";

    /** What everybody who is signed in may do: ask about themselves. */
    private static final Set<Permission> OF_EVERYBODY = Set.of(
            new Permission("authentication.k8s.io", "selfsubjectreviews", "", "create"),
            new Permission("authorization.k8s.io", "selfsubjectaccessreviews", "", "create"),
            new Permission("authorization.k8s.io", "selfsubjectrulesreviews", "", "create"));

    private static final Set<Permission> OF_DOCTOR = Set.of(
            new Permission("authentication.k8s.io", "tokenreviews", "", "create"),
            new Permission("authorization.k8s.io", "subjectaccessreviews", "", "create"));

    private static final Set<Permission> OF_EXTERNAL_SECRETS = Set.of(
            new Permission("external-secrets.io", "clustersecretstores", STORE, "get"),
            new Permission("external-secrets.io", "externalsecrets", "", "list"),
            new Permission("", "secrets", "", "get"));

    @RegisterExtension
    static final KubernetesApi API = new KubernetesApi();

    @RegisterExtension
    final RealServer server = RealServer.empty();

    @TempDir
    Path folder;

    private static PlayedOperator operator;

    private final String id = UUID.randomUUID().toString();
    private final String namespace = "bootstrap-" + id;
    private final String nodes = "vault-" + id;
    private final String team = "team-" + id;

    private enum Scenario {
        FIRST_TICK(0),
        /** It takes over the Lease that the first one made. */
        NEXT_TICK(0),
        /** Shares are published to somebody else than before. */
        OTHER_HOLDER(0),
        /** Somebody else initializes the server at the last moment, and the marker must not stay. */
        REFUSED_INIT(4),
        /** What External Secrets made of the secrets is looked at too. */
        EXTERNAL_SECRETS(0),
        /** Why a login does not work, which it cannot, since there is no such auth method. */
        DOCTOR(3);

        private final int exit;

        Scenario(int exit) {
            this.exit = exit;
        }

        /** What a run has to do to need it. */
        static Scenario of(Permission permission) {
            return switch (permission.resource() + " " + permission.verb()) {
                case "leases update" -> NEXT_TICK;
                case "configmaps update" -> OTHER_HOLDER;
                case "tokenreviews create", "subjectaccessreviews create" -> DOCTOR;
                case "clustersecretstores get", "externalsecrets list" -> EXTERNAL_SECRETS;
                case "secrets get" -> permission.name().isEmpty() ? EXTERNAL_SECRETS : FIRST_TICK;
                case "secrets delete" -> permission.name().equals(SECRET) ? REFUSED_INIT : FIRST_TICK;
                default -> FIRST_TICK;
            };
        }
    }

    static Stream<Permission> permissions() {
        return Permission.of(render("bootstrap", "vault", "team").stream()).stream();
    }

    /** An operator that is well: its store is ready, and a team has what it asked for. */
    @BeforeAll
    static void externalSecrets() {
        operator = PlayedOperator.installed(API);
        operator.store(STORE, "True", "store validated");
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
    void chartGrantsNothingByWildcardAndNothingForWhatIsSwitchedOff() {
        assertThat(Permission.of(render(namespace, nodes, team).stream()))
                .isNotEmpty()
                .allSatisfy(permission ->
                        assertThat(permission.toString() + permission.group()).doesNotContain("*"))
                .containsAll(OF_DOCTOR)
                .containsAll(OF_EXTERNAL_SECRETS);
        assertThat(Permission.of(
                        Chart.render("bootstrap", namespace, "rbac.doctor=false").resources(API.admin()).stream()))
                .isNotEmpty()
                .doesNotContainAnyElementsOf(OF_DOCTOR)
                .doesNotContainAnyElementsOf(OF_EXTERNAL_SECRETS);
    }

    @Test
    void accountMayDoWhatTheRulesOfItsNamespacesSayAndNothingElse() {
        List<HasMetadata> rendered = install();
        API.namespace("elsewhere");

        try (KubernetesClient client = API.client(API.apiToken(namespace, ACCOUNT))) {
            assertThat(allowed(client, namespace)).isEqualTo(with(rendered, namespace));
            assertThat(allowed(client, nodes)).isEqualTo(with(rendered, nodes));
            assertThat(allowed(client, team)).isEqualTo(with(rendered, team));
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

        Scenario scenario = Scenario.of(permission);

        Result result = play(scenario, () -> take(permission));

        assertThat(result.exit()).as(result.stdout() + result.stderr()).isIn(3, 5);
        assertThat((result.stdout() + result.stderr()).lines())
                .as(result.stdout() + result.stderr())
                .anyMatch(line -> line.contains(request(permission))
                        && line.contains(permission.name())
                        && line.contains(DENIED));
        // Doctor has a line for each thing it looks at, and one way out for all of them.
        if (scenario != Scenario.DOCTOR) {
            assertThat(result.stdout() + result.stderr()).contains(permission.lack());
        }
        if (permission.resource().equals("secrets") && scenario == Scenario.FIRST_TICK) {
            assertThat(server.health()).as("while there are no shares to lose").isEqualTo(501);
        }
    }

    /** The request that its lack denies, in the words of a problem. */
    private static String request(Permission permission) {
        String words = permission.verb().equals("get") ? "read" : permission.verb();
        return switch (permission.resource()) {
            case "secrets" -> words + " Secret ";
            case "configmaps" -> words + " ConfigMap ";
            case "leases" -> "acquire Lease ";
            case "pods" -> words + " Pods ";
            case "clustersecretstores" -> words + " ClusterSecretStore ";
            case "externalsecrets" -> words + " ExternalSecrets ";
            case "tokenreviews" -> "review a token";
            case "subjectaccessreviews" -> "review ";
            default -> throw new AssertionError("no scenario needs " + permission);
        };
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
            case EXTERNAL_SECRETS -> {
                operator.externalSecret(
                        team,
                        "db",
                        STORE,
                        "refreshInterval: 1h",
                        "True",
                        Instant.now().toString());
                operator.secret(team, "db", "user", "password");
                before.run();
                yield application(server.address().getPort(), "alice")
                        .with("BOOTSTRAP_VERIFY_EXTERNAL_SECRETS_STORE", STORE)
                        .with("BOOTSTRAP_VERIFY_EXTERNAL_SECRETS_NAMESPACES", team)
                        .run("run");
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
        List<HasMetadata> rendered = render(namespace, nodes, team);
        API.namespace(namespace);
        API.namespace(nodes);
        API.namespace(team);
        rendered.forEach(resource -> API.admin().resource(resource).create());
        return rendered;
    }

    /** Leaves every Role with all it grants but this. */
    private void take(Permission permission) {
        for (String place : List.of(namespace, nodes, team)) {
            var roles = API.admin().rbac().roles().inNamespace(place);
            for (Role role : roles.list().getItems()) {
                role.setRules(permission.takenFrom(role));
                roles.resource(role).update();
            }
        }
        var clusterRoles = API.admin().rbac().clusterRoles();
        for (String name : List.of("doctor", "external-secrets")) {
            clusterRoles
                    .withName("%s-%s-%s".formatted(namespace, ACCOUNT, name))
                    .edit(role -> new ClusterRoleBuilder(role)
                            .withRules(permission.takenFrom(role))
                            .build());
        }
    }

    private static List<HasMetadata> render(String namespace, String nodes, String team) {
        return Chart.render("bootstrap", namespace, values(nodes, team)).resources(API.admin());
    }

    static String[] values(String nodes, String team) {
        return new String[] {
            "vault.namespace=" + nodes,
            "escrow.configMap=" + ESCROW,
            "escrow.holders.alice=key",
            "externalSecrets.verify.enabled=true",
            "externalSecrets.verify.namespaces={" + team + "}",
            "externalSecrets.store.name=" + STORE
        };
    }

    /** What holds in a namespace: the rules of its own Roles, of those of the cluster, and what everybody may. */
    private static Set<Permission> with(List<HasMetadata> rendered, String namespace) {
        Set<Permission> permissions = Permission.of(rendered.stream()
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
