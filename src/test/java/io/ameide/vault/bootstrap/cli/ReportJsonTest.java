package io.ameide.vault.bootstrap.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ameide.vault.bootstrap.tick.Change;
import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Outcome;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.Report;
import io.ameide.vault.bootstrap.vault.RequestCount;
import org.junit.jupiter.api.Test;

import java.util.List;

import static io.ameide.vault.bootstrap.cli.Reports.NONE;
import static io.ameide.vault.bootstrap.cli.Reports.gate;
import static io.ameide.vault.bootstrap.cli.Reports.requests;
import static io.ameide.vault.bootstrap.cli.Reports.step;
import static org.assertj.core.api.Assertions.assertThat;

/** Field names and words are what others build on: who changes these documents breaks their scripts. */
class ReportJsonTest {

    @Test
    void reportHoldsEveryStepWithItsOutcome() throws JsonProcessingException {
        Report report = Reports.of(
                Mode.APPLY,
                gate("discover", new Outcome.Unchanged("1 node"), 10, requests(1, 0)),
                gate(
                        "sign in",
                        Reports.changed(new Change("policy vault-bootstrap", "create")),
                        20,
                        new RequestCount(2, 3, 1)),
                step(
                        "configure",
                        new Outcome.Failed(
                                List.of(Problem.error("policy a was refused", "look at line 3")),
                                List.of(new Change("policy b", "create"))),
                        30,
                        requests(4, 1)),
                step("seed", new Outcome.Waiting(List.of("asked to stop"), List.of()), 0, NONE),
                step("snapshot", new Outcome.Skipped("needs a place"), 0, NONE));

        assertThat(json(ReportJson.of(report, ExitCode.PARTIAL))).isEqualTo(parsed("""
                {
                  "mode": "apply",
                  "startedAt": "2026-11-01T10:00:00Z",
                  "durationMillis": 60,
                  "exitCode": 5,
                  "result": "partial",
                  "requests": {"reads": 7, "writes": 4, "sessions": 1},
                  "steps": [
                    {
                      "name": "discover",
                      "outcome": "unchanged",
                      "detail": "1 node",
                      "changes": [],
                      "durationMillis": 10,
                      "requests": {"reads": 1, "writes": 0, "sessions": 0}
                    },
                    {
                      "name": "sign in",
                      "outcome": "changed",
                      "changes": [{"subject": "policy vault-bootstrap", "description": "create"}],
                      "durationMillis": 20,
                      "requests": {"reads": 2, "writes": 3, "sessions": 1}
                    },
                    {
                      "name": "configure",
                      "outcome": "failed",
                      "problems": [{"kind": "error", "message": "policy a was refused", "hint": "look at line 3"}],
                      "changes": [{"subject": "policy b", "description": "create"}],
                      "durationMillis": 30,
                      "requests": {"reads": 4, "writes": 1, "sessions": 0}
                    },
                    {
                      "name": "seed",
                      "outcome": "waiting",
                      "waitingFor": ["asked to stop"],
                      "changes": [],
                      "durationMillis": 0,
                      "requests": {"reads": 0, "writes": 0, "sessions": 0}
                    },
                    {
                      "name": "snapshot",
                      "outcome": "skipped",
                      "detail": "needs a place",
                      "changes": [],
                      "durationMillis": 0,
                      "requests": {"reads": 0, "writes": 0, "sessions": 0}
                    }
                  ]
                }
                """));
    }

    @Test
    void everyChangeIsThereHoweverMany() {
        Report report = Reports.of(Mode.PLAN, step("seed", Reports.seeded(500), 1, NONE));

        assertThat(ReportJson.of(report, ExitCode.DIFFERENCES).at("/steps/0/changes"))
                .hasSize(500);
    }

    @Test
    void commandWithoutAResultHasAProblem() throws JsonProcessingException {
        assertThat(json(ReportJson.of(Problem.invalid("no such file", "name another"), ExitCode.USAGE)))
                .isEqualTo(parsed("""
                        {
                          "exitCode": 64,
                          "result": "usage",
                          "problem": {"kind": "invalid", "message": "no such file", "hint": "name another"}
                        }
                        """));
    }

    /** As a reader of the printed document sees it, where an int and a long are one. */
    private static JsonNode json(JsonNode document) throws JsonProcessingException {
        return parsed(document.toPrettyString());
    }

    private static JsonNode parsed(String text) throws JsonProcessingException {
        return new ObjectMapper().readTree(text);
    }
}
