package io.ameide.vault.bootstrap.diagnosis;

import io.ameide.vault.bootstrap.diagnosis.Evidence.Access;
import io.ameide.vault.bootstrap.diagnosis.Evidence.Answers;
import io.ameide.vault.bootstrap.diagnosis.Evidence.Node;
import io.ameide.vault.bootstrap.diagnosis.Evidence.Settings;
import io.ameide.vault.bootstrap.diagnosis.Evidence.Token;
import io.ameide.vault.bootstrap.diagnosis.Evidence.Trial;
import io.ameide.vault.bootstrap.kubernetes.Account;
import io.ameide.vault.bootstrap.kubernetes.Contact;
import io.ameide.vault.bootstrap.kubernetes.Reviews.Verdict;
import io.ameide.vault.bootstrap.vault.KubernetesLogin;
import io.ameide.vault.bootstrap.vault.KubernetesLogin.Reason;
import io.ameide.vault.bootstrap.vault.KubernetesLogin.Refused;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

/** Which cause goes before which, where a server says permission denied and several fit; the rest is in DoctorIT. */
class DiagnosisTest {

    private static final Instant NOW = Instant.parse("2026-11-22T04:00:00Z");
    private static final Account CLIENT = new Account("external-secrets", "external-secrets");
    private static final Account SERVER = new Account("vault", "vault");
    private static final KubernetesLogin UNTOLD = new Refused(Reason.UNTOLD, "permission denied");
    private static final KubernetesLogin STALE = new Refused(Reason.EXPIRED, "token is expired");

    private static final Looked<Verdict> CONFIRMED = Looked.seen(new Verdict(true, "external-secrets", ""));
    private static final Looked<Verdict> FORBIDDEN = Looked.notSeen("denied");
    private static final Looked<Access> MAY = Looked.seen(new Access(SERVER, true));
    private static final Looked<Access> MAY_NOT = Looked.seen(new Access(SERVER, false));
    private static final Looked<Access> WHO = Looked.notSeen("not known");
    private static final Looked<Contact> REACHED = Looked.seen(new Contact.Reached());

    static Stream<Arguments> refusalsWithoutAWord() {
        Settings unseen = settings(Looked.notSeen("no session"), List.of(), REACHED);
        Settings pinned = settings(config(true, 0), List.of(), REACHED);
        Settings ofPod = settings(config(false, 0), List.of(), REACHED);
        return Stream.of(
                arguments("nothing was seen", unseen, STALE, FORBIDDEN, WHO, Cause.REVIEW_FAILED),
                arguments("the token is good, no more", unseen, STALE, CONFIRMED, WHO, Cause.REVIEW_FAILED),
                arguments("the reviewer may not", unseen, STALE, CONFIRMED, MAY_NOT, Cause.REVIEWER_NOT_ALLOWED),
                arguments("… and is pinned", pinned, STALE, CONFIRMED, MAY_NOT, Cause.REVIEWER_NOT_ALLOWED),
                arguments("it may, and is pinned", pinned, STALE, CONFIRMED, MAY, Cause.REVIEWER_TOKEN_DEAD),
                arguments("it may, and is of the pod", ofPod, STALE, CONFIRMED, MAY, Cause.REVIEW_FAILED),
                arguments(
                        "the token is bad, and the reviewer may not",
                        pinned,
                        STALE,
                        Looked.seen(new Verdict(false, "", "invalid bearer token")),
                        MAY_NOT,
                        Cause.TOKEN_OF_OTHER_CLUSTER),
                arguments(
                        "nobody listens, and the reviewer may not",
                        settings(config(true, 0), List.of(), Looked.seen(new Contact.Silent("nothing listens"))),
                        STALE,
                        CONFIRMED,
                        MAY_NOT,
                        Cause.API_SERVER_UNREACHABLE),
                arguments(
                        "addresses are bound, and this one passed",
                        settings(config(true, 0), List.of("10.0.0.0/8"), REACHED),
                        STALE,
                        CONFIRMED,
                        MAY,
                        Cause.REVIEWER_TOKEN_DEAD),
                arguments(
                        "any token is refused, addresses are bound",
                        settings(config(true, 1), List.of("10.0.0.0/8"), REACHED),
                        UNTOLD,
                        CONFIRMED,
                        MAY_NOT,
                        Cause.ADDRESS_NOT_BOUND),
                arguments(
                        "any token is refused, keys are pinned",
                        settings(config(true, 1), List.of(), REACHED),
                        UNTOLD,
                        CONFIRMED,
                        MAY,
                        Cause.SIGNATURE_KEYS_DIFFER),
                arguments(
                        "any token is refused, nothing was seen",
                        unseen,
                        UNTOLD,
                        FORBIDDEN,
                        WHO,
                        Cause.ADDRESS_NOT_BOUND));
    }

    @ParameterizedTest(name = "{0}: {5}")
    @MethodSource("refusalsWithoutAWord")
    void refusalWithoutAWordHasOneCause(
            String name,
            Settings settings,
            KubernetesLogin stale,
            Looked<Verdict> review,
            Looked<Access> reviewer,
            Cause cause) {
        Diagnosis diagnosis = Diagnosis.of(evidence(UNTOLD, stale, settings, review, reviewer));

        assertThat(diagnosis.cause()).isEqualTo(cause);
        assertThat(diagnosis.message()).isNotBlank().doesNotEndWith(".");
        assertThat(diagnosis.fix()).isNotBlank();
    }

    /** What the server tells is not overruled by what else is amiss. */
    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "UNTOLD")
    void wordsOfTheServerGoFirst(Reason reason) {
        Settings broken =
                settings(config(true, 1), List.of("10.0.0.0/8"), Looked.seen(new Contact.Silent("nothing listens")));

        Diagnosis diagnosis = Diagnosis.of(evidence(
                new Refused(reason, "words"),
                STALE,
                broken,
                Looked.seen(new Verdict(false, "", "invalid bearer token")),
                MAY_NOT));

        assertThat(diagnosis.cause())
                .isEqualTo(
                        switch (reason) {
                            case NOT_CONFIGURED -> Cause.AUTH_METHOD_NOT_CONFIGURED;
                            case NO_SUCH_ROLE -> Cause.ROLE_MISSING;
                            case EXPIRED -> Cause.TOKEN_EXPIRED;
                            case NOT_YET_VALID -> Cause.TOKEN_NOT_YET_VALID;
                            case ISSUER -> Cause.ISSUER_DIFFERS;
                            case AUDIENCE -> Cause.AUDIENCE_DIFFERS;
                            case NAMESPACE -> Cause.NAMESPACE_NOT_BOUND;
                            case SERVICE_ACCOUNT_NAME -> Cause.SERVICE_ACCOUNT_NOT_BOUND;
                            case UNTOLD -> throw new AssertionError("excluded");
                            case OTHER -> Cause.LOGIN_REFUSED;
                        });
    }

    @Test
    void tokenThatIsWellHereAndExpiredThereIsAMatterOfClocks() {
        Diagnosis diagnosis = Diagnosis.of(evidence(
                new Refused(Reason.EXPIRED, "token is expired"),
                STALE,
                settings(config(true, 0), List.of(), REACHED),
                CONFIRMED,
                MAY));

        assertThat(diagnosis.message()).contains("by the server's clock, while it is " + NOW);
        assertThat(diagnosis.fix()).startsWith("set the clocks right");
    }

    private static Evidence evidence(
            KubernetesLogin login,
            KubernetesLogin stale,
            Settings settings,
            Looked<Verdict> review,
            Looked<Access> reviewer) {
        TokenClaims claims = new TokenClaims(
                CLIENT,
                List.of("vault"),
                "https://kubernetes.default.svc",
                Optional.of(NOW.minusSeconds(60)),
                Optional.of(NOW.minusSeconds(60)),
                Optional.of(NOW.plusSeconds(3600)));
        return new Evidence(
                new Question(
                        "kubernetes",
                        "external-secrets",
                        new TokenSource.InFile(Path.of("token")),
                        Optional.empty(),
                        Optional.of(SERVER)),
                NOW,
                new Token.Readable(claims),
                new Node.Serving("http://127.0.0.1:8200"),
                new Answers(
                        Looked.seen(true),
                        Looked.seen(login),
                        Looked.seen(stale),
                        Looked.notNeeded(),
                        Optional.empty()),
                settings,
                new Trial(review, Looked.notNeeded(), reviewer));
    }

    private static Settings settings(
            Looked<Optional<KubernetesConfig>> config, List<String> cidrs, Looked<Contact> host) {
        boolean seen = config.value().isPresent();
        KubernetesRole role = new KubernetesRole(
                List.of("external-secrets"), List.of("external-secrets"), "vault", cidrs, List.of("external-secrets"));
        return new Settings(
                seen ? Looked.seen(Optional.of("kubernetes")) : Looked.notNeeded(),
                seen ? Looked.seen(Optional.of(role)) : Looked.notSeen("no session"),
                config,
                seen ? host : Looked.notNeeded());
    }

    private static Looked<Optional<KubernetesConfig>> config(boolean pinned, int keys) {
        return Looked.seen(
                Optional.of(new KubernetesConfig("https://10.96.0.1", Optional.empty(), pinned, false, keys, "")));
    }
}
