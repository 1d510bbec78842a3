package io.ameide.vault.bootstrap.access;

import io.ameide.vault.bootstrap.desired.DesiredState;
import io.ameide.vault.bootstrap.desired.DesiredState.AuditDevice;
import io.ameide.vault.bootstrap.desired.DesiredState.AuthMethod;
import io.ameide.vault.bootstrap.desired.DesiredState.Policy;
import io.ameide.vault.bootstrap.desired.DesiredState.Resource;
import io.ameide.vault.bootstrap.desired.DesiredState.Role;
import io.ameide.vault.bootstrap.desired.DesiredState.SecretEngine;
import io.ameide.vault.bootstrap.desired.DesiredState.SecretSource;

import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The policy under which the tool's own token works: what its desired state needs, and no other path. It includes its own
 * text, so that it follows the desired state when that grows. Who may write policies can give themselves any; this policy
 * guards against mistakes, not against somebody who holds the tool's credentials.
 */
public final class OwnPolicy {

    enum Capability {
        CREATE,
        READ,
        UPDATE,
        DELETE,
        SUDO
    }

    private static final Set<Capability> READ = EnumSet.of(Capability.READ);
    private static final Set<Capability> UPDATE = EnumSet.of(Capability.UPDATE);

    /** Enough where the server does not tell making from changing, as below sys. */
    private static final Set<Capability> CHANGE = EnumSet.of(Capability.READ, Capability.UPDATE);

    private static final Set<Capability> WRITE = EnumSet.of(Capability.CREATE, Capability.READ, Capability.UPDATE);
    private static final Set<Capability> GUARDED = EnumSet.of(Capability.UPDATE, Capability.SUDO);

    private final String name;
    private final Map<String, Set<Capability>> paths;

    OwnPolicy(String name, Map<String, Set<Capability>> paths) {
        this.name = name;
        this.paths = paths;
    }

    /**
     * @param readMounts KV v2 mounts whose keys are only verified
     * @param ownEngine path of a KV v1 engine that the tool makes and uses for itself
     */
    public static OwnPolicy of(
            AccessSettings settings, DesiredState desired, Collection<String> readMounts, String ownEngine) {
        OwnPolicy policy = new OwnPolicy(settings.role(), new TreeMap<>());
        policy.grant("auth/token/lookup-self", READ);
        policy.grant("auth/token/revoke-self", UPDATE);
        policy.grant(path(policy.name), CHANGE);
        policy.grant("sys/storage/raft/snapshot", READ);
        policy.grant("sys/storage/raft/autopilot/state", READ);
        settings.kubernetes().ifPresent(kubernetes -> policy.grant(kubernetes.rolePath(), CHANGE));
        desired.policies().forEach(policy::allow);
        desired.secretEngines().forEach(policy::allow);
        desired.authMethods().forEach(method -> policy.allow(method, signsInAt(settings, method)));
        desired.auditDevices().forEach(policy::allow);
        desired.secrets().forEach(policy::allow);
        desired.resources().forEach(policy::allow);
        readMounts.forEach(mount -> policy.grant(mount + "/data/*", READ));
        policy.grant("sys/mounts/" + ownEngine, UPDATE);
        policy.grant(ownEngine + "/*", WRITE);
        return policy;
    }

    /**
     * What a token under another policy of the tool has to be granted besides, until it has set up Kubernetes auth.
     *
     * @param former name of that other policy, which may be the same
     */
    OwnPolicy settingUp(String former, AccessSettings.Kubernetes kubernetes) {
        OwnPolicy policy = copy(former);
        policy.grant(path(former), CHANGE);
        policy.grant("sys/auth", READ);
        policy.grant("sys/auth/" + kubernetes.mount(), GUARDED);
        policy.grant("auth/%s/config".formatted(kubernetes.mount()), CHANGE);
        policy.grant(kubernetes.rolePath(), WRITE);
        return policy;
    }

    /** What it takes besides to have the server try shares, in an attempt to rotate them that is canceled. */
    public OwnPolicy proving() {
        OwnPolicy policy = copy(name);
        for (String rotation : List.of("sys/rotate/root", "sys/rotate/recovery")) {
            policy.grant(
                    rotation + "/init",
                    EnumSet.of(Capability.READ, Capability.UPDATE, Capability.DELETE, Capability.SUDO));
            policy.grant(rotation + "/update", GUARDED);
        }
        return policy;
    }

    /**
     * What it takes besides to put a snapshot in the place of everything.
     *
     * @param force whether that of another cluster
     */
    OwnPolicy restoring(boolean force) {
        OwnPolicy policy = copy(name);
        policy.grant("sys/storage/raft/snapshot" + (force ? "-force" : ""), UPDATE);
        return policy;
    }

    private OwnPolicy copy(String as) {
        Map<String, Set<Capability>> more = new TreeMap<>();
        paths.forEach((path, capabilities) -> more.put(path, EnumSet.copyOf(capabilities)));
        return new OwnPolicy(as, more);
    }

    public String name() {
        return name;
    }

    /** Where the server keeps it. */
    String path() {
        return path(name);
    }

    private static String path(String name) {
        return "sys/policies/acl/" + name;
    }

    private void allow(Policy policy) {
        grant(path(policy.name()), CHANGE);
    }

    private void allow(SecretEngine engine) {
        grant("sys/mounts", READ);
        grant("sys/mounts/" + engine.path(), UPDATE);
        grant("sys/mounts/" + engine.path() + "/tune", UPDATE);
        if (engine.type().equals("kv")) {
            grant(engine.path() + "/config", READ);
        }
    }

    private static boolean signsInAt(AccessSettings settings, AuthMethod method) {
        return settings.kubernetes()
                .filter(kubernetes -> kubernetes.mount().equals(method.path()))
                .isPresent();
    }

    /** @param mounted whether it is there whenever the tool has a token at all */
    private void allow(AuthMethod method, boolean mounted) {
        grant("sys/auth", READ);
        if (!mounted) {
            grant("sys/auth/" + method.path(), GUARDED);
        }
        grant("sys/mounts/auth/" + method.path() + "/tune", UPDATE);
        if (!method.config().isEmpty()) {
            // The configuration of some others is made and changed with different capabilities.
            grant("auth/" + method.path() + "/config", method.type().equals("kubernetes") ? CHANGE : WRITE);
        }
        for (Role role : method.roles()) {
            grant(method.rolePath(role), WRITE);
        }
    }

    private void allow(AuditDevice device) {
        // Tells whether the server takes audit devices over its API at all.
        grant("sys/config/state/sanitized", READ);
        grant("sys/audit", EnumSet.of(Capability.READ, Capability.SUDO));
        grant("sys/audit/" + device.path(), GUARDED);
    }

    private void allow(SecretSource source) {
        grant(source.mount() + "/data/*", WRITE);
        grant(source.mount() + "/metadata/*", UPDATE);
    }

    private void allow(Resource resource) {
        Set<Capability> capabilities = EnumSet.copyOf(WRITE);
        if (resource.path().startsWith("sys/")) {
            capabilities.add(Capability.SUDO);
        }
        grant(resource.path(), capabilities);
    }

    private void grant(String path, Set<Capability> capabilities) {
        paths.computeIfAbsent(path, any -> EnumSet.noneOf(Capability.class)).addAll(capabilities);
    }

    /** What is granted, by path. */
    Map<String, Set<Capability>> paths() {
        return Collections.unmodifiableMap(paths);
    }

    /** In HCL, one path a line. */
    public String rules() {
        StringBuilder out = new StringBuilder();
        paths.forEach((path, capabilities) -> out.append("path \"%s\" { capabilities = [%s] }\n"
                .formatted(
                        path.replace("\\", "\\\\").replace("\"", "\\\""),
                        capabilities.stream()
                                .map(capability -> "\"" + capability.name().toLowerCase(Locale.ROOT) + "\"")
                                .collect(Collectors.joining(", ")))));
        return out.toString();
    }
}
