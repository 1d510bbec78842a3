package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.desired.DesiredState.AuthMethod;
import io.ameide.vault.bootstrap.desired.DesiredState.Role;
import io.ameide.vault.bootstrap.tick.ProblemException;
import org.eclipse.microprofile.config.inject.ConfigProperty;

import jakarta.inject.Singleton;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a developer wants to know after the first tick: where the server is, and how to sign in. */
@Singleton
final class Greeting {

    private final Nodes nodes;
    private final Ticks ticks;
    private final DevelopmentNode developmentNode;
    private final int port;

    Greeting(
            Nodes nodes,
            Ticks ticks,
            DevelopmentNode developmentNode,
            @ConfigProperty(name = "quarkus.http.port") int port) {
        this.nodes = nodes;
        this.ticks = ticks;
        this.developmentNode = developmentNode;
        this.port = port;
    }

    List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add("server:  " + String.join(", ", nodes.addresses()));
        nodes.addresses().stream()
                .findFirst()
                .ifPresent(address -> users().forEach((user, method) -> {
                    lines.add("sign in: %s login -address=%s -method=userpass -path=%s username=%s"
                            .formatted(client(), address, method.path(), user.name()));
                    lines.add("         with the password of " + user.place());
                }));
        lines.add("metrics: http://localhost:%1$d/q/metrics, health: http://localhost:%1$d/q/health".formatted(port));
        return lines;
    }

    private Map<Role, AuthMethod> users() {
        Map<Role, AuthMethod> users = new LinkedHashMap<>();
        try {
            ticks.desired().authMethods().stream()
                    .filter(method -> method.type().equals("userpass"))
                    .forEach(method -> method.roles().forEach(role -> users.put(role, method)));
        } catch (ProblemException e) {
            // The tick has said what is wrong with the document.
        }
        return users;
    }

    private String client() {
        return developmentNode.running().map(node -> node.binary().toString()).orElse("bao");
    }
}
