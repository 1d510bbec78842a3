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
import java.util.EnumSet;
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

    private enum Capability {
        CREATE,
        READ,
        UPDATE,
        DELETE,
        SUDO
    }

    private static final Set<Capability> READ = EnumSet.of(Capability.READ);
    private static final Set<Capability> WRITE = EnumSet.of(Capability.CREATE, Capability.READ, Capability.UPDATE);

    private final Map<String, Set<Capability>> paths = new TreeMap<>();

    private OwnPolicy() {}

    /**
     * The policy's text.
     *
     * @param name the policy's own name
     * @param readMounts KV v2 mounts whose keys are only verified
     */
    public static String rules(String name, DesiredState desired, Collection<String> readMounts) {
        OwnPolicy policy = new OwnPolicy();
        policy.grant("auth/token/lookup-self", READ);
        policy.grant("auth/token/revoke-self", EnumSet.of(Capability.UPDATE));
        policy.grant("sys/policies/acl/" + name, WRITE);
        policy.grant("sys/storage/raft/snapshot", READ);
        policy.allowProof("sys/rotate/root");
        policy.allowProof("sys/rotate/recovery");
        desired.policies().forEach(policy::allow);
        desired.secretEngines().forEach(policy::allow);
        desired.authMethods().forEach(policy::allow);
        desired.auditDevices().forEach(policy::allow);
        desired.secrets().forEach(policy::allow);
        desired.resources().forEach(policy::allow);
        readMounts.forEach(mount -> policy.grant(mount + "/data/*", READ));
        return policy.text();
    }

    /** To have the server try shares in an attempt to rotate them, which nobody completes without the shares. */
    private void allowProof(String rotation) {
        grant(
                rotation + "/init",
                EnumSet.of(Capability.CREATE, Capability.READ, Capability.UPDATE, Capability.DELETE, Capability.SUDO));
        grant(rotation + "/update", EnumSet.of(Capability.CREATE, Capability.UPDATE, Capability.SUDO));
    }

    private void allow(Policy policy) {
        grant("sys/policies/acl/" + policy.name(), WRITE);
    }

    private void allow(SecretEngine engine) {
        grant("sys/mounts", READ);
        grant("sys/mounts/" + engine.path(), EnumSet.of(Capability.CREATE, Capability.UPDATE));
        grant("sys/mounts/" + engine.path() + "/tune", EnumSet.of(Capability.CREATE, Capability.UPDATE));
        if (engine.type().equals("kv")) {
            grant(engine.path() + "/config", READ);
        }
    }

    private void allow(AuthMethod method) {
        grant("sys/auth", READ);
        grant("sys/auth/" + method.path(), EnumSet.of(Capability.CREATE, Capability.UPDATE, Capability.SUDO));
        grant("sys/mounts/auth/" + method.path() + "/tune", EnumSet.of(Capability.CREATE, Capability.UPDATE));
        if (!method.config().isEmpty()) {
            grant("auth/" + method.path() + "/config", WRITE);
        }
        for (Role role : method.roles()) {
            grant(method.rolePath(role), WRITE);
        }
    }

    private void allow(AuditDevice device) {
        // Tells whether the server takes audit devices over its API at all.
        grant("sys/config/state/sanitized", READ);
        grant("sys/audit", EnumSet.of(Capability.READ, Capability.SUDO));
        grant("sys/audit/" + device.path(), EnumSet.of(Capability.CREATE, Capability.UPDATE, Capability.SUDO));
    }

    private void allow(SecretSource source) {
        grant(source.mount() + "/data/*", WRITE);
        grant(source.mount() + "/metadata/*", EnumSet.of(Capability.CREATE, Capability.UPDATE));
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

    private String text() {
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
