package io.ameide.vault.bootstrap.chart;

import io.ameide.vault.bootstrap.testing.KubernetesApi;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Role;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The smallest thing that a rule grants.
 *
 * @param name of the object; empty for every one of its kind
 */
record Permission(String group, String resource, String name, String verb) {

    static List<Permission> of(
            List<String> groups, List<String> resources, List<String> resourceNames, List<String> verbs) {
        List<Permission> permissions = new ArrayList<>();
        List<String> names = resourceNames.isEmpty() ? List.of("") : resourceNames;
        groups.forEach(group -> resources.forEach(resource -> names.forEach(
                name -> verbs.forEach(verb -> permissions.add(new Permission(group, resource, name, verb))))));
        return permissions;
    }

    /** What the Roles among these grant. */
    static Set<Permission> of(Stream<HasMetadata> resources) {
        Set<Permission> permissions = new LinkedHashSet<>();
        resources
                .flatMap(resource -> rules(resource).stream())
                .forEach(rule -> permissions.addAll(
                        of(rule.getApiGroups(), rule.getResources(), rule.getResourceNames(), rule.getVerbs())));
        return permissions;
    }

    private static List<PolicyRule> rules(HasMetadata resource) {
        return switch (resource) {
            case Role role -> role.getRules();
            case ClusterRole role -> role.getRules();
            default -> List.of();
        };
    }

    /** A rule that grants this alone. */
    PolicyRule rule() {
        return KubernetesApi.rule(group, resource, name.isEmpty() ? List.of() : List.of(name), verb);
    }

    /** These rules without this permission. */
    List<PolicyRule> takenFrom(HasMetadata role) {
        return of(Stream.of(role)).stream()
                .filter(other -> !other.equals(this))
                .map(Permission::rule)
                .toList();
    }

    /** How a person is told that it is lacking. */
    String lack() {
        return "allow it %s on %s?".formatted(verb, resource);
    }

    @Override
    public String toString() {
        return "%s %s %s".formatted(verb, resource, name).strip();
    }
}
