package io.ameide.vault.bootstrap.testing;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ameide.vault.bootstrap.sandbox.DependentProcess;
import io.ameide.vault.bootstrap.sandbox.ThrowAwayServer;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodIPBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionStatus;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.PolicyRuleBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A real API server for tests, with its etcd: RBAC is on, ServiceAccount tokens are real. There is no kubelet and no
 * controller, so that nothing runs a pod, makes default ServiceAccounts or collects garbage. The binaries are looked for
 * in {@code KUBEBUILDER_ASSETS}, on PATH and in the cache of {@code tools/kubernetes}. Where they are not to be had the
 * test is skipped with the reason, and fails where the environment variable CI is set.
 */
public final class KubernetesApi implements BeforeAllCallback, AfterAllCallback, AutoCloseable {

    /** The ServiceAccount of the Pods of {@link #pod}. */
    public static final String SERVER_ACCOUNT = "vault";

    /** The service through which the Pods of {@link #pod} have names of their own. */
    public static final String SERVER_SERVICE = "vault-internal";

    private static final Map<String, String> SERVER_LABELS =
            Map.of("app.kubernetes.io/name", "vault", "component", "server");
    private static final String CACHED = "vault-bootstrap/kubernetes-v1.36.3";
    private static final String ISSUER = "https://kubernetes.default.svc.cluster.local";
    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final Duration POLL = Duration.ofMillis(50);

    private final List<Process> processes = new ArrayList<>();
    private Optional<Path> folder = Optional.empty();
    private String adminToken = "";
    private int port;
    private List<String> server = List.of();
    private Optional<KubernetesClient> admin = Optional.empty();

    @Override
    public void beforeAll(ExtensionContext context) {
        start();
    }

    @Override
    public void afterAll(ExtensionContext context) {
        close();
    }

    public KubernetesApi start() {
        Path binaries = binaries();
        try {
            folder = Optional.of(Files.createTempDirectory("vault-bootstrap-kubernetes-"));
            adminToken = UUID.randomUUID().toString();
            port = freePort();
            int clientPort = freePort();
            String etcd = "http://127.0.0.1:" + clientPort;
            String peer = "http://127.0.0.1:" + freePort();
            launch(
                    "etcd",
                    List.of(
                            binaries.resolve("etcd").toString(),
                            "--data-dir=" + path("etcd-data"),
                            "--listen-client-urls=" + etcd,
                            "--advertise-client-urls=" + etcd,
                            "--listen-peer-urls=" + peer,
                            "--unsafe-no-fsync"));
            writeServiceAccountKey();
            Files.writeString(path("tokens.csv"), adminToken + ",admin,admin,system:masters\n");
            server = List.of(
                    binaries.resolve("kube-apiserver").toString(),
                    "--etcd-servers=" + etcd,
                    "--bind-address=127.0.0.1",
                    "--secure-port=" + port,
                    "--cert-dir=" + path("certificates"),
                    "--authorization-mode=RBAC",
                    "--token-auth-file=" + path("tokens.csv"),
                    "--service-account-issuer=" + ISSUER,
                    "--service-account-key-file=" + path("service-account.pem"),
                    "--service-account-signing-key-file=" + path("service-account.pem"),
                    "--service-cluster-ip-range=10.96.0.0/16");
            launch("kube-apiserver", server);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        awaitReady();
        return this;
    }

    /** With every permission. */
    public KubernetesClient admin() {
        return admin.orElseThrow(() -> new IllegalStateException("the API server was not started"));
    }

    public URI address() {
        return URI.create("https://127.0.0.1:" + port);
    }

    /** The audience of tokens that are for the API server itself. */
    public static String audience() {
        return ISSUER;
    }

    /** The authority that signed the server's certificate, as PEM. */
    public Path caFile() {
        return path("certificates").resolve("apiserver.crt");
    }

    /** The same as a string in quotes that both JSON and YAML read. */
    public String quotedAuthority() {
        try {
            return "\"" + Files.readString(caFile()).replace("\n", "\\n") + "\"";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A token of an existing ServiceAccount, as a projected volume would hold it. */
    public Sensitive token(String namespace, String serviceAccount, String audience) {
        var request = new TokenRequestBuilder()
                .withNewSpec()
                .withAudiences(audience)
                .withExpirationSeconds(3600L)
                .endSpec()
                .build();
        return Sensitive.of(admin().serviceAccounts()
                .inNamespace(namespace)
                .withName(serviceAccount)
                .tokenRequest(request)
                .getStatus()
                .getToken());
    }

    /** A token of an existing ServiceAccount as the API server signs it when its clock shows another time. */
    public Sensitive token(String namespace, String serviceAccount, String audience, Instant from, Instant until) {
        String[] parts = token(namespace, serviceAccount, audience).reveal().split("\\.");
        try {
            ObjectNode claims = (ObjectNode)
                    new ObjectMapper().readTree(Base64.getUrlDecoder().decode(parts[1]));
            claims.put("iat", from.getEpochSecond()).put("nbf", from.getEpochSecond());
            claims.put("exp", until.getEpochSecond());
            Base64.Encoder encoder = Base64.getUrlEncoder().withoutPadding();
            String signed =
                    parts[0] + "." + encoder.encodeToString(claims.toString().getBytes(StandardCharsets.UTF_8));
            byte[] key = Base64.getMimeDecoder()
                    .decode(Files.readString(path("service-account.pem")).replaceAll("-----.*-----", ""));
            Signature signature = Signature.getInstance("SHA256withRSA");
            signature.initSign(KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(key)));
            signature.update(signed.getBytes(StandardCharsets.US_ASCII));
            return Sensitive.of(signed + "." + encoder.encodeToString(signature.sign()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has RSA", e);
        }
    }

    /** A token for the API server itself. */
    public Sensitive apiToken(String namespace, String serviceAccount) {
        return token(namespace, serviceAccount, ISSUER);
    }

    /** Lets a ServiceAccount ask whose tokens are: ClusterRole {@code system:auth-delegator}. */
    public void letReviewTokens(String namespace, String serviceAccount) {
        admin().rbac()
                .clusterRoleBindings()
                .resource(reviewers(namespace, serviceAccount))
                .create();
    }

    /** Takes back what {@link #letReviewTokens} gave. */
    public void forbidReviewingTokens(String namespace, String serviceAccount) {
        admin().rbac()
                .clusterRoleBindings()
                .resource(reviewers(namespace, serviceAccount))
                .delete();
    }

    private static ClusterRoleBinding reviewers(String namespace, String serviceAccount) {
        return new ClusterRoleBindingBuilder()
                .withNewMetadata()
                .withName("%s-%s-reviews-tokens".formatted(namespace, serviceAccount))
                .endMetadata()
                .withNewRoleRef("rbac.authorization.k8s.io", "ClusterRole", "system:auth-delegator")
                .addNewSubject("", "ServiceAccount", serviceAccount, namespace)
                .build();
    }

    /** One rule of a Role; without names it is for all of the resource. */
    public static PolicyRule rule(String group, String resource, List<String> names, String... verbs) {
        return new PolicyRuleBuilder()
                .withApiGroups(group)
                .withResources(resource)
                .withResourceNames(names)
                .withVerbs(verbs)
                .build();
    }

    /** Makes a ServiceAccount in the namespace default that may do what these rules say, and returns its name. */
    public String account(List<PolicyRule> rules) {
        String name = "account-" + UUID.randomUUID();
        serviceAccount("default", name);
        admin().rbac()
                .roles()
                .inNamespace("default")
                .resource(new RoleBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .endMetadata()
                        .withRules(rules)
                        .build())
                .create();
        admin().rbac()
                .roleBindings()
                .inNamespace("default")
                .resource(new RoleBindingBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .endMetadata()
                        .withNewRoleRef("rbac.authorization.k8s.io", "Role", name)
                        .addNewSubject("", "ServiceAccount", name, "default")
                        .build())
                .create();
        return name;
    }

    /** Makes a namespace when it is not there yet. */
    public synchronized void namespace(String name) {
        Namespace namespace = new NamespaceBuilder()
                .withNewMetadata()
                .withName(name)
                .endMetadata()
                .build();
        if (admin().namespaces().withName(name).get() == null) {
            admin().namespaces().resource(namespace).create();
        }
    }

    /** Puts the server's authority where every namespace of a cluster has it, by a controller that is not here. */
    public void publishAuthority(String namespace) {
        try {
            admin().resource(new ConfigMapBuilder()
                            .withNewMetadata()
                            .withName("kube-root-ca.crt")
                            .withNamespace(namespace)
                            .endMetadata()
                            .addToData("ca.crt", Files.readString(caFile()))
                            .build())
                    .create();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Makes the API know a kind of objects. */
    public void define(Path customResourceDefinition) {
        CustomResourceDefinition definition;
        try {
            definition = admin().getKubernetesSerialization()
                    .unmarshal(Files.readString(customResourceDefinition), CustomResourceDefinition.class);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        admin().resource(definition).create();
        admin().apiextensions()
                .v1()
                .customResourceDefinitions()
                .withName(definition.getMetadata().getName())
                .waitUntilCondition(KubernetesApi::established, START_LIMIT.toSeconds(), TimeUnit.SECONDS);
    }

    /** The server fills the status in by and by. */
    private static boolean established(CustomResourceDefinition present) {
        return Optional.ofNullable(present.getStatus())
                .map(CustomResourceDefinitionStatus::getConditions)
                .orElse(List.of())
                .stream()
                .anyMatch(condition -> condition.getType().equals("Established")
                        && condition.getStatus().equals("True"));
    }

    /** Makes a ServiceAccount without any permission, and its namespace, where they are not there yet. */
    public synchronized void serviceAccount(String namespace, String name) {
        namespace(namespace);
        if (admin().serviceAccounts().inNamespace(namespace).withName(name).get() == null) {
            admin().serviceAccounts()
                    .inNamespace(namespace)
                    .resource(new ServiceAccountBuilder()
                            .withNewMetadata()
                            .withName(name)
                            .endMetadata()
                            .build())
                    .create();
        }
    }

    /**
     * Makes a Pod object as the official Helm chart labels its servers, without a process behind it, and gives it the
     * status that a kubelet would. Whether it is ready follows from the phase.
     *
     * @param ip where its process listens; empty for one that has no address yet
     * @param phase for example {@code Running}, {@code Pending} or {@code Failed}
     */
    public Pod pod(String namespace, String name, Optional<String> ip, String phase) {
        // Admission wants an account that exists, and there is no controller that makes the default one.
        makeServerAccount(namespace);
        Pod pod = new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace(namespace)
                .withLabels(SERVER_LABELS)
                .endMetadata()
                .withNewSpec()
                .withHostname(name)
                .withSubdomain(SERVER_SERVICE)
                .withServiceAccountName(SERVER_ACCOUNT)
                .withAutomountServiceAccountToken(false)
                .addNewContainer()
                .withName("vault")
                .withImage("vault")
                .endContainer()
                .endSpec()
                .build();
        admin().pods().resource(pod).create();
        return podStatus(namespace, name, ip, phase);
    }

    private void makeServerAccount(String namespace) {
        var accounts = admin().serviceAccounts().inNamespace(namespace);
        if (accounts.withName(SERVER_ACCOUNT).get() == null) {
            accounts.resource(new ServiceAccountBuilder()
                            .withNewMetadata()
                            .withName(SERVER_ACCOUNT)
                            .endMetadata()
                            .build())
                    .create();
        }
    }

    /** Replaces the status of a Pod: a new address, another phase. */
    public Pod podStatus(String namespace, String name, Optional<String> ip, String phase) {
        PodStatus status = new PodStatusBuilder()
                .withPhase(phase)
                .withPodIP(ip.orElse(null))
                .withPodIPs(ip.map(address -> new PodIPBuilder().withIp(address).build()).stream()
                        .toList())
                .addNewCondition()
                .withType("Ready")
                .withStatus(phase.equals("Running") ? "True" : "False")
                .endCondition()
                .build();
        return admin().pods()
                .inNamespace(namespace)
                .withName(name)
                .editStatus(pod -> new PodBuilder(pod).withStatus(status).build());
    }

    /** Deletes a Pod that a finalizer then keeps, as a kubelet keeps one that is still ending. */
    public void terminatingPod(String namespace, String name) {
        var pod = admin().pods().inNamespace(namespace).withName(name);
        pod.edit(kept -> new PodBuilder(kept)
                .editMetadata()
                .addToFinalizers("test.ameide.io/still-ending")
                .endMetadata()
                .build());
        pod.delete();
    }

    /** Removes a Pod, also one that is still ending. */
    public void removePod(String namespace, String name) {
        var pod = admin().pods().inNamespace(namespace).withName(name);
        pod.edit(kept -> new PodBuilder(kept)
                .editMetadata()
                .withFinalizers(List.of())
                .endMetadata()
                .build());
        pod.withGracePeriod(0).delete();
    }

    /** Writes what {@code KUBECONFIG} can name: a process that uses it is that ServiceAccount. */
    public Path kubeconfig(Path folder, String namespace, String serviceAccount) {
        return kubeconfig(folder, address(), namespace, apiToken(namespace, serviceAccount));
    }

    /**
     * Likewise, through an address that stands for the server's.
     *
     * @param server where the process connects to
     */
    public Path kubeconfig(Path folder, URI server, String namespace, Sensitive token) {
        try {
            return Files.writeString(
                    folder.resolve("kubeconfig"), """
                    apiVersion: v1
                    kind: Config
                    current-context: test
                    contexts: [{ name: test, context: { cluster: test, user: test, namespace: %s } }]
                    clusters: [{ name: test, cluster: { server: "%s", certificate-authority: "%s" } }]
                    users: [{ name: test, user: { token: "%s" } }]
                    """.formatted(namespace, server, caFile(), token.reveal()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A client that is somebody else, for example a ServiceAccount by its token. */
    public KubernetesClient client(Sensitive token) {
        Config config = new ConfigBuilder(Config.empty())
                .withMasterUrl(address().toString())
                .withCaCertFile(caFile().toString())
                .withOauthToken(token.reveal())
                .withRequestRetryBackoffLimit(0)
                .build();
        return new KubernetesClientBuilder().withConfig(config).build();
    }

    /** Freezes the API server: connections are taken, nobody answers. */
    public void pause() {
        signal("STOP");
    }

    public void resume() {
        signal("CONT");
    }

    /** Ends the API server as a lost machine does: nobody listens at its port any more. What it stored is kept. */
    public void kill() {
        Process killed = processes.removeLast();
        killed.destroyForcibly();
        try {
            killed.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /** Starts it again after {@link #kill}, where it was, and waits until it serves; that takes seconds. */
    public void restart() {
        try {
            launch("kube-apiserver", server);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        awaitReady();
    }

    private void signal(String name) {
        try {
            new ProcessBuilder(
                            "kill",
                            "-" + name,
                            Long.toString(processes.getLast().pid()))
                    .start()
                    .waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    @Override
    public void close() {
        admin.ifPresent(KubernetesClient::close);
        admin = Optional.empty();
        for (Process process : processes.reversed()) {
            process.destroyForcibly();
            try {
                process.waitFor(10, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        processes.clear();
        folder.ifPresent(KubernetesApi::delete);
        folder = Optional.empty();
    }

    private void launch(String name, List<String> command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.orElseThrow().toFile())
                .redirectErrorStream(true)
                .redirectOutput(Redirect.appendTo(path(name + ".log").toFile()));
        processes.add(DependentProcess.start(builder));
    }

    private void awaitReady() {
        long deadline = System.nanoTime() + START_LIMIT.toNanos();
        while (true) {
            if (Files.exists(caFile())) {
                KubernetesClient client = admin.orElseGet(() -> client(Sensitive.of(adminToken)));
                admin = Optional.of(client);
                try {
                    // The roles that the server itself makes come last.
                    if ("ok".equals(client.raw("/readyz"))
                            && client.rbac()
                                            .clusterRoles()
                                            .withName("system:auth-delegator")
                                            .get()
                                    != null) {
                        return;
                    }
                } catch (KubernetesClientException e) {
                    // Not yet.
                }
            }
            if (System.nanoTime() - deadline > 0 || !processes.stream().allMatch(Process::isAlive)) {
                String log = lastLines();
                close();
                throw new IllegalStateException("the API server did not come up:\n" + log);
            }
            try {
                Thread.sleep(POLL);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted", e);
            }
        }
    }

    private String lastLines() {
        try {
            List<String> lines = Files.readAllLines(path("kube-apiserver.log"));
            return String.join("\n", lines.subList(Math.max(0, lines.size() - 20), lines.size()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void writeServiceAccountKey() throws IOException {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            byte[] key = generator.generateKeyPair().getPrivate().getEncoded();
            Files.writeString(
                    path("service-account.pem"),
                    "-----BEGIN PRIVATE KEY-----\n"
                            + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(key)
                            + "\n-----END PRIVATE KEY-----\n");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has RSA", e);
        }
    }

    private Path path(String name) {
        return folder.orElseThrow().resolve(name);
    }

    private static Path binaries() {
        List<Path> candidates = new ArrayList<>();
        Optional.ofNullable(System.getenv("KUBEBUILDER_ASSETS")).map(Path::of).ifPresent(candidates::add);
        Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
                .map(Path::of)
                .forEach(candidates::add);
        Optional.ofNullable(System.getenv("XDG_CACHE_HOME"))
                .map(Path::of)
                .or(() -> Optional.ofNullable(System.getenv("HOME")).map(home -> Path.of(home, ".cache")))
                .map(cache -> cache.resolve(CACHED))
                .ifPresent(candidates::add);
        return candidates.stream()
                .filter(candidate -> Files.isExecutable(candidate.resolve("etcd"))
                        && Files.isExecutable(candidate.resolve("kube-apiserver")))
                .findFirst()
                .orElseGet(() -> unavailable("no etcd and kube-apiserver in KUBEBUILDER_ASSETS, on PATH or in the cache"
                        + " that tools/kubernetes fills"));
    }

    private static <T> T unavailable(String reason) {
        String ci = System.getenv("CI");
        if (ci != null && !ci.isBlank()) {
            throw new AssertionError(reason);
        }
        return Assumptions.abort(reason);
    }

    /** Not one of the ephemeral range, which etcd's or anybody's next connection would take before the server does. */
    private static int freePort() {
        return ThrowAwayServer.freePort(List.of("127.0.0.1"));
    }

    private static void delete(Path folder) {
        try (Stream<Path> entries = Files.walk(folder)) {
            for (Path entry : entries.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(entry);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
