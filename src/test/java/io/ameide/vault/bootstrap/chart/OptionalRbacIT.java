package io.ameide.vault.bootstrap.chart;

import io.ameide.vault.bootstrap.testing.Chart;
import io.ameide.vault.bootstrap.testing.KeyVaultServer;
import io.ameide.vault.bootstrap.testing.Kubelet;
import io.ameide.vault.bootstrap.testing.KubernetesApi;
import io.ameide.vault.bootstrap.testing.PackagedApplication;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.testing.RealServer;
import io.ameide.vault.bootstrap.vault.NodeException;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleRef;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** The rights that the chart grants with some values only: each is needed by the Pods that it renders with them. */
class OptionalRbacIT {

    private static final String ACCOUNT = "vault-bootstrap";
    private static final String DRILLER = "vault-bootstrap-drill";
    private static final String DENIED = "denied to this process's ServiceAccount";

    /** Where Vault reviews a token with that token, the token has to be for the API server too. */
    private static final String BY_CLIENTS = "\"disable_local_ca_jwt\": true";

    @RegisterExtension
    static final KubernetesApi API = new KubernetesApi();

    @TempDir
    Path folder;

    private final String namespace = "vault-" + UUID.randomUUID();

    /** A part of the chart that has rights of its own. */
    private enum Part {
        KEY_VAULT("vault-bootstrap-custody", "custody.kind=azure", "custody.azure.vaultUrl=https://a.vault.azure.net"),
        SEAL_KEY("foundation-vault-bootstrap-seal-key", "sealKey.enabled=true");

        private final String role;
        private final List<String> values;

        Part(String role, String... values) {
            this.role = role;
            this.values = set(values);
        }

        Set<Permission> permissions() {
            return Permission.of(Installation.render(API, "vault", List.of(local(), values)).stream()
                    .filter(this::isRole));
        }

        boolean isRole(HasMetadata resource) {
            return resource instanceof Role && resource.getMetadata().getName().equals(role);
        }
    }

    static Stream<Arguments> permissions() {
        return Stream.of(Part.values())
                .flatMap(part -> part.permissions().stream().map(permission -> Arguments.of(part, permission)));
    }

    @BeforeAll
    static void operators() {
        Renderings.definitions().forEach(API::define);
    }

    @BeforeEach
    void otherPeoplesParts() {
        Installation.prepare(API, namespace);
    }

    /** With the names of objects left out, which are others with other values. */
    @Test
    void everyRightOfEveryRenderingIsOneThatATestTakesAway() {
        Set<String> tried = new LinkedHashSet<>(rights(
                Chart.render("bootstrap", "vault", RbacIT.values("vault", "team")).resources(API.admin()).stream()));
        for (Part part : Part.values()) {
            tried.addAll(rights(Installation.render(API, "vault", List.of(local(), part.values)).stream()
                    .filter(part::isRole)));
        }
        tried.addAll(rights(Installation.render(API, "vault", List.of(local(), Renderings.DRILL)).stream()
                .filter(OptionalRbacIT::isOfDrills)));
        // The two tests of reviews take this away from each account that has it.
        tried.add("ClusterRole system:auth-delegator");

        assertThat(Renderings.all().toList()).allSatisfy(rendering -> {
            List<?> options = (List<?>) rendering.get()[1];
            List<HasMetadata> rendered = Chart.render(
                            "bootstrap",
                            "vault",
                            options.stream().map(String.class::cast).toList())
                    .all(API.admin());
            assertThat(rights(rendered.stream()))
                    .as(rendering.get()[0].toString())
                    .isSubsetOf(tried);
        });
    }

    /** Who is let do what, by Role, and by binding to a Role that is not the chart's own. */
    private static Set<String> rights(Stream<HasMetadata> resources) {
        List<HasMetadata> all = resources.toList();
        Set<String> rights = new LinkedHashSet<>();
        for (HasMetadata resource : all) {
            String role = resource.getMetadata().getName();
            Permission.of(Stream.of(resource))
                    .forEach(permission -> rights.add("%s: %s %s%s"
                            .formatted(
                                    role,
                                    permission.verb(),
                                    permission.resource(),
                                    permission.name().isEmpty() ? "" : " by name")));
        }
        all.stream()
                .flatMap(OptionalRbacIT::bound)
                .filter(bound -> all.stream()
                        .noneMatch(resource -> resource.getKind().equals(bound.getKind())
                                && resource.getMetadata().getName().equals(bound.getName())))
                .forEach(bound -> rights.add(bound.getKind() + " " + bound.getName()));
        return rights;
    }

    private static Stream<RoleRef> bound(HasMetadata resource) {
        return switch (resource) {
            case RoleBinding binding -> Stream.of(binding.getRoleRef());
            case ClusterRoleBinding binding -> Stream.of(binding.getRoleRef());
            default -> Stream.of();
        };
    }

    private static boolean isOfDrills(HasMetadata resource) {
        return resource instanceof Role && resource.getMetadata().getName().equals(DRILLER + "-custody");
    }

    @Test
    void drillReadsTheSharesAndSaysSoWhereItMayNot() {
        Installation.apply(API, namespace, List.of(local(), Renderings.DRILL));
        PackagedApplication application = PackagedApplication.in(folder, URI.create("http://127.0.0.1:1"))
                .without("BOOTSTRAP_CUSTODY_FILE_FOLDER")
                .with("BOOTSTRAP_CUSTODY_KUBERNETES_SECRET", "vault-bootstrap-keys")
                .with(
                        "BOOTSTRAP_SANDBOX_SERVER_BINARY",
                        RealServer.binary().file().toString())
                .with("KUBECONFIG", API.kubeconfig(folder, namespace, DRILLER).toString());

        Result allowed = application.run("snapshot", "drill");
        API.admin()
                .rbac()
                .roles()
                .inNamespace(namespace)
                .withName(DRILLER + "-custody")
                .edit(role -> new RoleBuilder(role).withRules().build());
        Result denied = application.run("snapshot", "drill");

        assertThat(allowed.exit()).as(allowed.stderr()).isEqualTo(4);
        assertThat(allowed.stderr()).contains("has no shares to open a snapshot with");
        assertThat(denied.exit()).as(denied.stderr()).isEqualTo(3);
        assertThat(denied.stderr()).contains(DENIED);
    }

    @ParameterizedTest
    @EnumSource
    void podEndsWellWithAllPermissions(Part part) {
        Result result = play(part, true, () -> {});

        assertThat(result.exit()).as(result.stdout() + result.stderr()).isZero();
    }

    @ParameterizedTest
    @MethodSource("permissions")
    void lackOfOnePermissionIsNamed(Part part, Permission permission) {
        boolean again =
                permission.resource().equals("leases") && permission.verb().equals("update");

        Result result = play(
                part,
                again,
                () -> API.admin()
                        .rbac()
                        .roles()
                        .inNamespace(namespace)
                        .withName(part.role)
                        .edit(role -> new RoleBuilder(role)
                                .withRules(permission.takenFrom(role))
                                .build()));

        assertThat(result.exit()).as(result.stdout() + result.stderr()).isEqualTo(3);
        assertThat((result.stdout() + result.stderr()).lines())
                .as(result.stdout() + result.stderr())
                .anyMatch(line -> line.contains(permission.name()) && line.contains(DENIED))
                .anyMatch(line -> line.contains(permission.lack()));
    }

    /**
     * @param again whether a Pod came before, whose Lease there is to take over
     * @param before what happens right before the Pod that counts
     */
    private Result play(Part part, boolean again, Runnable before) {
        return switch (part) {
            case SEAL_KEY -> {
                Installation chart = Installation.apply(API, namespace, List.of(local(), part.values));
                HasMetadata job = Installation.one(chart.hooks("Job"), "Job");
                yield play(Kubelet.on(API, folder), job, again, before);
            }
            case KEY_VAULT -> {
                try (KeyVaultServer vault = KeyVaultServer.in(folder);
                        RealServer node = RealServer.empty().start()) {
                    Installation chart = Installation.apply(
                            API,
                            namespace,
                            List.of(
                                    local(),
                                    part.values,
                                    set("custody.azure.vaultUrl=" + vault.address(), "rbac.tokenReview.vault=true"),
                                    Installation.processes(
                                            API, folder, node.address().getPort())));
                    Kubelet kubelet = kubelet(node)
                            .resolving(vault.address().getHost(), "127.0.0.1")
                            .resolving(URI.create(vault.authorityHost()).getHost(), "127.0.0.1")
                            .injecting("AZURE_TENANT_ID", KeyVaultServer.TENANT)
                            .injecting("AZURE_CLIENT_ID", KeyVaultServer.CLIENT)
                            .injecting(
                                    "AZURE_FEDERATED_TOKEN_FILE",
                                    vault.tokenFile().toString())
                            .injecting("AZURE_AUTHORITY_HOST", vault.authorityHost())
                            .injecting("JAVA_TOOL_OPTIONS", vault.trustOptions());
                    yield play(kubelet, chart.installed("CronJob"), again, before);
                }
            }
        };
    }

    private static Result play(Kubelet kubelet, HasMetadata workload, boolean again, Runnable before) {
        if (again) {
            Result first = kubelet.pod(workload).run();
            assertThat(first.exit()).as(first.stdout() + first.stderr()).isZero();
        }
        before.run();
        return kubelet.pod(workload).run();
    }

    @Test
    void nodesThatMayNotReviewTokensLetNobodyIn() {
        try (RealServer node = RealServer.empty().start()) {
            Installation chart = Installation.apply(
                    API,
                    namespace,
                    List.of(
                            local(),
                            set("rbac.tokenReview.vault=true"),
                            Installation.processes(API, folder, node.address().getPort())));
            HasMetadata cronJob = chart.installed("CronJob");
            takeReviews(chart, Installation.REVIEWER);

            Result denied = kubelet(node).pod(cronJob).run();

            assertThat(denied.exit()).as(denied.stdout() + denied.stderr()).isEqualTo(3);
            assertThat(denied.stdout()).contains("permission denied");
            chart.apply();
            Result allowed = kubelet(node).pod(cronJob).run();
            assertThat(allowed.exit()).as(allowed.stdout() + allowed.stderr()).isZero();
        }
    }

    @Test
    void clientsWhoseOwnTokensReviewThemNeedToReviewTokensEach() {
        try (RealServer node = RealServer.empty().start()) {
            Installation chart = Installation.apply(
                    API,
                    namespace,
                    List.of(
                            local(),
                            set(
                                    "rbac.tokenReview.clients=true",
                                    "access.audience=" + KubernetesApi.audience(),
                                    "externalSecrets.audience=" + KubernetesApi.audience()),
                            Installation.processes(API, folder, node.address().getPort(), BY_CLIENTS)));
            HasMetadata cronJob = chart.installed("CronJob");
            takeReviews(chart, ACCOUNT);

            Result denied = kubelet(node).pod(cronJob).run();

            assertThat(denied.exit()).as(denied.stdout() + denied.stderr()).isEqualTo(3);
            chart.apply();
            takeReviews(chart, "external-secrets");
            Result allowed = kubelet(node).pod(cronJob).run();
            assertThat(allowed.exit()).as(allowed.stdout() + allowed.stderr()).isZero();
            StoreReader store = StoreReader.of(API, chart.installed("ClusterSecretStore"), node.address());
            assertThatThrownBy(store::signIn).isInstanceOf(NodeException.Denied.class);
            chart.apply();
            assertThat(kubelet(node).pod(cronJob).run().exit()).isZero();
            assertThat(store.read("billing-api-client-secret", "value")).isEqualTo("local");
        }
    }

    private static void takeReviews(Installation chart, String account) {
        ClusterRoleBinding binding = (ClusterRoleBinding) chart.installed("ClusterRoleBinding");
        assertThat(binding.getSubjects()).anyMatch(subject -> subject.getName().equals(account));
        API.admin()
                .resource(new ClusterRoleBindingBuilder(binding)
                        .withSubjects(binding.getSubjects().stream()
                                .filter(subject -> !subject.getName().equals(account))
                                .toList())
                        .build())
                .update();
    }

    private Kubelet kubelet(RealServer node) {
        return Kubelet.on(API, folder)
                .resolving("vault.%s.svc".formatted(namespace), node.address().getHost());
    }

    /** Without what {@link RbacIT} looks at. */
    private static List<String> local() {
        List<String> options = new ArrayList<>(List.of("--values", "chart/values-local.yaml"));
        options.addAll(set("rbac.doctor=false"));
        return options;
    }

    private static List<String> set(String... values) {
        return Stream.of(values).flatMap(value -> Stream.of("--set", value)).toList();
    }
}
