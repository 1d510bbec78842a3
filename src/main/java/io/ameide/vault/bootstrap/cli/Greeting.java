package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.desired.DesiredState.AuthMethod;
import io.ameide.vault.bootstrap.desired.DesiredState.Role;
import io.ameide.vault.bootstrap.tick.ProblemException;

import jakarta.inject.Singleton;

import java.util.ArrayList;
import java.util.List;

/** What a developer wants to know after the first tick: where the server is, and how to sign in. */
@Singleton
final class Greeting {

    private final Nodes nodes;
    private final Ticks ticks;

    Greeting(Nodes nodes, Ticks ticks) {
        this.nodes = nodes;
        this.ticks = ticks;
    }

    List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add("server:  " + String.join(", ", nodes.addresses()));
        try {
            for (AuthMethod method : ticks.desired().authMethods()) {
                if (method.type().equals("userpass")) {
                    for (Role user : method.roles()) {
                        lines.add("sign in: BAO_ADDR=%s bao login -method=userpass -path=%s username=%s"
                                .formatted(nodes.addresses().getFirst(), method.path(), user.name()));
                    }
                }
            }
        } catch (ProblemException e) {
            // The tick has said what is wrong with the document.
        }
        return lines;
    }
}
