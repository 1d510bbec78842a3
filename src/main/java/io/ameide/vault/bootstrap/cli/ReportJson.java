package io.ameide.vault.bootstrap.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ameide.vault.bootstrap.tick.Change;
import io.ameide.vault.bootstrap.tick.Outcome;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.Report;
import io.ameide.vault.bootstrap.tick.Report.StepReport;
import io.ameide.vault.bootstrap.vault.RequestCount;

import java.util.Locale;

/** A report as a document for machines. Field names are part of the product's interface. */
final class ReportJson {

    private ReportJson() {}

    static ObjectNode of(Report report, ExitCode exit) {
        ObjectNode document = JsonNodeFactory.instance.objectNode();
        document.put("mode", name(report.mode()));
        document.put("startedAt", report.startedAt().toString());
        document.put("durationMillis", report.duration().toMillis());
        document.put("exitCode", exit.number());
        document.put("result", exit.word());
        document.set("requests", of(report.requests()));
        ArrayNode steps = document.putArray("steps");
        report.steps().forEach(step -> steps.add(of(step)));
        return document;
    }

    static ObjectNode of(Problem problem, ExitCode exit) {
        ObjectNode document = JsonNodeFactory.instance.objectNode();
        document.put("exitCode", exit.number());
        document.put("result", exit.word());
        document.set("problem", of(problem));
        return document;
    }

    private static ObjectNode of(StepReport step) {
        ObjectNode node = JsonNodeFactory.instance.objectNode();
        node.put("name", step.name());
        switch (step.outcome()) {
            case Outcome.Unchanged unchanged -> node.put("outcome", "unchanged").put("detail", unchanged.detail());
            case Outcome.Changed changed -> node.put("outcome", "changed");
            case Outcome.Waiting waiting -> {
                ArrayNode reasons = node.put("outcome", "waiting").putArray("waitingFor");
                waiting.reasons().forEach(reasons::add);
            }
            case Outcome.Skipped skipped -> node.put("outcome", "skipped").put("detail", skipped.reason());
            case Outcome.Failed failed -> {
                ArrayNode problems = node.put("outcome", "failed").putArray("problems");
                failed.problems().forEach(problem -> problems.add(of(problem)));
            }
        }
        ArrayNode changes = node.putArray("changes");
        for (Change change : step.outcome().changes()) {
            changes.addObject().put("subject", change.subject()).put("description", change.description());
        }
        node.put("durationMillis", step.duration().toMillis());
        node.set("requests", of(step.requests()));
        return node;
    }

    static ObjectNode of(Problem problem) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("kind", name(problem.kind()))
                .put("message", problem.message())
                .put("hint", problem.hint());
    }

    private static ObjectNode of(RequestCount requests) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("reads", requests.reads())
                .put("writes", requests.writes())
                .put("sessions", requests.sessions());
    }

    private static String name(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}
