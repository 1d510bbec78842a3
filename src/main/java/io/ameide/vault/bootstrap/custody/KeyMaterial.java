package io.ameide.vault.bootstrap.custody;

import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.vault.NodeAddress;

import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * All that key custody holds about one cluster.
 *
 * @param shareCount how many shares the server was asked for; 0 only for recovery shares
 * @param threshold how many of them open it, at most {@code shareCount}
 * @param shares the shares in clear; empty where people hold all of them
 * @param clusterId the server's {@code cluster_id}, known once it was unsealed
 * @param address the node that was asked to initialize
 * @param pod the name of its Pod, where it was found as one: by its IP address alone it could not be told again once it has
 *     got another
 * @param startedAt when it was asked
 * @param startedBy the process that asked
 * @param checksumKey {@value #CHECKSUM_KEY_BYTES} random bytes in base64, which key the checksums of sensitive values
 * @param fingerprints by {@code path#field}, the keyed checksum of a field last written there whose value the server does
 *     not show as it was written
 * @param initAnswer what init answered, as it came, where that is not what was asked for; then there may be no share, or more
 *     of them than were asked for
 * @param aside sets that are not in use, none with others aside of its own: of a cluster whose snapshot is being restored
 *     here, or that such a one has replaced
 */
public record KeyMaterial(
        Phase phase,
        ShareKind kind,
        int shareCount,
        int threshold,
        List<Sensitive> shares,
        List<EscrowedShare> escrowed,
        Optional<Sensitive> rootToken,
        Optional<AppRoleCredential> appRole,
        Optional<String> clusterId,
        String address,
        Optional<String> pod,
        Instant startedAt,
        Whereabouts startedBy,
        Sensitive checksumKey,
        Map<String, String> fingerprints,
        Optional<Sensitive> initAnswer,
        List<KeyMaterial> aside) {

    public static final int CHECKSUM_KEY_BYTES = 32;

    /** How far initializing came. */
    public enum Phase {
        /** Written before init is asked for: it tells a later tick that shares may have been made and lost. */
        INITIALIZING,
        INITIALIZED
    }

    /** What the shares are good for, which the server's seal decides. */
    public enum ShareKind {
        UNSEAL,
        /** The server unseals itself; the shares authorize what a quorum of people must. */
        RECOVERY
    }

    /** @throws IllegalArgumentException if the parts contradict each other; its message holds no value of theirs */
    public KeyMaterial {
        Objects.requireNonNull(phase);
        Objects.requireNonNull(kind);
        shares = List.copyOf(shares);
        escrowed = List.copyOf(escrowed);
        Objects.requireNonNull(rootToken);
        Objects.requireNonNull(appRole);
        Objects.requireNonNull(clusterId);
        Objects.requireNonNull(address);
        Objects.requireNonNull(pod);
        Objects.requireNonNull(startedAt);
        Objects.requireNonNull(startedBy);
        Objects.requireNonNull(checksumKey);
        fingerprints = Map.copyOf(fingerprints);
        Objects.requireNonNull(initAnswer);
        aside = List.copyOf(aside);
        require(threshold >= 0 && threshold <= shareCount, "the threshold is not between 0 and the number of shares");
        require(threshold > 0 || kind == ShareKind.RECOVERY, "unseal shares need a threshold of at least 1");
        require(shares.size() <= shareCount || initAnswer.isPresent(), "there are more shares than were asked for");
        require(isChecksumKey(checksumKey), "the checksum key is not 32 bytes in base64");
        switch (phase) {
            case INITIALIZING ->
                require(
                        shares.isEmpty()
                                && escrowed.isEmpty()
                                && rootToken.isEmpty()
                                && appRole.isEmpty()
                                && clusterId.isEmpty()
                                && fingerprints.isEmpty()
                                && aside.isEmpty(),
                        "a marker holds nothing that only an initialized server can give");
            case INITIALIZED ->
                require(
                        kind == ShareKind.RECOVERY
                                || !shares.isEmpty()
                                || !escrowed.isEmpty()
                                || initAnswer.isPresent(),
                        "no share is there, though the server was initialized");
        }
        for (KeyMaterial other : aside) {
            require(
                    other.phase == Phase.INITIALIZED && other.aside.isEmpty(),
                    "what is aside is no whole set, or has another one aside");
        }
    }

    /** The marker to store before init is asked for, with a checksum key of its own. */
    public static KeyMaterial marker(
            ShareKind kind,
            int shareCount,
            int threshold,
            NodeAddress node,
            Instant startedAt,
            Whereabouts startedBy,
            SecureRandom random) {
        var key = new byte[CHECKSUM_KEY_BYTES];
        random.nextBytes(key);
        return new KeyMaterial(
                Phase.INITIALIZING,
                kind,
                shareCount,
                threshold,
                List.of(),
                List.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                node.toString(),
                node.pod(),
                startedAt,
                startedBy,
                Sensitive.of(Base64.getEncoder().encodeToString(key)),
                Map.of(),
                Optional.empty(),
                List.of());
    }

    /** What init answered, to be stored in one write. */
    public KeyMaterial initialized(
            List<Sensitive> shares, List<EscrowedShare> escrowed, Optional<Sensitive> rootToken) {
        return with(
                Phase.INITIALIZED, shares, escrowed, rootToken, appRole, clusterId, fingerprints, initAnswer, aside);
    }

    /** With what init answered, as it came, since it is not what was asked for. */
    public KeyMaterial withInitAnswer(Sensitive answer) {
        return with(phase, shares, escrowed, rootToken, appRole, clusterId, fingerprints, Optional.of(answer), aside);
    }

    public KeyMaterial withRootToken(Optional<Sensitive> rootToken) {
        return with(phase, shares, escrowed, rootToken, appRole, clusterId, fingerprints, initAnswer, aside);
    }

    public KeyMaterial withAppRole(Optional<AppRoleCredential> appRole) {
        return with(phase, shares, escrowed, rootToken, appRole, clusterId, fingerprints, initAnswer, aside);
    }

    public KeyMaterial withClusterId(String clusterId) {
        return with(
                phase, shares, escrowed, rootToken, appRole, Optional.of(clusterId), fingerprints, initAnswer, aside);
    }

    public KeyMaterial withFingerprints(Map<String, String> fingerprints) {
        return with(phase, shares, escrowed, rootToken, appRole, clusterId, fingerprints, initAnswer, aside);
    }

    /**
     * With another set at hand, which takes the place of one of the same origin.
     *
     * @param other what it has aside is left out
     */
    public KeyMaterial withAside(KeyMaterial other) {
        List<KeyMaterial> sets = new ArrayList<>(aside);
        sets.removeIf(set -> set.sameOrigin(other));
        if (!sameOrigin(other)) {
            sets.add(other.alone());
        }
        return withAside(sets);
    }

    /** That set in use, and this one aside; as it is where it is that one. */
    public KeyMaterial exchangedFor(KeyMaterial other) {
        if (sameOrigin(other)) {
            return this;
        }
        List<KeyMaterial> sets = new ArrayList<>(aside);
        sets.removeIf(set -> set.sameOrigin(other));
        sets.add(alone());
        return other.withAside(sets);
    }

    private KeyMaterial alone() {
        return withAside(List.of());
    }

    private boolean sameOrigin(KeyMaterial other) {
        return checksumKey.equals(other.checksumKey);
    }

    private KeyMaterial withAside(List<KeyMaterial> sets) {
        return with(phase, shares, escrowed, rootToken, appRole, clusterId, fingerprints, initAnswer, sets);
    }

    /** What can become different, on what the marker settled once and for all. */
    private KeyMaterial with(
            Phase phase,
            List<Sensitive> shares,
            List<EscrowedShare> escrowed,
            Optional<Sensitive> rootToken,
            Optional<AppRoleCredential> appRole,
            Optional<String> clusterId,
            Map<String, String> fingerprints,
            Optional<Sensitive> initAnswer,
            List<KeyMaterial> aside) {
        return new KeyMaterial(
                phase,
                kind,
                shareCount,
                threshold,
                shares,
                escrowed,
                rootToken,
                appRole,
                clusterId,
                address,
                pod,
                startedAt,
                startedBy,
                checksumKey,
                fingerprints,
                initAnswer,
                aside);
    }

    /** Whether that node is the one that was asked, also at another address where both are known as Pods. */
    public boolean asked(NodeAddress node) {
        return pod.isPresent() && node.pod().isPresent() ? pod.equals(node.pod()) : address.equals(node.toString());
    }

    /** Whether this is what came of that marker. */
    boolean completes(KeyMaterial marker) {
        return phase == Phase.INITIALIZED
                && marker.phase == Phase.INITIALIZING
                && checksumKey.equals(marker.checksumKey)
                && startedAt.equals(marker.startedAt);
    }

    private static boolean isChecksumKey(Sensitive key) {
        try {
            return Base64.getDecoder().decode(key.reveal()).length == CHECKSUM_KEY_BYTES;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException(otherwise);
        }
    }
}
