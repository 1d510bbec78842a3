package io.ameide.vault.bootstrap.seal;

import io.ameide.vault.bootstrap.custody.EscrowedShare;
import io.ameide.vault.bootstrap.custody.KeyMaterial;
import io.ameide.vault.bootstrap.custody.KeyMaterial.Phase;
import io.ameide.vault.bootstrap.custody.KeyMaterial.ShareKind;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.vault.SealStatus;

import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Compares what custody holds with what a server says about its seal, without a share leaving custody. It finds what is
 * missing; that shares of the right form open the seal only the server can tell, see {@link ShareProof}.
 */
public final class ShareCheck {

    /** Of a key that was not split. */
    private static final int KEY_BYTES = 32;

    private ShareCheck() {}

    /**
     * Why what custody holds could not open the seal; nothing where nothing speaks against it.
     *
     * @param custody its description
     * @param address of the server that said {@code seal}
     */
    public static List<Problem> problems(
            Optional<KeyMaterial> stored, String custody, SealStatus seal, String address) {
        if (!seal.initialized()) {
            return List.of(Problem.blocked(
                    address + " is not initialized: there is no seal to open",
                    stored.isPresent()
                            ? "its storage was lost, or this is another server; see what a tick says"
                            : "a tick initializes it"));
        }
        if (stored.isEmpty() || stored.get().phase() == Phase.INITIALIZING) {
            return List.of(Problem.blocked(
                    "%s holds %s".formatted(custody, stored.isEmpty() ? "nothing" : "a marker, and no shares"),
                    "restore it from a copy, or ask who else initialized the server"));
        }
        KeyMaterial keys = stored.get();
        List<Problem> problems = new ArrayList<>();
        compare(keys, custody, seal, address).ifPresent(problems::add);
        if (heldByPeople(keys)) {
            problems.add(Problem.blocked(
                    "people hold the shares: %d of them must come, of %s"
                            .formatted(
                                    keys.threshold(),
                                    keys.escrowed().stream()
                                            .map(EscrowedShare::holder)
                                            .collect(Collectors.joining(", "))),
                    "have each decrypt theirs and give it to the server"));
            return problems;
        }
        if (keys.shares().size() < keys.threshold()) {
            problems.add(tooFew(keys, custody, keys.shares().size()));
        }
        problems.addAll(form(keys, custody));
        return problems;
    }

    /**
     * Why what custody holds could not open the seal, as far as counting tells, which needs no server.
     *
     * @param keys of a cluster that was initialized
     */
    static List<Problem> shortage(KeyMaterial keys, String custody) {
        if (heldByPeople(keys)) {
            long theirs = keys.escrowed().stream().distinct().count();
            return theirs < keys.threshold() ? List.of(tooFew(keys, custody, theirs)) : List.of();
        }
        long sound = keys.shares().stream()
                .distinct()
                .flatMap(share -> decoded(share).stream())
                .filter(bytes -> bytes.length == expectedBytes(keys))
                .count();
        return sound < keys.threshold() ? List.of(tooFew(keys, custody, sound)) : List.of();
    }

    private static boolean heldByPeople(KeyMaterial keys) {
        return keys.shares().isEmpty() && !keys.escrowed().isEmpty();
    }

    private static Problem tooFew(KeyMaterial keys, String custody, long count) {
        return Problem.blocked(
                "%s holds %d of the %d shares that it takes".formatted(custody, count, keys.threshold()),
                "add the missing ones from a copy");
    }

    private static int expectedBytes(KeyMaterial keys) {
        return keys.shareCount() == 1 ? KEY_BYTES : KEY_BYTES + 1;
    }

    private static Optional<Problem> compare(KeyMaterial keys, String custody, SealStatus seal, String address) {
        if (keys.clusterId().isPresent()
                && seal.clusterId().isPresent()
                && !keys.clusterId().equals(seal.clusterId())) {
            return Optional.of(Problem.blocked(
                    "%s belongs to cluster %s, but %s to cluster %s"
                            .formatted(
                                    custody,
                                    keys.clusterId().get(),
                                    address,
                                    seal.clusterId().get()),
                    "point the tool at the right server or at the right custody"));
        }
        boolean recovery = keys.kind() == ShareKind.RECOVERY;
        if (recovery != (seal.recoverySeal() || !seal.type().equals("shamir"))) {
            return Optional.of(Problem.blocked(
                    "%s holds %s shares, but the seal of %s is %s"
                            .formatted(custody, recovery ? "recovery" : "unseal", address, seal.type()),
                    "was the seal migrated? custody must hold what came of it"));
        }
        if (keys.shareCount() != seal.shares() || keys.threshold() != seal.threshold()) {
            return Optional.of(Problem.blocked(
                    "%s is of %d shares with threshold %d, but the seal of %s of %d with threshold %d"
                            .formatted(
                                    custody,
                                    keys.shareCount(),
                                    keys.threshold(),
                                    address,
                                    seal.shares(),
                                    seal.threshold()),
                    "the shares were rotated since; put the new ones into custody"));
        }
        return Optional.empty();
    }

    /** Shares are named by their number, counted from 1. */
    private static List<Problem> form(KeyMaterial keys, String custody) {
        int expected = expectedBytes(keys);
        List<Problem> problems = new ArrayList<>();
        // The last byte of a share is the point at which the polynomial was evaluated, no two of them the same.
        Map<Byte, Integer> points = new LinkedHashMap<>();
        for (int i = 0; i < keys.shares().size(); i++) {
            int number = i + 1;
            Optional<byte[]> share = decoded(keys.shares().get(i)).filter(bytes -> bytes.length == expected);
            if (share.isEmpty()) {
                problems.add(Problem.blocked(
                        "share %d in %s does not have the form of one".formatted(number, custody),
                        "was it cut off, or is it encrypted? take it from a copy"));
            } else if (keys.shareCount() > 1) {
                Optional.ofNullable(points.putIfAbsent(share.get()[expected - 1], number))
                        .ifPresent(same -> problems.add(Problem.blocked(
                                "shares %d and %d in %s are the same point".formatted(same, number, custody),
                                "one of them counts; take the other from a copy")));
            }
        }
        return problems;
    }

    /** As servers read it: hex, or else base64. */
    private static Optional<byte[]> decoded(Sensitive share) {
        String text = share.reveal();
        try {
            return Optional.of(
                    text.matches("([0-9a-fA-F]{2})+")
                            ? HexFormat.of().parseHex(text)
                            : Base64.getDecoder().decode(text));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
