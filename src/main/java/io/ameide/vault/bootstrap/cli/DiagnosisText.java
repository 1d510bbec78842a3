package io.ameide.vault.bootstrap.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ameide.vault.bootstrap.diagnosis.Examined;
import io.ameide.vault.bootstrap.diagnosis.Finding;
import io.ameide.vault.bootstrap.diagnosis.TokenClaims;

import java.time.Instant;

/** What was looked at, one line each, then the cause and the fix. Claims of a token are shown, the token never. */
final class DiagnosisText {

    private DiagnosisText() {}

    static ExitCode exit(Examined examined) {
        return examined.well() && !examined.ownTokenLeft() ? ExitCode.CONVERGED : ExitCode.UNREACHABLE;
    }

    static String text(Examined examined, Style style) {
        StringBuilder out = new StringBuilder();
        for (Finding finding : examined.findings()) {
            String state = "%-7s".formatted(word(finding.state()));
            out.append("%s  %s: %s%n"
                    .formatted(
                            switch (finding.state()) {
                                case WELL -> style.holds(state);
                                case AMISS -> style.failed(state);
                                case UNKNOWN -> style.faint(state);
                            },
                            finding.what(),
                            finding.said()));
        }
        out.append("%ncause: %s%n".formatted(examined.diagnosis().message()));
        String before = "fix:   ";
        for (String line : examined.diagnosis().fix().lines().toList()) {
            out.append(before).append(line).append(System.lineSeparator());
            before = "       ";
        }
        return out.toString();
    }

    static ObjectNode json(Examined examined) {
        ObjectNode document = JsonNodeFactory.instance.objectNode();
        document.put("exitCode", exit(examined).number());
        document.put("result", exit(examined).word());
        document.put("cause", examined.diagnosis().cause().word());
        document.put("message", examined.diagnosis().message());
        document.put("fix", examined.diagnosis().fix());
        examined.claims().ifPresent(claims -> document.set("token", json(claims)));
        ArrayNode looked = document.putArray("looked");
        examined.findings()
                .forEach(finding -> looked.addObject()
                        .put("state", word(finding.state()))
                        .put("what", finding.what())
                        .put("said", finding.said()));
        return document;
    }

    private static ObjectNode json(TokenClaims claims) {
        ObjectNode token = JsonNodeFactory.instance.objectNode();
        token.put("namespace", claims.account().namespace());
        token.put("serviceAccount", claims.account().name());
        claims.audiences().forEach(token.putArray("audiences")::add);
        token.put("issuer", claims.issuer());
        token.put("issuedAt", claims.issuedAt().map(Instant::toString).orElse(null));
        token.put("expiresAt", claims.expiresAt().map(Instant::toString).orElse(null));
        return token;
    }

    private static String word(Finding.State state) {
        return switch (state) {
            case WELL -> "ok";
            case AMISS -> "not ok";
            case UNKNOWN -> "unknown";
        };
    }
}
