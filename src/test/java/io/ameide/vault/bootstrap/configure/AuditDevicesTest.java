package io.ameide.vault.bootstrap.configure;

import io.ameide.vault.bootstrap.desired.DesiredState;
import io.ameide.vault.bootstrap.desired.DesiredState.AuditDevice;
import io.ameide.vault.bootstrap.desired.Place;
import io.ameide.vault.bootstrap.sandbox.ThrowAwayServer.Options;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.testing.Nodes;
import io.ameide.vault.bootstrap.testing.RealServer;
import io.ameide.vault.bootstrap.tick.Change;
import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Outcome;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.vault.RequestCounter;
import io.ameide.vault.bootstrap.vault.Waiter;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import java.util.List;
import java.util.Map;
import java.util.Optional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

class AuditDevicesTest {

    @RegisterExtension
    static final RealServer SERVER = RealServer.unsealed();

    private final RequestCounter counter = new RequestCounter();

    /** One that the server's configuration declares where only that can. */
    @BeforeAll
    static void fileDevice() {
        if (!SERVER.read("sys/audit").path("data").has("file/")) {
            SERVER.write("sys/audit/file", "{\"type\": \"file\", \"options\": {\"file_path\": \"audit.log\"}}");
        }
    }

    @Test
    void deviceThatIsThereIsWhatWasAskedFor() {
        assertThat(configure(SERVER, SERVER.rootToken(), device("file", "file", Map.of("file_path", "audit.log"))))
                .isInstanceOf(Outcome.Unchanged.class);
        assertThat(counter.count().writes()).isZero();
    }

    @Test
    void deviceWithOtherOptionsIsReportedAndLeftAlone() {
        Outcome outcome = configure(
                SERVER,
                SERVER.rootToken(),
                device("file", "file", Map.of("file_path", "elsewhere.log", "log_raw", "true")));

        assertThat(outcome)
                .isInstanceOfSatisfying(
                        Outcome.Failed.class,
                        failed -> assertThat(failed.problems())
                                .extracting(Problem::message)
                                .singleElement()
                                .satisfies(message -> assertThat(message)
                                        .startsWith("audit device file is there, but differs: ")
                                        .contains("file_path: audit.log -> elsewhere.log", "log_raw: none -> true")));
        assertThat(counter.count().writes()).isZero();
    }

    @Test
    void deviceOfAnotherTypeIsReportedAndLeftAlone() {
        Outcome outcome = configure(SERVER, SERVER.rootToken(), device("file", "syslog", Map.of()));

        assertThat(outcome)
                .isInstanceOfSatisfying(
                        Outcome.Failed.class,
                        failed -> assertThat(failed.problems())
                                .extracting(Problem::message)
                                .containsExactly(
                                        "audit device file is there, but differs: its type is file, not syslog"));
    }

    @Test
    void missingDeviceIsWaitedForWithoutAWrite() {
        assumeFalse(takesDevicesOverTheApi(), "this server takes audit devices over its API");
        for (Mode mode : List.of(Mode.PLAN, Mode.APPLY, Mode.APPLY)) {
            Outcome outcome = configure(
                    mode, SERVER, SERVER.rootToken(), device("stdout", "file", Map.of("file_path", "stdout")));

            assertThat(outcome)
                    .as(mode.toString())
                    .isEqualTo(new Outcome.Waiting(
                            "audit device stdout is missing and only the server's own configuration may create "
                                    + "it: add audit \"file\" \"stdout\" { options { file_path = \"stdout\" } }"));
        }
        assertThat(counter.count().writes()).isZero();
    }

    @Test
    void tokenThatMayNotReadTheConfigurationFindsOutFromTheRefusal() {
        assumeFalse(takesDevicesOverTheApi(), "this server takes audit devices over its API");
        SERVER.write(
                "sys/policies/acl/audit-only",
                "{\"policy\": \"path \\\"sys/audit*\\\" { capabilities = [\\\"read\\\", \\\"update\\\", \\\"create\\\", \\\"sudo\\\"] }\"}");
        String token = SERVER.write("auth/token/create", "{\"policies\": [\"audit-only\"]}")
                .at("/auth/client_token")
                .asText();

        Outcome outcome =
                configure(SERVER, Sensitive.of(token), device("stdout", "file", Map.of("file_path", "stdout")));

        assertThat(outcome).isInstanceOf(Outcome.Waiting.class);
    }

    @Test
    void missingDeviceIsEnabledWhereTheServerTakesItOverItsApi() {
        assumeTrue(takesDevicesOverTheApi(), "this server takes audit devices from its own configuration only");
        AuditDevice device = device("null", "file", Map.of("file_path", "/dev/null"));

        Outcome planned = configure(Mode.PLAN, SERVER, SERVER.rootToken(), device);

        assertThat(planned.changes()).extracting(Change::toString).containsExactly("audit device null: enable file");
        assertThat(counter.count().writes()).isZero();
        assertThat(configure(SERVER, SERVER.rootToken(), device).changes()).isEqualTo(planned.changes());
        assertThat(counter.count().writes()).isEqualTo(1);
        assertThat(configure(SERVER, SERVER.rootToken(), device)).isInstanceOf(Outcome.Unchanged.class);
    }

    @Test
    void deviceIsEnabledWhereTheServerIsToldToAllowIt() {
        Options open = Options.DEFAULT.withoutAuditDevice().withExtraHcl("unsafe_allow_api_audit_creation = true");
        try (RealServer server = RealServer.empty(open).start()) {
            server.initialize(1, 1);
            server.unseal();
            AuditDevice device = device("new", "file", Map.of("file_path", "/dev/null"));

            assertThat(configure(server, server.rootToken(), device).changes())
                    .extracting(Change::toString)
                    .containsExactly("audit device new: enable file");
            assertThat(configure(server, server.rootToken(), device)).isInstanceOf(Outcome.Unchanged.class);
        }
    }

    private static boolean takesDevicesOverTheApi() {
        int answer = SERVER.call(
                        "POST", "sys/audit/probe", "{\"type\": \"file\", \"options\": {\"file_path\": \"probe.log\"}}")
                .status();
        SERVER.call("DELETE", "sys/audit/probe", "");
        return answer == 204;
    }

    private Outcome configure(RealServer server, Sensitive token, AuditDevice device) {
        return configure(Mode.APPLY, server, token, device);
    }

    private Outcome configure(Mode mode, RealServer server, Sensitive token, AuditDevice device) {
        DesiredState desired = new DesiredState(List.of(), List.of(), List.of(), List.of(device), List.of(), List.of());
        return new Configure(
                        desired,
                        () -> Optional.of(Nodes.at(server.address(), counter).session(token)),
                        new RememberedValues(),
                        Waiter.REAL)
                .run(mode);
    }

    private static AuditDevice device(String path, String type, Map<String, String> options) {
        return new AuditDevice(path, type, "", options, new Place("desired-state.yaml", 1));
    }
}
