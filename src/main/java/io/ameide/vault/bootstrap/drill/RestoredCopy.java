package io.ameide.vault.bootstrap.drill;

import io.ameide.vault.bootstrap.sandbox.ServerBinary;
import io.ameide.vault.bootstrap.sandbox.ThrowAwayServer;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import io.ameide.vault.bootstrap.vault.Initialization;
import io.ameide.vault.bootstrap.vault.NodeAddress;
import io.ameide.vault.bootstrap.vault.NodeException;
import io.ameide.vault.bootstrap.vault.NodeRole;
import io.ameide.vault.bootstrap.vault.RequestCounter;
import io.ameide.vault.bootstrap.vault.SealStatus;
import io.ameide.vault.bootstrap.vault.TlsSettings;
import io.ameide.vault.bootstrap.vault.Transport;
import io.ameide.vault.bootstrap.vault.VaultNode;
import io.ameide.vault.bootstrap.vault.VaultSession;
import io.ameide.vault.bootstrap.vault.Waiter;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A server on loopback that is given a snapshot, and is gone with all it held when this is closed. */
final class RestoredCopy implements AutoCloseable {

    private static final Duration POLL = Duration.ofMillis(100);

    /** A server that swaps its storage answers nothing for seconds, and longer the more it holds. */
    private static final Duration ANSWER = Duration.ofMinutes(2);

    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final Duration LONGEST = Duration.ofMinutes(10);

    /** Where the clouds' own libraries look for who they are; the key of a seal may be there. */
    private static final List<String> CLOUDS = List.of("AWS_", "AZURE_", "GOOGLE_", "OCI_", "ALICLOUD_");

    private static final Pattern ERROR = Pattern.compile("\\[ERROR]\\s+(.*)");

    private final ThrowAwayServer server;
    private final VaultNode node;
    private final Waiter waiter;

    private RestoredCopy(ThrowAwayServer server, Waiter waiter) {
        this.server = server;
        this.waiter = waiter;
        Transport transport = new Transport(TlsSettings.PLATFORM, CONNECT, ANSWER);
        this.node = VaultNode.at(List.of(new NodeAddress(server.address())), transport, new RequestCounter())
                .getFirst();
    }

    /**
     * Starts a server that holds nothing.
     *
     * @param seal the seal stanza of its configuration; empty for a seal of shares
     * @param environment of this process, of which a seal gets what it may need
     */
    static RestoredCopy start(
            ServerBinary binary, Optional<String> seal, Map<String, String> environment, Waiter waiter) {
        Map<String, String> forSeal = new TreeMap<>(environment);
        forSeal.keySet().removeIf(name -> seal.isEmpty() || CLOUDS.stream().noneMatch(name::startsWith));
        return new RestoredCopy(
                ThrowAwayServer.start(
                        binary,
                        ThrowAwayServer.Options.DEFAULT
                                .withNodeId("drill")
                                .withoutAuditDevice()
                                .withListenerHcl("disable_unauthed_generate_root_endpoints = false")
                                .withExtraHcl(seal.orElse(""))
                                .withEnvironment(forSeal)),
                waiter);
    }

    /** Product and version. */
    String version() {
        return "%s %s".formatted(node.product(), node.sealStatus().version());
    }

    /** Puts the snapshot in the place of what the server holds, which is nothing of worth, and waits until it is there. */
    void restore(Path archive) {
        boolean recovery = node.sealStatus().recoverySeal();
        Initialization own = node.initialize(new Initialization.Request(1, 1, List.of(), recovery));
        if (!recovery) {
            node.unseal(own.shares().getFirst());
        }
        awaitActive();
        node.session(own.rootToken().orElseThrow()).restore(archive, true);
        await(
                "the snapshot to take the place of what it held",
                () -> replaced(recovery, own.rootToken().orElseThrow()));
        // Until it starts anew, a server goes by the number of shares it was initialized with, and no automatic seal
        // opens.
        server.restart();
    }

    /**
     * Health and the seal's state say what they did before until the storage is another one. Then the server finds that its
     * keys do not fit, and seals itself; where the seal is an automatic one it may open again by itself.
     */
    private Optional<Boolean> replaced(boolean recovery, Sensitive token) {
        boolean sealed = node.sealStatus().sealed();
        boolean replaced = sealed || recovery && !node.session(token).alive();
        return replaced ? Optional.of(true) : Optional.empty();
    }

    /**
     * Opens the seal of shares, and waits until it serves; an automatic one opens by itself.
     *
     * @return false if it takes more shares
     * @throws NodeException.Refused if these are not its shares
     */
    boolean unseal(List<Sensitive> shares) {
        SealStatus status = node.sealStatus();
        if (!status.recoverySeal()) {
            for (Sensitive share : shares) {
                status = status.sealed() ? node.unseal(share) : status;
            }
            if (status.sealed()) {
                return false;
            }
        }
        awaitActive();
        return true;
    }

    /** @throws NodeException.Refused if these are not its shares */
    VaultSession signIn(List<Sensitive> shares) {
        return node.session(node.generateRoot(shares, nonce -> {}));
    }

    private void awaitActive() {
        await("it to serve", () -> node.role() == NodeRole.ACTIVE ? Optional.of(true) : Optional.empty());
    }

    /** The servers say unsealed, try to open their audit devices for ever, and tell why they cannot only in their log. */
    private void requireAuditDevice() {
        List<String> errors = errors();
        if (errors.stream().anyMatch(error -> error.contains("failed to setup audit table"))) {
            throw new ProblemException(Problem.error(
                    "the restored copy does not serve: it has the audit devices of the cluster, and can open none of them: "
                            + errors.stream()
                                    .filter(error -> error.contains("unable to open")
                                            || error.contains("failed to create audit entry"))
                                    .collect(Collectors.joining("; ")),
                    "let this process write where one of them does"));
        }
    }

    /** What the server complained about, each of it once. */
    private List<String> errors() {
        try (Stream<String> lines = Files.lines(server.log())) {
            return lines.flatMap(line -> ERROR.matcher(line).results())
                    .map(error -> error.group(1))
                    .distinct()
                    .toList();
        } catch (IOException e) {
            return List.of();
        }
    }

    private void await(String what, Supplier<Optional<Boolean>> question) {
        Optional<Boolean> came = waiter.until(
                () -> {
                    Optional<Boolean> answer = unlessBusy(question);
                    if (answer.isEmpty()) {
                        requireAuditDevice();
                    }
                    return answer;
                },
                POLL,
                LONGEST);
        if (came.isEmpty()) {
            throw new ProblemException(
                    waiter.futile()
                            ? Problem.error("the drill was asked to stop before it ended", "")
                            : Problem.error(
                                    "the throw-away server was waited for %d minutes, for %s; its last lines:\n%s"
                                            .formatted(LONGEST.toMinutes(), what, server.lastLines()),
                                    ""));
        }
    }

    private static Optional<Boolean> unlessBusy(Supplier<Optional<Boolean>> question) {
        try {
            return question.get();
        } catch (NodeException.Unreachable | NodeException.Unavailable e) {
            return Optional.empty();
        }
    }

    @Override
    public void close() {
        server.close();
    }
}
