package io.ameide.vault.bootstrap.access;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.ameide.vault.bootstrap.custody.KeyMaterial;
import io.ameide.vault.bootstrap.desired.DesiredState;
import io.ameide.vault.bootstrap.desired.DesiredState.AuthMethod;
import io.ameide.vault.bootstrap.tick.Change;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import io.ameide.vault.bootstrap.tick.Work;
import io.ameide.vault.bootstrap.vault.NodeException;
import io.ameide.vault.bootstrap.vault.VaultNode;
import io.ameide.vault.bootstrap.vault.VaultSession;

import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Through Kubernetes auth, with a projected ServiceAccount token. The role is bound to the ServiceAccount and the
 * audience that the token itself names, so that the two cannot differ.
 */
final class KubernetesWay implements WayIn {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final AccessSettings.Kubernetes settings;
    private final ProjectedToken token;
    private final Optional<AuthMethod> desired;
    private final Map<String, Object> role;
    private final Clock clock;

    /**
     * Reads the token.
     *
     * @throws ProblemException when the token or the desired state do not go with it
     */
    static KubernetesWay of(AccessSettings.Kubernetes settings, Duration tokenTtl, DesiredState desired, Clock clock) {
        Optional<AuthMethod> method = desired.authMethods().stream()
                .filter(candidate -> candidate.path().equals(settings.mount()))
                .findFirst();
        method.ifPresent(found -> requireCompatible(settings, found));
        return new KubernetesWay(settings, ProjectedToken.read(settings.tokenFile()), tokenTtl, method, clock);
    }

    private KubernetesWay(
            AccessSettings.Kubernetes settings,
            ProjectedToken token,
            Duration tokenTtl,
            Optional<AuthMethod> desired,
            Clock clock) {
        this.settings = settings;
        this.token = token;
        this.desired = desired;
        this.clock = clock;
        this.role = Map.of(
                "bound_service_account_names", List.of(token.account().name()),
                "bound_service_account_namespaces", List.of(token.account().namespace()),
                "audience", token.audience(),
                "token_policies", List.of(settings.role()),
                "token_ttl", tokenTtl.toSeconds(),
                "token_max_ttl", tokenTtl.toSeconds(),
                "token_no_default_policy", true);
    }

    private static void requireCompatible(AccessSettings.Kubernetes settings, AuthMethod method) {
        if (!method.type().equals("kubernetes")) {
            throw new ProblemException(Problem.invalid(
                    "bootstrap.access.kubernetes.mount is %s, but there %s wants an auth method of type %s"
                            .formatted(settings.mount(), method.place(), method.type()),
                    "sign in at another mount"));
        }
        method.roles().stream()
                .filter(role -> role.name().equals(settings.role()))
                .findFirst()
                .ifPresent(role -> {
                    throw new ProblemException(Problem.invalid(
                            "role %s of %s at %s is the one with which this tool signs in"
                                    .formatted(role.name(), method.path(), role.place()),
                            "leave it out of the desired state, or set bootstrap.access.kubernetes.role to another"));
                });
    }

    @Override
    public String name() {
        return "Kubernetes role " + settings.role();
    }

    @Override
    public Attempt signIn(VaultNode node, KeyMaterial keys) {
        return signIn(node);
    }

    private Attempt signIn(VaultNode node) {
        token.requireValid(clock.instant());
        try {
            return new Attempt.SignedIn(
                    node.session(node.loginWithKubernetes(settings.mount(), settings.role(), token.jwt())));
        } catch (NodeException.Refused | NodeException.Denied e) {
            return new Attempt.Refused(
                    "%s of auth/%s is refused (%s)".formatted(name(), settings.mount(), e.getMessage()));
        }
    }

    @Override
    public Change setUpChange() {
        return new Change(name(), "set up at auth/" + settings.mount());
    }

    /** The role comes last: where it is there, so is what it needs. */
    @Override
    public Attempt setUp(VaultNode node, VaultSession with) {
        mount(with);
        configure(with);
        with.write(settings.rolePath(), role);
        return signIn(node);
    }

    private void mount(VaultSession with) {
        JsonNode there = with.read("sys/auth")
                .map(data -> data.path(settings.mount() + "/"))
                .orElse(MissingNode.getInstance());
        if (there.isMissingNode()) {
            Map<String, Object> body = new LinkedHashMap<>();
            body.put("type", "kubernetes");
            body.put("description", desired.map(AuthMethod::description).orElse(""));
            body.put("config", desired.map(AuthMethod::tune).orElse(Map.of()));
            with.write("sys/auth/" + settings.mount(), body);
        } else if (!there.path("type").asText().equals("kubernetes")) {
            throw new ProblemException(Problem.error(
                    "auth method %s is of type %s, not kubernetes"
                            .formatted(settings.mount(), there.path("type").asText()),
                    "set bootstrap.access.kubernetes.mount to another path"));
        }
    }

    /**
     * What the desired state says is written also where something else is there: with that, signing in may never work,
     * and the step that would mend it comes later.
     */
    private void configure(VaultSession with) {
        String path = "auth/%s/config".formatted(settings.mount());
        Map<String, Object> config = desired.map(AuthMethod::config).orElse(Map.of());
        if (!config.isEmpty()) {
            with.write(path, config);
        } else if (with.read(path).isEmpty()) {
            configureForPod(with, path);
        }
    }

    private void configureForPod(VaultSession with, String path) {
        try {
            with.write(path, Map.of("kubernetes_host", settings.host()));
        } catch (NodeException.Refused e) {
            throw new ProblemException(
                    Problem.access(
                            e.getMessage(),
                            "a server that runs in no pod of the cluster needs kubernetes_ca_cert as well: configure the"
                                    + " auth method %s in the desired state".formatted(settings.mount())),
                    e);
        }
    }

    @Override
    public void follow(Work work, VaultSession own) {
        JsonNode there = own.read(settings.rolePath()).orElse(MissingNode.getInstance());
        List<String> differing = role.keySet().stream()
                .filter(field -> !JSON.valueToTree(role.get(field)).equals(comparable(there.path(field))))
                .sorted()
                .toList();
        if (!differing.isEmpty()) {
            work.change(
                    new Change(name(), String.join(", ", differing) + " as it was set up"),
                    () -> own.write(settings.rolePath(), role));
        }
    }

    /** Numbers of one width, since they compare by their type too. */
    private static JsonNode comparable(JsonNode value) {
        return value.isIntegralNumber() ? JSON.getNodeFactory().numberNode(value.longValue()) : value;
    }

    @Override
    public String advice() {
        return "vault-bootstrap doctor tells the cause; may the reviewer, which is the server's own ServiceAccount unless token_reviewer_jwt names another,"
                + " review tokens (ClusterRole system:auth-delegator)? does the server reach and trust the API server as"
                + " auth/%s/config says? do the clocks agree? the server's log at level debug has the reason"
                        .formatted(settings.mount());
    }
}
