package io.ameide.vault.bootstrap.seal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ameide.vault.bootstrap.cli.InProcessTick;
import io.ameide.vault.bootstrap.kubernetes.ConfigMaps;
import io.ameide.vault.bootstrap.openpgp.PgpHolder;
import io.ameide.vault.bootstrap.openpgp.PgpKey;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.testing.KubernetesApi;
import io.ameide.vault.bootstrap.testing.Nodes;
import io.ameide.vault.bootstrap.testing.RealServer;
import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Outcome;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Resource;
import org.bouncycastle.openpgp.PGPException;
import org.bouncycastle.openpgp.PGPUtil;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/** Shares of a real node, published for people with keys of their own. */
class EscrowSharesTest {

    private static final String NAME = "vault-escrow";

    @RegisterExtension
    static final KubernetesApi API = new KubernetesApi();

    @RegisterExtension
    final RealServer server = RealServer.empty();

    @TempDir
    Path folder;

    private final List<PgpHolder> holders = new ArrayList<>();
    private final List<PgpKey> keys = new ArrayList<>();
    private InProcessTick tick;
    private Path file;

    @BeforeEach
    void fiveSharesAndThreePeople() throws PGPException, IOException {
        for (String name : List.of("alice", "bob", "carol")) {
            PgpHolder holder = PgpHolder.named(name);
            holders.add(holder);
            keys.add(PgpKey.read(Files.writeString(folder.resolve(name + ".asc"), holder.armoredKey())));
        }
        tick = InProcessTick.in(folder, server.address()).with(new ShareSettings(5, 3, List.of()));
        assertThat(tick.run().converged()).isTrue();
        file = folder.resolve("published").resolve("escrow.json");
    }

    @Test
    void peopleOpenARestartedNodeWithWhatWasPublished() throws PGPException, IOException {
        assertThat(inFile(keys).run(Mode.APPLY).changes()).hasSize(1);
        String published = Files.readString(file);
        assertThat(tick.material().shares()).noneMatch(share -> published.contains(share.reveal()));
        JsonNode shares = new ObjectMapper().readTree(published).path("shares");
        assertThat(shares.findValuesAsText("holder"))
                .containsExactly("alice.asc", "bob.asc", "carol.asc", "alice.asc", "bob.asc");

        server.restart();
        boolean sealed = true;
        for (int i = 2; i < 5; i++) {
            sealed = Nodes.at(server.address())
                    .unseal(opened(
                            holders.get(i % 3), shares.path(i).path("message").asText()))
                    .sealed();
        }

        assertThat(sealed).isFalse();
    }

    @Test
    void isWrittenAgainOnlyWhenSharesOrHoldersAreOthers() throws IOException {
        assertThat(inFile(keys).run(Mode.PLAN).changes()).hasSize(1);
        assertThat(file).doesNotExist();
        inFile(keys).run(Mode.APPLY);
        String first = Files.readString(file);

        assertThat(inFile(keys).run(Mode.APPLY)).isInstanceOf(Outcome.Unchanged.class);
        assertThat(file).hasContent(first);

        assertThat(inFile(keys.reversed()).run(Mode.APPLY).changes()).hasSize(1);
        assertThat(inFile(keys.reversed()).run(Mode.APPLY).changes()).isEmpty();
        Files.writeString(file, "{ half of");
        assertThat(inFile(keys).run(Mode.APPLY).changes()).hasSize(1);
    }

    @Test
    void nobodyGetsEnoughToOpenTheSealAlone() {
        assertThat(refusal(keys.subList(0, 1))).contains("one of them would hold 5 shares, and 3 open the seal");
        assertThat(refusal(keys.subList(0, 2))).contains("one of them would hold 3 shares");
        List<PgpKey> six = new ArrayList<>(keys);
        six.addAll(keys);
        assertThat(refusal(six)).contains("names 6 keys for 5 shares");
        assertThat(file).doesNotExist();
    }

    @Test
    void configMapIsWrittenWithNoMorePermissionsThanItNeeds() {
        String account = API.account(List.of(
                KubernetesApi.rule("", "configmaps", List.of(), "create"),
                KubernetesApi.rule("", "configmaps", List.of(NAME), "get", "update")));
        try (KubernetesClient client = API.client(API.apiToken("default", account))) {
            EscrowPlace place = new EscrowPlace.InConfigMap(new ConfigMaps(client, "default"), NAME);

            assertThat(at(place, keys).run(Mode.APPLY).changes()).hasSize(1);
            assertThat(at(place, keys).run(Mode.APPLY).changes()).isEmpty();
            assertThat(at(place, keys.reversed()).run(Mode.APPLY).changes()).hasSize(1);

            EscrowPlace.Published seen = place.read();
            place.write("somebody else", seen.version());
            assertThatThrownBy(() -> place.write("late", seen.version()))
                    .hasMessageContaining("ConfigMap default/" + NAME);
        }
    }

    @Test
    void whatOthersAddedToTheConfigMapStays() {
        EscrowPlace place = new EscrowPlace.InConfigMap(new ConfigMaps(API.admin(), "default"), "annotated-escrow");
        at(place, keys).run(Mode.APPLY);
        Resource<ConfigMap> published =
                API.admin().configMaps().inNamespace("default").withName("annotated-escrow");
        published.edit(map -> new ConfigMapBuilder(map)
                .editMetadata()
                .addToAnnotations("example.com/reflect", "true")
                .addToLabels("team", "platform")
                .endMetadata()
                .addToData("README", "for the holders")
                .build());

        assertThat(at(place, keys.reversed()).run(Mode.APPLY).changes()).hasSize(1);

        ConfigMap after = published.get();
        assertThat(after.getMetadata().getAnnotations()).containsEntry("example.com/reflect", "true");
        assertThat(after.getMetadata().getLabels())
                .containsEntry("team", "platform")
                .containsEntry("app.kubernetes.io/component", "key-escrow");
        assertThat(after.getData())
                .containsOnlyKeys("README", "escrow.json")
                .containsEntry("README", "for the holders");
    }

    @Test
    void configMapOfSomethingElseIsLeftAlone() {
        Resource<ConfigMap> desiredState = API.admin()
                .configMaps()
                .inNamespace("default")
                .resource(new ConfigMapBuilder()
                        .withNewMetadata()
                        .withName("desired-state")
                        .endMetadata()
                        .withData(Map.of("desired-state.yaml", "policies: []"))
                        .build());
        ConfigMap before = desiredState.create();
        EscrowPlace place = new EscrowPlace.InConfigMap(new ConfigMaps(API.admin(), "default"), "desired-state");

        for (Mode mode : Mode.values()) {
            Problem problem = catchThrowableOfType(
                            ProblemException.class, () -> at(place, keys).run(mode))
                    .problem();
            assertThat(problem.kind()).isEqualTo(Problem.Kind.INVALID);
            assertThat(problem.message())
                    .contains("bootstrap.keys.escrow.config-map names ConfigMap default/desired-state");
            assertThat(problem.hint()).contains("name one that is not there");
        }
        assertThat(desiredState.get()).isEqualTo(before);
    }

    private EscrowShares inFile(List<PgpKey> holders) {
        return at(new EscrowPlace.InFile(file), holders);
    }

    private EscrowShares at(EscrowPlace place, List<PgpKey> holders) {
        return new EscrowShares(tick.custody(), holders, place, Clock.systemUTC());
    }

    private String refusal(List<PgpKey> holders) {
        Problem problem = catchThrowableOfType(
                        ProblemException.class, () -> inFile(holders).run(Mode.APPLY))
                .problem();
        assertThat(problem.kind()).isEqualTo(Problem.Kind.INVALID);
        return problem.message();
    }

    private static Sensitive opened(PgpHolder holder, String armored) throws IOException, PGPException {
        byte[] message = PGPUtil.getDecoderStream(new ByteArrayInputStream(armored.getBytes(StandardCharsets.US_ASCII)))
                .readAllBytes();
        return holder.decrypt(Sensitive.of(Base64.getEncoder().encodeToString(message)));
    }
}
