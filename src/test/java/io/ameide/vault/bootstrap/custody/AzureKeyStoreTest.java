package io.ameide.vault.bootstrap.custody;

import com.azure.core.http.HttpClient;
import com.azure.core.http.jdk.httpclient.JdkHttpClientBuilder;
import io.ameide.vault.bootstrap.azure.WorkloadIdentity;
import io.ameide.vault.bootstrap.custody.KeyStore.Stored;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.testing.KeyVaultServer;
import io.ameide.vault.bootstrap.testing.KeyVaultServer.Answer;
import io.ameide.vault.bootstrap.testing.KeyVaultServer.Asked;
import io.ameide.vault.bootstrap.testing.KeyVaultServer.Drop;
import io.ameide.vault.bootstrap.testing.KeyVaultServer.Proceed;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import io.ameide.vault.bootstrap.vault.Waiter;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.IntStream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/** Against a double that follows the service's REST contract, over HTTPS and with its sign-in. */
class AzureKeyStoreTest extends KeyStoreContract {

    private static final Duration OUTAGE = Duration.ofSeconds(20);

    @TempDir
    static Path folder;

    private static KeyVaultServer server;

    private final String name = "keys-" + UUID.randomUUID();
    private final List<Duration> pauses = new ArrayList<>();
    private final KeyStore store = store(identity());

    @BeforeAll
    static void start() {
        server = KeyVaultServer.in(folder);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Override
    KeyStore store() {
        return store;
    }

    private KeyStore store(WorkloadIdentity identity) {
        return AzureKeyStore.in(server.address(), name, identity, http(), waiter(), OUTAGE);
    }

    private static WorkloadIdentity identity() {
        return WorkloadIdentity.of(Map.of(
                "AZURE_TENANT_ID",
                KeyVaultServer.TENANT,
                "AZURE_CLIENT_ID",
                KeyVaultServer.CLIENT,
                "AZURE_FEDERATED_TOKEN_FILE",
                server.tokenFile().toString(),
                "AZURE_AUTHORITY_HOST",
                server.authorityHost()));
    }

    private static HttpClient http() {
        return new JdkHttpClientBuilder(java.net.http.HttpClient.newBuilder()
                        .sslContext(server.authority().trust()))
                .connectionTimeout(Duration.ofSeconds(5))
                .responseTimeout(Duration.ofSeconds(5))
                .build();
    }

    /** Notes how long a wait would have been. */
    private Waiter waiter() {
        return pauses::add;
    }

    @Test
    void secretSaysWhatItIs() {
        store.write(Materials.initialized().withClusterId("c-1"), Stored.ABSENT);

        assertThat(server.properties(name).path("contentType").asText()).isEqualTo("application/json");
        assertThat(server.properties(name).path("tags").properties())
                .extracting(tag -> tag.getKey() + "=" + tag.getValue().asText())
                .containsExactlyInAnyOrder("managed-by=vault-bootstrap", "component=key-custody", "cluster-id=c-1");
    }

    @Test
    void nameIsTheSameInUpperCase() {
        KeyMaterial marker = Materials.marker();
        store.write(marker, Stored.ABSENT);

        KeyStore shouting =
                AzureKeyStore.in(server.address(), name.toUpperCase(Locale.ROOT), identity(), http(), waiter(), OUTAGE);
        assertThat(shouting.read().material()).contains(marker);
    }

    @Test
    void onlyTheNewestVersionCanBeRead() {
        KeyMaterial marker = Materials.marker();
        store.write(Materials.initialized(marker), store.write(marker, Stored.ABSENT));
        store.update(keys -> keys.withRootToken(Optional.empty()));
        store.update(keys -> keys.withClusterId("c-1"));

        assertThat(server.values(name)).hasSize(4);
        assertThat(server.enabled(name)).containsExactly(false, false, false, true);
    }

    @Test
    void versionThatCouldNotBeDisabledIsDisabledByTheNextWrite() {
        KeyMaterial marker = Materials.marker();
        String version = store.write(marker, Stored.ABSENT);
        server.once(of("PATCH"), () -> new Answer(403, "Forbidden", "ForbiddenByRbac", Map.of()));

        KeyMaterial keys = Materials.initialized(marker);
        assertThat(problem(() -> store.write(keys, version)).message()).contains("Forbidden ForbiddenByRbac");
        assertThat(store.read().material()).as("it was written").contains(keys);

        store.write(keys, version);
        assertThat(server.values(name)).as("the same once more").hasSize(2);
        assertThat(server.enabled(name)).containsExactly(false, true);
    }

    @Test
    void markerThatIsTakenAwayIsWrittenOverSinceADeletedNameIsBlocked() {
        store.delete(store.write(Materials.marker(), Stored.ABSENT));

        assertThat(server.values(name)).last().isEqualTo(AzureKeyStore.NOTHING.reveal());
        assertThat(server.enabled(name)).containsExactly(false, true);
        assertThat(server.asked()).noneMatch(asked -> asked.method().equals("DELETE"));
    }

    @Test
    void otherWriterBeforeOursIsAConflictAfterwardsAndNothingIsLost() {
        KeyMaterial marker = Materials.marker();
        String version = store.write(marker, Stored.ABSENT);
        server.once(asked -> asked.sets(name), () -> {
            server.put(name, "theirs");
            return new Proceed();
        });

        KeyMaterial keys = Materials.initialized(marker);
        assertThatThrownBy(() -> store.write(keys, version))
                .isInstanceOf(KeyStoreConflictException.class)
                .hasMessageContaining("at the same moment");
        assertThat(server.values(name)).hasSize(3).contains("theirs");
        assertThat(server.enabled(name)).as("both can be read").endsWith(true, true);
        assertThat(store.write(keys, version)).as("ours is the newest").isNotEqualTo(version);
    }

    @Test
    void otherWriterAfterOursIsAConflictThatNamesOurVersion() {
        KeyMaterial marker = Materials.marker();
        String version = store.write(marker, Stored.ABSENT);
        var gets = new ArrayList<Asked>();
        server.on(of("GET").and(asked -> !asked.path().endsWith("/versions")), () -> {
            gets.add(new Asked("", ""));
            if (gets.size() == 2) {
                server.put(name, "theirs");
            }
            return new Proceed();
        });

        KeyMaterial keys = Materials.initialized(marker);
        assertThatThrownBy(() -> store.write(keys, version))
                .isInstanceOf(KeyStoreConflictException.class)
                .hasMessageContaining("what this process wrote is version");
        assertThat(server.values(name)).last().isEqualTo("theirs");
        assertThat(server.enabled(name)).endsWith(true, true);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void writeWhoseAnswerWasLostMakesOneVersion(boolean carriedOut) {
        KeyMaterial marker = Materials.marker();
        String version = store.write(marker, Stored.ABSENT);
        server.once(asked -> asked.sets(name), () -> new Drop(carriedOut));

        KeyMaterial keys = Materials.initialized(marker);
        store.write(keys, version);

        assertThat(store.read().material()).contains(keys);
        assertThat(server.values(name)).hasSize(2);
    }

    @ParameterizedTest
    @CsvSource({"429, Throttled", "500, InternalServerError", "503, ServiceUnavailable"})
    void sharesOutlastTrouble(int status, String code) {
        KeyMaterial marker = Materials.marker();
        String version = store.write(marker, Stored.ABSENT);
        for (int i = 0; i < 4; i++) {
            server.once(of("PUT"), () -> new Answer(status, code, "", Map.of("Retry-After", "3")));
        }

        KeyMaterial keys = Materials.initialized(marker);
        store.write(keys, version);

        assertThat(store.read().material()).contains(keys);
        assertThat(pauses).as("as long as the vault asked for").containsOnly(Duration.ofSeconds(3));
    }

    @Test
    void outageThatDoesNotEndIsToldAfterItsTime() {
        server.on(of("GET"), () -> new Answer(503, "ServiceUnavailable", "", Map.of()));

        Problem problem = problem(store::read);

        assertThat(problem.kind()).isEqualTo(Problem.Kind.ACCESS);
        assertThat(problem.message()).contains("read secret " + name, "status 503 ServiceUnavailable");
        assertThat(pauses.stream().reduce(Duration.ZERO, Duration::plus)).isEqualTo(OUTAGE);
    }

    @ParameterizedTest
    @CsvSource({
        "401, Unauthorized, '', does not accept the workload identity's token",
        "403, Forbidden, ForbiddenByRbac, role Key Vault Secrets Officer",
        "403, Forbidden, ForbiddenByPolicy, role Key Vault Secrets Officer",
        "403, Forbidden, ForbiddenByFirewall, firewall",
        "403, Forbidden, SecretDisabled, az keyvault secret set-attributes",
        "404, NotFound, '', is bootstrap.custody.azure.vault-url the address of a Key Vault"
    })
    void refusalIsNamedAndNotTakenForEmptyCustody(int status, String code, String inner, String clue) {
        server.on(of("GET"), () -> new Answer(status, code, inner, Map.of()));

        Problem problem = problem(store::read);

        assertThat(problem.kind()).isEqualTo(Problem.Kind.ACCESS);
        assertThat(problem.toString()).contains(name, clue).doesNotContain("a text that may quote anything");
        assertThat(pauses).isEmpty();
    }

    @Test
    void disabledSecretIsNotTakenForEmptyCustody() {
        store.write(Materials.marker(), Stored.ABSENT);
        server.disable(name);

        assertThat(problem(store::read).message()).endsWith("it is disabled");
    }

    @Test
    void whatPeopleAreToldToWriteOverAMarkerLeavesNothing() {
        store.write(Materials.marker(), Stored.ABSENT);
        String removal = store.removal();
        assertThat(removal)
                .startsWith("az keyvault secret set --vault-name %s --name %s --value '"
                        .formatted(server.address().getHost().replaceFirst("\\..*", ""), name));

        server.put(name, removal.substring(removal.indexOf('\'') + 1, removal.lastIndexOf('\'')));

        assertThat(store.read()).isEqualTo(new Stored(Optional.empty(), Stored.ABSENT));
        KeyMaterial marker = Materials.marker();
        store.write(marker, Stored.ABSENT);
        assertThat(store.read().material()).contains(marker);
    }

    @Test
    void deletedSecretIsToldWithTheWayBack() {
        store.write(Materials.initialized(), Stored.ABSENT);
        server.delete(name);

        Problem problem = problem(store::read);
        assertThat(problem.kind()).isEqualTo(Problem.Kind.BLOCKED);
        assertThat(problem.message()).contains("was deleted, and can be recovered until");
        assertThat(problem.hint()).contains("recover", "purge");

        assertThat(problem(() -> store.write(Materials.marker(), Stored.ABSENT)).message())
                .contains("was deleted, and is kept until it is purged");

        server.purge(name);
        assertThat(store.read().material()).isEmpty();
    }

    @Test
    void deletedProbeIsToldBeforeAnythingIsInitialized() {
        store.proveWritable(10);
        server.delete(name + "-probe");

        assertThat(problem(() -> store.proveWritable(10)).message())
                .contains(name + "-probe", "was deleted, and is kept until it is purged");
    }

    @Test
    void probeIsDisabledAlsoOneThatWasLeftBehind() {
        server.put(name + "-probe", "left by a process that was killed");

        store.proveWritable(24_000);

        assertThat(server.values(name + "-probe")).last().asString().hasSize(24_000);
        assertThat(server.enabled(name + "-probe")).containsExactly(false, false);
    }

    @Test
    void whatIsTooLargeForKeyVaultIsToldBeforeAnythingIsSent() {
        assertThat(problem(() -> store.proveWritable(25_001)).message())
                .contains("takes 25,001 bytes, and Key Vault at most 25,000");
        KeyMaterial large = Materials.marker()
                .initialized(
                        List.of(Sensitive.of("share")),
                        IntStream.range(0, 4)
                                .mapToObj(n -> new EscrowedShare("p" + n, Sensitive.of("c".repeat(7_000))))
                                .toList(),
                        Optional.empty());
        assertThat(problem(() -> store.write(large, Stored.ABSENT)).message()).contains("at most 25,000");
        assertThat(server.asked()).noneMatch(asked -> asked.path().contains(name));
    }

    @Test
    void otherIdentityIsRefusedWithMicrosoftsCode() throws IOException {
        Path other = Files.writeString(folder.resolve("other-token"), "not the one");
        WorkloadIdentity stranger =
                new WorkloadIdentity(KeyVaultServer.TENANT, KeyVaultServer.CLIENT, other, server.authorityHost());

        Problem problem = problem(() -> store(stranger).read());

        assertThat(problem.kind()).isEqualTo(Problem.Kind.ACCESS);
        assertThat(problem.message()).endsWith("the workload identity cannot sign in, AADSTS70021");
        assertThat(pauses).isEmpty();
    }

    @Test
    void tokenFileThatIsNotMountedIsNamed() {
        WorkloadIdentity unmounted = new WorkloadIdentity(
                KeyVaultServer.TENANT, KeyVaultServer.CLIENT, folder.resolve("none"), server.authorityHost());

        assertThat(problem(() -> store(unmounted).read()).toString()).contains("AZURE_FEDERATED_TOKEN_FILE");
        assertThat(pauses).isEmpty();
    }

    @Test
    void podWithoutWorkloadIdentityIsToldWhatIsMissing() {
        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> WorkloadIdentity.of(Map.of("AZURE_CLIENT_ID", "c", "AZURE_TENANT_ID", "t")))
                .withMessageContaining("AZURE_FEDERATED_TOKEN_FILE, AZURE_AUTHORITY_HOST are not set");
    }

    @ParameterizedTest
    @CsvSource({
        "https://nowhere.invalid/, host name is not known",
        "https://127.0.0.1:1/, no answer",
    })
    void vaultThatIsNotThereIsAskedAgainAndThenNamed(URI address, String matter) {
        KeyStore nowhere = AzureKeyStore.in(address, name, identity(), http(), waiter(), Duration.ofSeconds(2));

        Problem problem = problem(nowhere::read);

        assertThat(problem.kind()).isEqualTo(Problem.Kind.ACCESS);
        assertThat(problem.message()).contains(matter);
        assertThat(pauses).hasSize(4);
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://x.vault.azure.net", "https://x.vault.azure.net/secrets/y", "platform"})
    void addressThatCanBeNoneIsInvalid(URI address) {
        Problem problem = problem(() -> AzureKeyStore.in(address, name, identity(), http(), waiter(), Duration.ZERO));

        assertThat(problem.kind()).isEqualTo(Problem.Kind.INVALID);
    }

    @Test
    void nothingOfItShowsInLogsOrErrors() {
        var said = new ArrayList<String>();
        Handler everything = new Handler() {
            @Override
            public void publish(LogRecord entry) {
                StringWriter text = new StringWriter();
                text.append(String.valueOf(entry.getMessage()))
                        .append(String.valueOf(Arrays.toString(entry.getParameters())));
                Optional.ofNullable(entry.getThrown()).ifPresent(e -> e.printStackTrace(new PrintWriter(text)));
                said.add(text.toString());
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        everything.setLevel(Level.ALL);
        List<Logger> loggers = List.of("com.azure", "com.microsoft.aad.msal4j", "jdk", "reactor").stream()
                .map(Logger::getLogger)
                .toList();
        loggers.forEach(logger -> {
            logger.setLevel(Level.ALL);
            logger.addHandler(everything);
        });
        try {
            KeyStore watched = store(identity());
            KeyMaterial marker = Materials.marker();
            watched.write(Materials.initialized(marker), watched.write(marker, Stored.ABSENT));
            server.on(of("PUT"), () -> new Answer(400, "BadParameter", "", Map.of()));
            assertThatThrownBy(() -> watched.update(keys -> keys.withClusterId("c")))
                    .satisfies(e -> {
                        StringWriter trace = new StringWriter();
                        e.printStackTrace(new PrintWriter(trace));
                        said.add(trace.toString());
                    });
        } finally {
            loggers.forEach(logger -> {
                logger.removeHandler(everything);
                logger.setLevel(null);
            });
        }

        assertThat(said).as("the SDK does log").hasSizeGreaterThan(5);
        List<String> secrets = new ArrayList<>(server.tokens());
        secrets.add(Materials.SENTINEL);
        assertThat(said.stream().filter(line -> secrets.stream().anyMatch(line::contains)))
                .hasSize(0);
    }

    private Predicate<Asked> of(String method) {
        return asked -> asked.method().equals(method) && asked.path().startsWith("/secrets/" + name);
    }

    private static Problem problem(ThrowingCallable work) {
        return catchThrowableOfType(ProblemException.class, work).problem();
    }
}
