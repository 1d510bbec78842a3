package io.ameide.vault.bootstrap.seal;

import io.ameide.vault.bootstrap.kubernetes.Pods;
import io.ameide.vault.bootstrap.kubernetes.Pods.Found;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import io.ameide.vault.bootstrap.vault.NodeAddress;
import io.ameide.vault.bootstrap.vault.VaultConfig.By;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Nodes that run in Pods. A Pod need not be ready, since a sealed node is not. One that ended is no node any more, one that
 * terminates is leaving; one that does not run yet is awaited.
 */
public final class PodDirectory implements NodeDirectory {

    /**
     * @param selector label selector
     * @param by through the headless service, {@code vault-0.vault-internal.vault.svc}, a name that a certificate can bear;
     *     or by IP address, where certificates bear a name that all nodes share
     * @param service the headless service; the Pod's own subdomain when empty
     */
    public record Settings(String selector, By by, Optional<String> service, int port, boolean tls) {}

    private final Pods pods;
    private final Settings settings;

    public PodDirectory(Pods pods, Settings settings) {
        this.pods = pods;
        this.settings = settings;
    }

    @Override
    public Listing list() {
        List<Found> found = pods.list(settings.selector());
        List<NodeAddress> nodes = new ArrayList<>();
        List<String> awaited = new ArrayList<>();
        List<String> leaving = new ArrayList<>();
        for (Found pod : found) {
            switch (pod.state()) {
                case PENDING -> awaited.add("Pod %s/%s is pending".formatted(pods.namespace(), pod.name()));
                case RUNNING ->
                    pod.ip()
                            .ifPresentOrElse(
                                    ip -> nodes.add(address(pod, ip)),
                                    () -> awaited.add(
                                            "Pod %s/%s has no address yet".formatted(pods.namespace(), pod.name())));
                case TERMINATING -> leaving.add("Pod %s/%s is terminating".formatted(pods.namespace(), pod.name()));
                case ENDED -> {}
            }
        }
        if (nodes.isEmpty() && awaited.isEmpty()) {
            awaited.add("no Pod in namespace %s has the labels %s%s"
                    .formatted(
                            pods.namespace(),
                            settings.selector(),
                            found.isEmpty() ? "" : " and runs: %d end or have ended".formatted(found.size())));
        }
        return new Listing(nodes, awaited, leaving);
    }

    private NodeAddress address(Found pod, String ip) {
        String host = switch (settings.by()) {
            case NAME -> "%s.%s.%s.svc".formatted(pod.name(), service(pod), pods.namespace());
            case IP -> ip.contains(":") ? "[" + ip + "]" : ip;
        };
        return NodeAddress.parse("%s://%s:%d".formatted(settings.tls() ? "https" : "http", host, settings.port()))
                .ofPod(pod.name());
    }

    private String service(Found pod) {
        return settings.service()
                .or(pod::subdomain)
                .orElseThrow(() -> new ProblemException(Problem.invalid(
                        "Pod %s/%s has no subdomain, so that it has no name of its own"
                                .formatted(pods.namespace(), pod.name()),
                        "set bootstrap.vault.discovery.service to the headless service, or"
                                + " bootstrap.vault.discovery.by to ip")));
    }
}
