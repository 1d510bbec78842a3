package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.access.SignIn;
import io.ameide.vault.bootstrap.coverage.RequiredKey;
import io.ameide.vault.bootstrap.desired.DesiredState;
import io.ameide.vault.bootstrap.seal.Initialize;
import io.ameide.vault.bootstrap.seal.ShareSettings;
import io.ameide.vault.bootstrap.secrets.DesiredSecrets;
import io.ameide.vault.bootstrap.snapshot.TakeSnapshot;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.Step;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** All that a tick reads besides nodes and custody. */
record Inputs(
        Input<DesiredState> desired,
        Input<DesiredSecrets> secrets,
        Input<List<RequiredKey>> required,
        Input<Integer> parallelism,
        Input<ShareSettings> shares,
        Input<Optional<Step>> escrow,
        Input<OpenTargets> targets,
        Input<TakeSnapshot.Settings> snapshots,
        Input<SignIn> signIn)
        implements AutoCloseable {

    /** The step that reports what is invalid, if anything is. */
    Optional<Step> reading() {
        List<Problem> invalid = problems().stream()
                .filter(problem -> problem.kind() == Problem.Kind.INVALID)
                .toList();
        return invalid.isEmpty() ? Optional.empty() : Optional.of(new ReadInput(invalid));
    }

    /** A new cluster is made only when every input can be used. */
    Step guarded(Initialize initialize) {
        return problems().stream()
                .findFirst()
                .<Step>map(problem -> new OnlyKnownCluster(initialize, problem))
                .orElse(initialize);
    }

    @Override
    public void close() {
        targets.usable().ifPresent(OpenTargets::close);
    }

    private List<Problem> problems() {
        return Input.problems(
                Stream.of(desired, secrets, required, parallelism, shares, escrow, targets, snapshots, signIn));
    }
}
