package io.ameide.vault.bootstrap.seal;

import io.ameide.vault.bootstrap.custody.KeyMaterial;
import io.ameide.vault.bootstrap.custody.KeyMaterial.ShareKind;
import io.ameide.vault.bootstrap.custody.KeyStore;
import io.ameide.vault.bootstrap.sensitive.KeyedChecksum;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import io.ameide.vault.bootstrap.vault.KeyRotation;
import io.ameide.vault.bootstrap.vault.KeyRotation.Attempt;
import io.ameide.vault.bootstrap.vault.NodeException;
import io.ameide.vault.bootstrap.vault.VaultSession;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Has a serving node try every share in custody, in attempts to rotate them that are canceled before they take effect. A
 * cluster has one attempt at a time; one that somebody else began is left alone. An attempt of a process that was killed
 * is known by its nonce, whose checksum is in custody before any share is given, and canceled by the next proof.
 */
public final class ShareProof {

    private static final String ATTEMPT = "sys/rotate/attempt#nonce";

    private final VaultSession session;
    private final KeyStore custody;
    private final KeyRotation rotation;
    private final KeyMaterial keys;

    /** @param keys with at least as many shares as the threshold */
    public ShareProof(VaultSession session, KeyStore custody, KeyMaterial keys) {
        this.session = session;
        this.custody = custody;
        this.keys = keys;
        this.rotation = session.rotation(keys.kind() == ShareKind.RECOVERY);
    }

    /**
     * Which shares do not open the seal; nothing where all of them do.
     *
     * @throws ProblemException of kind ACCESS when somebody else's attempt is under way, or the token may not try
     */
    public List<Problem> run() {
        List<Problem> problems = new ArrayList<>();
        try {
            rotation.underWay().ifPresent(this::clear);
            for (int from = 0; from < keys.shares().size(); from += keys.threshold()) {
                attempt(from).ifPresent(problems::add);
            }
        } catch (NodeException.Denied e) {
            throw new ProblemException(
                    Problem.access(
                            "have %s try the shares: the token may not rotate them".formatted(session.address()),
                            "does another process keep changing the tool's own policy?"),
                    e);
        }
        return problems;
    }

    private void clear(Attempt attempt) {
        boolean ours = checksum(attempt).equals(keys.fingerprints().get(ATTEMPT));
        if (!ours) {
            throw new ProblemException(Problem.access(
                    "have %s try the shares: somebody is rotating them".formatted(session.address()),
                    "let them finish, or cancel their attempt: DELETE %s/init".formatted(attempt.path())));
        }
        rotation.cancel(attempt);
    }

    /** Tries as many as it takes from that one on; the last ones are filled up with the first. */
    private Optional<Problem> attempt(int from) {
        int end = Math.min(from + keys.threshold(), keys.shares().size());
        List<Sensitive> shares = new ArrayList<>(keys.shares().subList(from, end));
        shares.addAll(keys.shares().subList(0, keys.threshold() - shares.size()));
        Attempt attempt = rotation.begin();
        try {
            note(attempt);
            boolean complete = false;
            for (Sensitive share : shares) {
                complete = rotation.give(attempt, share);
            }
            return complete ? Optional.empty() : Optional.of(wrong(from, end));
        } catch (NodeException.Refused e) {
            if (!isUnderWay(attempt)) {
                throw new ProblemException(
                        Problem.access(
                                "have %s try the shares: somebody canceled the attempt".formatted(session.address()),
                                "check again once nobody rotates them"),
                        e);
            }
            return Optional.of(wrong(from, end));
        } finally {
            // Servers cancel whatever is under way, so that it must be ours.
            if (isUnderWay(attempt)) {
                rotation.cancel(attempt);
            }
        }
    }

    private boolean isUnderWay(Attempt attempt) {
        return rotation.underWay().map(Attempt::nonce).equals(Optional.of(attempt.nonce()));
    }

    private Problem wrong(int from, int end) {
        String which = end - from == 1 ? "share " + end : "shares %d to %d".formatted(from + 1, end);
        return Problem.blocked(
                "%s in %s: %s refused to open the seal with %s"
                        .formatted(which, custody.description(), session.address(), end - from == 1 ? "it" : "them"),
                "they are another cluster's, older than the last rotation, or damaged; restore custody from a copy");
    }

    private void note(Attempt attempt) {
        custody.update(stored -> {
            Map<String, String> fingerprints = new HashMap<>(stored.fingerprints());
            fingerprints.put(ATTEMPT, checksum(attempt));
            return stored.withFingerprints(fingerprints);
        });
    }

    private String checksum(Attempt attempt) {
        return new KeyedChecksum(keys.checksumKey()).of(attempt.nonce());
    }
}
