package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.tick.Change;
import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Outcome;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.Report;
import org.junit.jupiter.api.Test;

import java.util.List;

import static io.ameide.vault.bootstrap.cli.Reports.NONE;
import static io.ameide.vault.bootstrap.cli.Reports.changed;
import static io.ameide.vault.bootstrap.cli.Reports.gate;
import static io.ameide.vault.bootstrap.cli.Reports.requests;
import static io.ameide.vault.bootstrap.cli.Reports.seeded;
import static io.ameide.vault.bootstrap.cli.Reports.step;
import static org.assertj.core.api.Assertions.assertThat;

class ReportTableTest {

    private static final Style PLAIN = new Style(false);

    @Test
    void firstTickShowsItsWork() {
        Report report = Reports.of(
                Mode.APPLY,
                gate("discover", new Outcome.Unchanged("1 node, not initialized, version 2.7.2"), 96, requests(1, 0)),
                gate(
                        "initialize",
                        changed(new Change("cluster at http://127.0.0.1:8200", "initialize with 1 share, threshold 1")),
                        1234,
                        requests(1, 1)),
                gate("unseal", changed(new Change("node http://127.0.0.1:8200", "unseal")), 128, requests(3, 1)),
                gate(
                        "sign in",
                        changed(
                                new Change("policy vault-bootstrap", "create"),
                                new Change("AppRole vault-bootstrap", "set up at auth/vault-bootstrap")),
                        143,
                        requests(6, 5)),
                step("seed", seeded(14), 135, requests(14, 28)),
                step("snapshot", new Outcome.Skipped("needs a place: bootstrap.snapshot.targets is not set"), 0, NONE),
                step("verify", new Outcome.Unchanged("14 keys of 14 secrets"), 40, requests(14, 0)),
                step("sign out", new Outcome.Unchanged("token revoked"), 32, NONE));

        assertThat(render(report)).isEqualTo("""
                step        outcome        time   reads  writes
                discover    unchanged     96 ms       1       -  1 node, not initialized, version 2.7.2
                initialize  changed       1.2 s       1       1  cluster at http://127.0.0.1:8200: initialize with 1 share, threshold 1
                unseal      changed      128 ms       3       1  node http://127.0.0.1:8200: unseal
                sign in     changed      143 ms       6       5
                  policy vault-bootstrap: create
                  AppRole vault-bootstrap: set up at auth/vault-bootstrap
                seed        changed      135 ms      14      28
                  secret secret/s-1: create
                  secret secret/s-2: create
                  secret secret/s-3: create
                  secret secret/s-4: create
                  secret secret/s-5: create
                  secret secret/s-6: create
                  secret secret/s-7: create
                  secret secret/s-8: create
                  secret secret/s-9: create
                  secret secret/s-10: create
                  secret secret/s-11: create
                  secret secret/s-12: create
                  and 2 more; --output json has all
                snapshot    skipped        0 ms       -       -  needs a place: bootstrap.snapshot.targets is not set
                verify      unchanged     40 ms      14       -  14 keys of 14 secrets
                sign out    unchanged     32 ms       -       -  token revoked

                converged: 18 changes, 39 reads, 35 writes, 1.8 s
                """);
    }

    @Test
    void asManyChangesAsAreShownAreNotCapped() {
        Report report = Reports.of(Mode.APPLY, step("seed", seeded(12), 1, requests(12, 24)));

        assertThat(render(report)).contains("s-12: create").doesNotContain("more");
    }

    @Test
    void unchangedTickIsALineAStep() {
        Report report = Reports.of(
                Mode.APPLY,
                gate("sign in", new Outcome.Unchanged("AppRole vault-bootstrap"), 30, requests(1, 0)),
                step("configure", new Outcome.Unchanged(""), 65, NONE));

        assertThat(render(report)).isEqualTo("""
                step        outcome        time   reads  writes
                sign in     unchanged     30 ms       1       -  AppRole vault-bootstrap
                configure   unchanged     65 ms       -       -

                converged: 0 changes, 1 read, 0 writes, 95 ms
                """);
    }

    @Test
    void failureTellsItsHintAndWhatWasDoneAllTheSame() {
        Report report = Reports.of(
                Mode.APPLY,
                step(
                        "configure",
                        new Outcome.Failed(
                                List.of(
                                        Problem.error("policy a was refused", "look at line 3"),
                                        Problem.error("policy b was refused", "")),
                                List.of(new Change("policy c", "create"))),
                        999,
                        requests(3, 1)));

        assertThat(render(report)).isEqualTo("""
                step        outcome        time   reads  writes
                configure   failed       999 ms       3       1
                  policy a was refused
                  hint: look at line 3
                  policy b was refused
                  policy c: create

                partial: some steps failed, wait or could not run: 1 change, 3 reads, 1 write, 999 ms
                """);
    }

    @Test
    void waitingSaysForWhat() {
        Report report = Reports.of(
                Mode.APPLY,
                gate("unseal", new Outcome.Waiting("http://127.0.0.1:8200 needs 2 more shares"), 5, requests(1, 0)),
                step("seed", new Outcome.Skipped("needs a sign-in"), 0, NONE));

        assertThat(render(report)).isEqualTo("""
                step        outcome        time   reads  writes
                unseal      waiting        5 ms       1       -  http://127.0.0.1:8200 needs 2 more shares
                seed        skipped        0 ms       -       -  needs a sign-in

                partial: some steps failed, wait or could not run: 0 changes, 1 read, 0 writes, 5 ms
                """);
    }

    @Test
    void planSaysWhatItWouldDo() {
        Report report =
                Reports.of(Mode.PLAN, step("configure", changed(new Change("policy a", "create")), 60, requests(2, 0)));

        assertThat(render(report)).isEqualTo("""
                step        plan           time   reads  writes
                configure   to change     60 ms       2       -  policy a: create

                differences: 1 change to make, 2 reads, 0 writes, 60 ms
                """);
    }

    @Test
    void verdictNamesWhyATickDidNotConverge() {
        assertThat(verdict(Problem.missing("m", ""), false)).startsWith("keys are missing: ");
        assertThat(verdict(Problem.blocked("m", ""), false)).startsWith("blocked: a person has to decide: ");
        assertThat(verdict(Problem.access("m", ""), true)).startsWith("unreachable or denied: ");
        assertThat(verdict(Problem.error("m", ""), true)).startsWith("failed: ");
        assertThat(verdict(Problem.invalid("m", ""), true)).startsWith("invalid input: ");
    }

    @Test
    void colorChangesNoWordAndNoColumn() {
        Report report = Reports.of(
                Mode.APPLY,
                gate("discover", new Outcome.Unchanged("1 node"), 9, requests(1, 0)),
                step("configure", changed(new Change("policy a", "create")), 9, requests(1, 1)),
                step("seed", seeded(20), 9, requests(20, 40)),
                step("snapshot", new Outcome.Skipped("needs a place"), 0, NONE),
                step("verify", new Outcome.Failed(Problem.error("refused", "try again")), 9, NONE));
        String colored = new ReportTable(new Style(true)).render(report, ExitCode.of(report));

        assertThat(colored)
                .contains("\u001b[32munchanged")
                .contains("\u001b[33mchanged")
                .contains("\u001b[2mskipped")
                .contains("\u001b[31mfailed");
        assertThat(colored.replaceAll("\u001b\\[[0-9]+m", "")).isEqualTo(render(report));
    }

    private static String verdict(Problem problem, boolean gate) {
        Outcome failed = new Outcome.Failed(problem);
        String table = render(
                Reports.of(Mode.APPLY, gate ? gate("discover", failed, 1, NONE) : step("verify", failed, 1, NONE)));
        return table.lines().reduce("", (before, line) -> line);
    }

    private static String render(Report report) {
        return new ReportTable(PLAIN).render(report, ExitCode.of(report));
    }
}
