package io.ameide.vault.bootstrap.chart;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ameide.vault.bootstrap.desired.DesiredState;
import io.ameide.vault.bootstrap.desired.DesiredStateParser;
import io.ameide.vault.bootstrap.testing.Chart;
import io.ameide.vault.bootstrap.testing.Chart.Result;
import io.ameide.vault.bootstrap.testing.Documentation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

import static org.assertj.core.api.Assertions.assertThat;

/** What the chart renders and what it refuses, as far as helm alone tells. */
class ChartRenderingTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"values.yaml", "values-local.yaml", "values-ha.yaml"})
    void lintFindsNothing(String values) {
        Result result = Chart.helm(List.of("lint", "--strict", "chart", "--values", "chart/" + values));

        assertThat(result.exit()).as(result.stdout() + result.stderr()).isZero();
        assertThat(result.stdout()).doesNotContain("[WARNING]").doesNotContain("[ERROR]");
    }

    @ParameterizedTest
    @MethodSource("io.ameide.vault.bootstrap.chart.Renderings#all")
    void renderingTwiceGivesTheSame(String name, List<String> options) {
        String first = Chart.render("bootstrap", "vault", options).manifests();

        assertThat(Chart.render("bootstrap", "vault", options).manifests()).isEqualTo(first);
        assertThat(first).contains("kind: CronJob");
    }

    @ParameterizedTest
    @MethodSource("io.ameide.vault.bootstrap.chart.Renderings#all")
    void nothingThatHoldsKeysIsRendered(String name, List<String> options) {
        assertThat(rendered(options))
                .noneMatch(resource -> resource.path("kind").asText().equals("Secret"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            vault.namespce=x                                           | '/vault': additional properties 'namespce' not allowed
            cronJob.concurrencyPolicy=Allow                            | '/cronJob': additional properties 'concurrencyPolicy' not allowed
            profile=dev                                                | '/profile': value must be one of 'ha', 'local'
            keys.shares=0                                              | '/keys/shares': minimum: got 0, want 1
            image.digest=latest                                        | '/image/digest': 'latest' does not match pattern
            cronJob.schedule=hourly                                    | '/cronJob/schedule': 'hourly' does not match pattern
            access.tokenExpirationSeconds=60                           | '/access/tokenExpirationSeconds': minimum: got 60, want 600
            externalSecrets.store.enabled=maybe                        | '/externalSecrets/store/enabled': value must be one of true, false, 'auto'
            vault.addresses={vault.example:8200}                       | '/vault/addresses/0': 'vault.example:8200' does not match pattern
            custody.kind=file                                          | '/custody/kind': value must be one of 'kubernetes', 'azure'
            desiredState.document.policy=x                             | '/desiredState/document': additional properties 'policy' not allowed
            configuration.shares=3                                     | '/configuration': additional properties 'shares' not allowed
            custody.kubernetes.secret=Keys                             | '/custody/kubernetes/secret': 'Keys' does not match pattern
            escrow.configMap=copies                                    | escrow.configMap is set, but escrow.holders names nobody
            escrow.holders.alice=key                                   | escrow.holders names people, but escrow.configMap is empty
            keys.shares=3,keys.threshold=1                             | keys.threshold is 1, but there are more keys.shares
            keys.shares=3,keys.threshold=4                             | keys.threshold is 4, but there are only 3 keys.shares
            custody.kind=azure                                         | custody.kind is azure, but custody.azure.vaultUrl is empty
            custody.azure.vaultUrl=https://a.vault.azure.net           | custody.azure.vaultUrl is set, but custody.kind is kubernetes
            vault.addresses={https://a:8200},vault.discovery.selector=a | vault.addresses and vault.discovery.selector are both set
            vault.addresses={http://a:8200}                            | vault.addresses has http://a:8200, but vault.tls.enabled is true
            vault.tls.caConfigMap=ca                                   | vault.tls.caSecret and vault.tls.caConfigMap are both set
            desiredState.existingConfigMap=a,desiredState.existingSecret=b | desiredState.existingConfigMap and desiredState.existingSecret are both set
            desiredState.existingSecret=a,desiredState.files.x=y       | desiredState.document or desiredState.files is set beside an existing
            desiredState.files.desired-state\\.yaml=y                   | desiredState.files has desired-state.yaml
            access.role=external-secrets                               | access.role and externalSecrets.role are the same
            certificate.enabled=true                                   | certificate.enabled is true, but certificate.issuerRef.name is empty
            certificate.enabled=true,vault.tls.enabled=false           | certificate.enabled is true, but vault.tls.enabled is false
            certificate.enabled=true,certificate.issuerRef.name=ca,certificate.secretName=nodes | certificate.secretName is nodes, but vault.tls.caSecret is vault-tls
            rbac.tokenReview.clients=true,externalSecrets.audience=api | rbac.tokenReview.clients is true, but access.audience is vault
            rbac.tokenReview.clients=true,access.audience=api          | rbac.tokenReview.clients is true, but externalSecrets.audience is vault
            vault.service=a-service-of-64-characters-which-is-one-more-than-it-can-have-at | '/vault/service': maxLength: got 64, want 63
            vault.service=vault.other                                  | '/vault/service': 'vault.other' does not match pattern
            extraEnv[0].name=QUARKUS_PROFILE,extraEnv[0].value=dev     | extraEnv has QUARKUS_PROFILE, which the chart sets itself: use profile
            extraEnv[0].name=BOOTSTRAP_VAULT_DISCOVERY_BY              | extraEnv has BOOTSTRAP_VAULT_DISCOVERY_BY, which the chart sets itself: use configuration
            externalSecrets.verify.namespaces={team}                   | externalSecrets.verify.namespaces is set, but externalSecrets.verify.enabled is false
            snapshots.existingClaim=a                                  | snapshots.existingClaim is set, but snapshots.enabled is false
            snapshots.targets.volume.configuration.folder=/a           | snapshots.targets has volume, which is the name of the chart's own
            snapshots.targets.off-site.configuration.folder=/a         | off-site
            snapshots.targets.offsite.secret=a                         | configuration
            snapshots.targets.offsite.configuration.s3\\.buckett=a      | value must be one of 'folder', 's3.bucket'
            snapshots.targets.offsite.configuration.keep\\.daily=1      | snapshots.targets.offsite has no place
            snapshots.targets.a.configuration.folder=/a,snapshots.targets.a.configuration.s3\\.bucket=b | snapshots.targets.a has folder and s3.bucket
            snapshots.targets.a.configuration.folder=/etc/vault-bootstrap/snapshot-targets/a/b | snapshots.targets.a has folder in a Secret's folder, but no secret
            drill.enabled=true                                         | drill.enabled is true, but no snapshots are taken
            drill.enabled=true,snapshots.enabled=true                  | drill.server.image.repository is empty: name the image of the servers
            drill.enabled=true,drill.server.image.repository=a         | drill.server.image has neither tag nor digest
            drill.enabled=true,drill.isolated=true                     | drill.isolated is true, but networkPolicy.apiServer.to is empty
            drill.enabled=true,snapshots.enabled=true,snapshots.targets.a.configuration.folder=/a | there are several targets: name one as drill.target
            drill.maxAge=1 day                                         | '/drill/maxAge': '1 day' does not match pattern
            sealKey.enabled=true,sealKey.secret=vault-bootstrap-keys   | sealKey.secret and custody.kubernetes.secret are the same
            """)
    void valuesThatCannotBeAreRefusedInWords(String values, String message) {
        Result result = Chart.helm(List.of("template", "bootstrap", "chart", "--set", values));

        assertThat(result.exit()).isNotZero();
        assertThat(result.stderr()).contains(message);
    }

    @Test
    void optionalPartsComeWithTheirDefinitionsAndAreLeftOutWithoutThem() {
        List<String> kinds = List.of("ClusterSecretStore", "Certificate", "PrometheusRule");
        List<String> issuer = List.of("--set", "certificate.issuerRef.name=ca");

        assertThat(kinds(rendered(issuer))).doesNotContainAnyElementsOf(kinds);
        assertThat(kinds(rendered(with(issuer, Renderings.API_VERSIONS)))).containsAll(kinds);
        assertThat(kinds(rendered(with(with(issuer, Renderings.API_VERSIONS), Renderings.NO_OPTIONAL_PARTS))))
                .doesNotContainAnyElementsOf(kinds);
        assertThat(kinds(rendered(with(issuer, Renderings.OPTIONAL_PARTS)))).containsAll(kinds);
    }

    @Test
    void storeSignsInAsTheDesiredStateAllows() throws IOException {
        List<String> options = with(
                List.of(
                        "--set",
                        "externalSecrets.path=kv,externalSecrets.role=eso,externalSecrets.audience=bao,access.mount=k8s,"
                                + "externalSecrets.serviceAccount.name=sa,externalSecrets.serviceAccount.namespace=ns"),
                Renderings.OPTIONAL_PARTS);
        List<JsonNode> rendered = rendered(options);
        JsonNode store = one(rendered, "ClusterSecretStore").at("/spec/provider/vault");
        JsonNode login = store.at("/auth/kubernetes");

        DesiredState desired = desired(rendered);

        DesiredState.AuthMethod method = desired.authMethods().getFirst();
        assertThat(method.path()).isEqualTo(login.path("mountPath").asText()).isEqualTo("k8s");
        assertThat(method.roles()).singleElement().satisfies(role -> {
            assertThat(role.name()).isEqualTo(login.path("role").asText()).isEqualTo("eso");
            assertThat(role.parameters())
                    .containsEntry(
                            "audience",
                            login.at("/serviceAccountRef/audiences/0").asText())
                    .containsEntry(
                            "bound_service_account_names",
                            List.of(login.at("/serviceAccountRef/name").asText()))
                    .containsEntry(
                            "bound_service_account_namespaces",
                            List.of(login.at("/serviceAccountRef/namespace").asText()));
        });
        assertThat(desired.secretEngines().getFirst().path())
                .isEqualTo(store.path("path").asText())
                .isEqualTo("kv");
        assertThat(desired.policies().getFirst().toString())
                .contains("kv/data/*")
                .contains("kv/metadata/*");
    }

    /** What a person writes for the same mount, engine or policy stays, and nothing is there twice. */
    @Test
    void ownDocumentIsJoinedWithWhatExternalSecretsNeeds() throws IOException {
        Path values = Files.writeString(folder.resolve("values.yaml"), """
                desiredState:
                  document:
                    policies:
                      - { name: team, rules: 'path "secret/data/team/*" { capabilities = ["read"] }' }
                    secretEngines:
                      - { path: secret, type: kv, description: ours, options: { version: "2" } }
                    authMethods:
                      - path: kubernetes
                        type: kubernetes
                        config: { kubernetes_host: "https://api.example:6443" }
                        roles:
                          - { name: team, bound_service_account_names: [team], bound_service_account_namespaces: [team], token_policies: [team] }
                """);

        DesiredState desired = desired(rendered(List.of("--values", values.toString())));

        assertThat(desired.policies()).extracting(policy -> policy.name()).containsExactly("external-secrets", "team");
        assertThat(desired.secretEngines())
                .singleElement()
                .matches(engine -> engine.description().equals("ours"));
        assertThat(desired.authMethods()).singleElement().satisfies(method -> {
            assertThat(method.config().toString()).contains("api.example");
            assertThat(method.roles()).extracting(role -> role.name()).containsExactly("team", "external-secrets");
        });
    }

    @Test
    void configurationOfAPersonGoesBeforeThatOfTheChartAndNoVariableIsThereTwice() {
        List<JsonNode> rendered = rendered(List.of(
                "--set-json",
                "configuration={\"bootstrap.vault.discovery.by\": \"ip\", \"bootstrap.vault.ready-timeout\": \"2m\"}"));
        JsonNode environment = pod(rendered).at("/containers/0/env");

        assertThat(environment.findValuesAsText("name")).doesNotHaveDuplicates();
        assertThat(variable(environment, "BOOTSTRAP_VAULT_DISCOVERY_BY")).isEqualTo("ip");
        assertThat(variable(environment, "BOOTSTRAP_VAULT_READY_TIMEOUT")).isEqualTo("2m");
    }

    @Test
    void targetHasItsKeysAndTheFilesOfItsSecret() {
        JsonNode pod = pod(
                rendered(
                        List.of(
                                "--set-json",
                                "snapshots.targets={\"offsite\": {\"secret\": \"keys\", \"configuration\": {\"s3.bucket\": \"b\","
                                        + " \"keep.daily\": 14}}, \"cloud\": {\"configuration\": {\"azure-blob.container\": \"c\"}}}")));
        JsonNode environment = pod.at("/containers/0/env");

        assertThat(variable(environment, "BOOTSTRAP_SNAPSHOT_TARGETS_OFFSITE_S3_BUCKET"))
                .isEqualTo("b");
        assertThat(variable(environment, "BOOTSTRAP_SNAPSHOT_TARGETS_OFFSITE_KEEP_DAILY"))
                .isEqualTo("14");
        assertThat(variable(environment, "BOOTSTRAP_SNAPSHOT_TARGETS_CLOUD_AZURE_BLOB_CONTAINER"))
                .isEqualTo("c");
        assertThat(pod.path("volumes"))
                .filteredOn(volume -> volume.path("name").asText().startsWith("snapshot-target-"))
                .singleElement()
                .satisfies(volume -> {
                    assertThat(volume.at("/secret/secretName").asText()).isEqualTo("keys");
                    assertThat(volume.at("/secret/optional").asBoolean())
                            .as("a tick goes on without it")
                            .isTrue();
                });
        assertThat(pod.at("/containers/0/volumeMounts").findValuesAsText("mountPath"))
                .contains("/etc/vault-bootstrap/snapshot-targets/offsite");
    }

    static Stream<String> examplesOfTargets() {
        return Stream.of("chart/README.md", "docs/snapshot-stores.md")
                .flatMap(page -> Documentation.page(page).blocks("yaml").stream())
                .map(Documentation.Block::text)
                .filter(text -> text.startsWith("snapshots:"));
    }

    @ParameterizedTest
    @MethodSource("examplesOfTargets")
    void exampleOfTargetsMountsEveryFileThatItNames(String values) throws IOException {
        Path file = Files.writeString(folder.resolve("values.yaml"), values);

        JsonNode container = pod(rendered(List.of("--values", file.toString()))).at("/containers/0");

        List<String> mounts = container.path("volumeMounts").findValuesAsText("mountPath");
        assertThat(container.path("env"))
                .filteredOn(variable -> variable.path("name").asText().matches("BOOTSTRAP_SNAPSHOT_TARGETS_.*_FILE"))
                .allSatisfy(variable -> assertThat(mounts)
                        .as(variable.toString())
                        .contains(Path.of(variable.path("value").asText())
                                .getParent()
                                .toString()));
        assertThat(container.path("env").findValuesAsText("name"))
                .anyMatch(variable -> variable.startsWith("BOOTSTRAP_SNAPSHOT_TARGETS_"));
    }

    @Test
    void keysThatATargetMayHaveAreThoseOfTheApplication() throws IOException {
        JsonNode schema =
                JSON.readTree(ChartValues.FOLDER.resolve("values.schema.json").toFile());
        String prefix = "bootstrap.snapshot.targets.NAME.";

        assertThat(schema.at("/properties/snapshots/properties/targets/additionalProperties/properties/configuration"
                        + "/propertyNames/enum"))
                .extracting(JsonNode::asText)
                .containsExactlyInAnyOrderElementsOf(
                        Documentation.page("docs/configuration.md").rows("configuration key").stream()
                                .map(row -> row.get("configuration key").replace("`", ""))
                                .filter(key -> key.startsWith(prefix))
                                .map(key -> key.substring(prefix.length()))
                                .toList());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            folder: /a                                                                            |
            s3.bucket: b                                                                          | 443
            s3.bucket: b, s3.endpoint: 'http://a.example'                                         | 80,443
            s3.bucket: b, s3.endpoint: 'https://a.example:9000', s3.access-key-id-file: /a        | 9000
            s3.bucket: b, s3.endpoint: 'https://a:9000', s3.web-identity.role-arn: r              | 9000,443
            s3.bucket: b, s3.endpoint: 'https://a:9000', s3.web-identity.role-arn: r, s3.web-identity.endpoint: 'https://a:9001' | 9000,9001
            azure-blob.container: c, azure-blob.account: 'https://a.example:10000'                | 10000,443
            azure-blob.container: c, azure-blob.account: 'https://a:10000', azure-blob.sas-token-file: /a | 10000
            azure-blob.container: c, azure-blob.connection-string-file: /a                        | 443
            """)
    void networkPolicyLetsTicksReachPlacesOfSnapshots(String keys, String ports) throws IOException {
        Path values = Files.writeString(
                folder.resolve("values.yaml"),
                "networkPolicy: { enabled: true }\nsnapshots: { targets: { a: { configuration: { %s } } } }"
                        .formatted(keys));
        List<String> options = List.of("--values", values.toString());

        assertThat(portsOfPlaces(options)).isEqualTo(Optional.ofNullable(ports).orElse(""));
        assertThat(portsOfPlaces(with(options, List.of("--set", "networkPolicy.snapshots.enabled=false"))))
                .isEmpty();
        assertThat(portsOfPlaces(with(options, List.of("--set", "networkPolicy.snapshots.ports={9443}"))))
                .isEqualTo(ports == null ? "" : "9443");
    }

    private static String portsOfPlaces(List<String> options) {
        return one(rendered(options), "NetworkPolicy").at("/spec/egress/3/ports").findValuesAsText("port").stream()
                .collect(Collectors.joining(","));
    }

    @Test
    void placesOfSnapshotsAreReachedWhereTheyAreSaidToBe() {
        JsonNode policy = one(
                rendered(List.of(
                        "--set-json",
                        "networkPolicy={\"enabled\": true, \"snapshots\": {\"to\": [{\"ipBlock\": {\"cidr\": \"10.0.8.0/24\"}}]}}",
                        "--set",
                        "snapshots.targets.a.configuration.s3\\.bucket=b")),
                "NetworkPolicy");

        assertThat(policy.at("/spec/egress/3/to/0/ipBlock/cidr").asText()).isEqualTo("10.0.8.0/24");
    }

    /** The webhook of workload identity looks for the label; a person's own word on it is the last. */
    @Test
    void podsThatSignInWithAWorkloadIdentityAreLabelled() {
        List<String> target = List.of("--set", "snapshots.targets.a.configuration.azure-blob\\.container=b");
        List<String> key = List.of("--set", "snapshots.targets.a.configuration.azure-blob\\.sas-token-file=/a");
        List<String> keyOfTicksAlone = List.of(
                "--set", "drill.configuration.bootstrap\\.snapshot\\.targets\\.a\\.azure-blob\\.sas-token-file=");
        List<String> custody = List.of("--set", "custody.kind=azure,custody.azure.vaultUrl=https://a.vault.azure.net");
        List<String> own = List.of("--set-string", "podLabels.azure\\.workload\\.identity/use=false");

        assertThat(workloadIdentity(target)).containsExactly("true", "true");
        assertThat(workloadIdentity(with(target, key))).containsExactly("", "");
        assertThat(workloadIdentity(with(target, with(key, custody)))).containsExactly("true", "true");
        assertThat(workloadIdentity(with(target, own))).containsExactly("false", "false");
        assertThat(workloadIdentity(with(target, with(key, keyOfTicksAlone)))).containsExactly("", "true");
    }

    /** Of ticks and of drills. */
    private static List<String> workloadIdentity(List<String> options) {
        List<JsonNode> rendered = rendered(with(with(Renderings.DRILL, List.of("--set", "drill.target=a")), options));
        return Stream.of("foundation-vault-bootstrap", "foundation-vault-bootstrap-drill")
                .map(name -> named(rendered, "CronJob", name)
                        .at("/spec/jobTemplate/spec/template/metadata/labels")
                        .path("azure.workload.identity/use")
                        .asText())
                .toList();
    }

    @ParameterizedTest
    @MethodSource("io.ameide.vault.bootstrap.chart.Renderings#all")
    void everyVariableOfTheApplicationSetsAConfigurationKey(String name, List<String> options) {
        List<String> known = Documentation.page("docs/configuration.md").rows("configuration key").stream()
                .map(row -> row.get("environment variable"))
                .toList();

        assertThat(ofKind(rendered(options), "CronJob").stream()
                        .flatMap(cronJob -> podOf(cronJob).at("/containers/0/env").findValuesAsText("name").stream()))
                .filteredOn(variable -> variable.startsWith("BOOTSTRAP_"))
                .isNotEmpty()
                .map(variable -> variable.replaceFirst("(?<=^BOOTSTRAP_SNAPSHOT_TARGETS_)[A-Z]+", "NAME"))
                .isSubsetOf(known);
    }

    @Test
    void ticksAndHelmTestLookAtTheStoreThatTheChartMakes() {
        List<JsonNode> rendered = rendered(with(
                Renderings.API_VERSIONS,
                List.of("--set", "externalSecrets.verify.enabled=auto,externalSecrets.verify.namespaces={a,b}")));
        JsonNode environment = pod(rendered).at("/containers/0/env");

        assertThat(variable(environment, "BOOTSTRAP_VERIFY_EXTERNAL_SECRETS_STORE"))
                .isEqualTo(
                        one(rendered, "ClusterSecretStore").at("/metadata/name").asText());
        assertThat(variable(environment, "BOOTSTRAP_VERIFY_EXTERNAL_SECRETS_NAMESPACES"))
                .isEqualTo("a,b");
        assertThat(testArguments(rendered)).containsExactly(List.of("status"), List.of("verify", "--external-secrets"));
    }

    @Test
    void nobodyLooksAtExternalSecretsThatAreNotThereOrNotAskedFor() {
        for (List<String> options : List.of(
                List.of("--set", "externalSecrets.verify.enabled=auto"),
                Renderings.API_VERSIONS,
                with(Renderings.API_VERSIONS, List.of("--set", "externalSecrets.verify.enabled=false")))) {
            List<JsonNode> rendered = rendered(options);

            assertThat(pod(rendered).at("/containers/0/env").findValuesAsText("name"))
                    .noneMatch(variable -> variable.contains("EXTERNAL_SECRETS"));
            assertThat(testArguments(rendered)).containsExactly(List.of("status"), List.of("verify"));
        }
    }

    /** Another namespace is granted where it is named, and in no other way. */
    @Test
    void secretsOfOtherNamespacesAreReadByARoleInThere() {
        List<JsonNode> rendered = rendered(
                List.of("--set", "externalSecrets.verify.enabled=true,externalSecrets.verify.namespaces={a,b}"));

        assertThat(ofKind(rendered, "Role"))
                .filteredOn(ChartRenderingTest::readsAllSecrets)
                .extracting(role -> role.at("/metadata/namespace").asText())
                .containsExactly("a", "b");
        assertThat(ofKind(rendered, "ClusterRole")).noneMatch(ChartRenderingTest::readsAllSecrets);
    }

    private static boolean readsAllSecrets(JsonNode role) {
        return StreamSupport.stream(role.path("rules").spliterator(), false)
                .anyMatch(rule -> rule.path("resources").toString().contains("\"secrets\"")
                        && rule.path("verbs").toString().contains("\"get\"")
                        && rule.path("resourceNames").isMissingNode());
    }

    /** Argo CD waits for each wave: a claim may be bound only by the first tick, and a store works only after it. */
    @Test
    void nothingThatWaitsForATickIsInAWaveBeforeTheCronJob() {
        List<JsonNode> rendered = rendered(with(Renderings.API_VERSIONS, List.of("--set", "snapshots.enabled=true")));

        assertThat(List.of("PersistentVolumeClaim", "ClusterSecretStore"))
                .allSatisfy(
                        kind -> assertThat(wave(one(rendered, kind))).isGreaterThan(wave(one(rendered, "CronJob"))));
        assertThat(wave(one(rendered, "ServiceAccount"))).isLessThan(wave(one(rendered, "CronJob")));
    }

    private static int wave(JsonNode resource) {
        return resource.at("/metadata/annotations")
                .path("argocd.argoproj.io/sync-wave")
                .asInt();
    }

    @Test
    void imageIsNamedByItsDigestWhereThereIsOne() {
        String digest = "sha256:" + "0".repeat(64);

        assertThat(pod(rendered(List.of("--set", "image.repository=registry.example/it,image.tag=1.2.3")))
                        .at("/containers/0/image")
                        .asText())
                .isEqualTo("registry.example/it:1.2.3");
        assertThat(pod(rendered(List.of("--set", "image.repository=registry.example/it,image.digest=" + digest)))
                        .at("/containers/0/image")
                        .asText())
                .isEqualTo("registry.example/it@" + digest);
    }

    @Test
    void networkPolicyLetsTicksAskNodesWhereverTheyListen() {
        assertThat(nodePorts("vault.port=8201")).containsExactly(8201);
        assertThat(nodePorts("vault.addresses={https://a.example:8300,https://b.example,https://c.example:8300}"))
                .containsExactly(8300, 443);
    }

    private static List<Integer> nodePorts(String value) {
        JsonNode policy =
                one(rendered(List.of("--set", "networkPolicy.enabled=true", "--set", value)), "NetworkPolicy");
        JsonNode nodes = policy.at("/spec/egress/2/ports");
        return StreamSupport.stream(nodes.spliterator(), false)
                .map(port -> port.path("port").asInt())
                .toList();
    }

    @Test
    void certificateBearsTheNamesByWhichNodesAreAddressed() {
        JsonNode certificate = one(
                rendered(
                        List.of(
                                "--set",
                                "certificate.enabled=true,certificate.issuerRef.name=ca,certificate.extraDnsNames={a.example}")),
                "Certificate");

        assertThat(certificate.at("/spec/dnsNames"))
                .extracting(JsonNode::asText)
                .contains(
                        "*.vault-internal.vault.svc",
                        "vault.vault.svc",
                        "vault-active.vault.svc",
                        "localhost",
                        "a.example");
        assertThat(certificate.at("/spec/ipAddresses"))
                .extracting(JsonNode::asText)
                .containsExactly("127.0.0.1");
    }

    @Test
    void labelsOfAPersonGoBeforeThoseOfTheChartButForThoseThatPickPods() {
        List<JsonNode> rendered = rendered(List.of(
                "--set",
                "networkPolicy.enabled=true,prometheusRule.enabled=true,sealKey.enabled=true",
                "--set-json",
                "commonLabels={\"app.kubernetes.io/version\": \"1\", \"app.kubernetes.io/name\": \"other\"}",
                "--set-json",
                "podLabels={\"app.kubernetes.io/version\": \"2\", \"app.kubernetes.io/instance\": \"other\"}",
                "--set-json",
                "prometheusRule.labels={\"app.kubernetes.io/version\": \"3\"}"));
        JsonNode picked = one(rendered, "NetworkPolicy").at("/spec/podSelector/matchLabels");

        assertThat(Stream.of(
                        one(rendered, "CronJob").at("/spec/jobTemplate/spec/template"),
                        one(rendered, "Job").at("/spec/template")))
                .extracting(pod -> pod.at("/metadata/labels"))
                .allSatisfy(labels -> {
                    assertThat(labels.path("app.kubernetes.io/version").asText())
                            .isEqualTo("2");
                    assertThat(picked.properties()).isNotEmpty().isSubsetOf(labels.properties());
                });
        assertThat(one(rendered, "PrometheusRule")
                        .at("/metadata/labels")
                        .path("app.kubernetes.io/version")
                        .asText())
                .isEqualTo("3");
    }

    @Test
    void numbersAreWrittenOut() {
        JsonNode environment = pod(rendered(
                        List.of(
                                "--set-json",
                                "configuration={\"bootstrap.one\": 12345678, \"bootstrap.two\": 1.5, \"bootstrap.three\": true}")))
                .at("/containers/0/env");

        assertThat(variable(environment, "BOOTSTRAP_ONE")).isEqualTo("12345678");
        assertThat(variable(environment, "BOOTSTRAP_TWO")).isEqualTo("1.5");
        assertThat(variable(environment, "BOOTSTRAP_THREE")).isEqualTo("true");
    }

    /** X.509 has room for 64 characters. */
    @Test
    void commonNameIsAShorterOneWhereTheNamespaceIsLong() {
        List<String> options = List.of("--set", "certificate.enabled=true,certificate.issuerRef.name=ca");
        String longest = "n".repeat(54);

        assertThat(commonName(longest, options))
                .isEqualTo("vault.%s.svc".formatted(longest))
                .hasSize(64);
        assertThat(commonName(longest + "n", options)).isEqualTo("vault");
    }

    private static String commonName(String namespace, List<String> options) {
        JsonNode certificate = one(rendered(namespace, options), "Certificate").path("spec");
        assertThat(certificate.path("dnsNames"))
                .extracting(JsonNode::asText)
                .contains(certificate.path("commonName").asText());
        return certificate.path("commonName").asText();
    }

    /** The Secret is in another namespace then, and what ticks look for is a copy. */
    @Test
    void authorityOfNodesInAnotherNamespaceIsInASecretOfAnyName() {
        assertThat(
                        kinds(
                                rendered(
                                        List.of(
                                                "--set",
                                                "certificate.enabled=true,certificate.issuerRef.name=ca,certificate.secretName=nodes,vault.namespace=other"))))
                .contains("Certificate");
    }

    @Test
    void vaultGetsATokenOfItsOwnAudienceAndTheApiServersIsMountedByHand() {
        JsonNode pod = pod(rendered(List.of("--set", "access.audience=bao")));

        assertThat(pod.path("automountServiceAccountToken").asBoolean(true)).isFalse();
        assertThat(pod.findValues("serviceAccountToken")).hasSize(2).anySatisfy(token -> {
            assertThat(token.path("audience").asText()).isEqualTo("bao");
        });
    }

    private DesiredState desired(List<JsonNode> rendered) throws IOException {
        Path document = folder.resolve("desired-state.yaml");
        Files.writeString(
                document,
                rendered.stream()
                        .map(resource -> resource.at("/data/desired-state.yaml").asText())
                        .filter(text -> !text.isEmpty())
                        .findFirst()
                        .orElseThrow());
        return new DesiredStateParser(name -> Optional.empty()).parse(document);
    }

    private static JsonNode pod(List<JsonNode> rendered) {
        return podOf(one(rendered, "CronJob"));
    }

    private static JsonNode podOf(JsonNode cronJob) {
        return cronJob.at("/spec/jobTemplate/spec/template/spec");
    }

    /** A copy of the cluster acts on what it reaches, so that no rule for ticks may be one for drills. */
    @Test
    void drillReachesOnlyWhatItIsGivenAndReadsOnlyTheShares() {
        List<JsonNode> rendered = rendered(
                with(
                        Renderings.DRILL,
                        List.of(
                                "--set",
                                "networkPolicy.enabled=true,drill.isolated=true,networkPolicy.extraEgress[0].ports[0].port=5432,"
                                        + "networkPolicy.apiServer.to[0].ipBlock.cidr=10.0.0.1/32,drill.egress[0].ports[0].port=9000")));
        JsonNode drill = named(rendered, "CronJob", "foundation-vault-bootstrap-drill");
        JsonNode labels = drill.at("/spec/jobTemplate/spec/template/metadata/labels");
        JsonNode own = named(rendered, "NetworkPolicy", "foundation-vault-bootstrap-drill");
        JsonNode ofTicks = named(rendered, "NetworkPolicy", "foundation-vault-bootstrap");

        assertThat(picks(own, labels)).isTrue();
        assertThat(picks(ofTicks, labels)).isFalse();
        assertThat(own.at("/spec/egress").findValuesAsText("port")).containsExactly("53", "53", "443", "6443", "9000");
        assertThat(own.at("/spec/egress/1/to/0/ipBlock/cidr").asText()).isEqualTo("10.0.0.1/32");
        assertThat(variable(podOf(drill).at("/containers/0/env"), "BOOTSTRAP_SNAPSHOT_DRILL_ISOLATED"))
                .isEqualTo("true");
        assertThat(named(rendered, "Role", "vault-bootstrap-drill-custody").path("rules"))
                .singleElement()
                .satisfies(rule -> {
                    assertThat(rule.path("verbs").toString()).isEqualTo("[\"get\"]");
                    assertThat(rule.path("resourceNames").toString()).isEqualTo("[\"vault-bootstrap-keys\"]");
                });
        assertThat(ofKind(rendered, "RoleBinding"))
                .filteredOn(binding -> binding.at("/subjects/0/name").asText().equals("vault-bootstrap-drill"))
                .extracting(binding -> binding.at("/roleRef/name").asText())
                .containsExactly("vault-bootstrap-drill-custody");
    }

    private static boolean picks(JsonNode policy, JsonNode labels) {
        return policy.at("/spec/podSelector/matchLabels").properties().stream()
                .allMatch(label -> label.getValue().equals(labels.path(label.getKey())));
    }

    @Test
    void drillRunsTheServerOfAnotherImageAndMountsWhatHoldsSnapshotsReadOnly() {
        JsonNode pod = podOf(named(
                rendered(with(Renderings.DRILL, List.of("--set", "drill.auditFolders={/openbao/audit}"))),
                "CronJob",
                "foundation-vault-bootstrap-drill"));

        assertThat(pod.at("/initContainers/0/image").asText()).isEqualTo("openbao/openbao:2.7.2");
        assertThat(pod.at("/initContainers/0/command").toString())
                .isEqualTo("[\"cp\",\"/bin/bao\",\"/opt/server/server\"]");
        assertThat(variable(pod.at("/containers/0/env"), "BOOTSTRAP_SANDBOX_SERVER_BINARY"))
                .isEqualTo("/opt/server/server");
        assertThat(pod.at("/containers/0/volumeMounts"))
                .filteredOn(mount -> !mount.path("readOnly").asBoolean())
                .extracting(mount -> mount.path("mountPath").asText())
                .containsExactly("/tmp", "/openbao/audit");
    }

    private static JsonNode named(List<JsonNode> rendered, String kind, String name) {
        return ofKind(rendered, kind).stream()
                .filter(resource -> resource.at("/metadata/name").asText().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no %s %s".formatted(kind, name)));
    }

    private static String variable(JsonNode environment, String name) {
        return StreamSupport.stream(environment.spliterator(), false)
                .filter(variable -> variable.path("name").asText().equals(name))
                .map(variable -> variable.path("value").asText())
                .findFirst()
                .orElseThrow();
    }

    private static List<List<String>> testArguments(List<JsonNode> rendered) {
        return ofKind(rendered, "Pod").stream()
                .map(pod ->
                        JSON.<List<String>>convertValue(pod.at("/spec/containers/0/args"), new TypeReference<>() {}))
                .toList();
    }

    private static List<JsonNode> ofKind(List<JsonNode> rendered, String kind) {
        return rendered.stream()
                .filter(resource -> resource.path("kind").asText().equals(kind))
                .toList();
    }

    private static JsonNode one(List<JsonNode> rendered, String kind) {
        List<JsonNode> found = ofKind(rendered, kind);
        assertThat(found).as(kind).hasSize(1);
        return found.getFirst();
    }

    private static List<String> kinds(List<JsonNode> rendered) {
        return rendered.stream().map(resource -> resource.path("kind").asText()).toList();
    }

    private static List<JsonNode> rendered(List<String> options) {
        return rendered("vault", options);
    }

    private static List<JsonNode> rendered(String namespace, List<String> options) {
        LoaderOptions strict = new LoaderOptions();
        strict.setAllowDuplicateKeys(false);
        Iterable<Object> documents = new Yaml(strict)
                .loadAll(Chart.render("bootstrap", namespace, options).manifests());
        return StreamSupport.stream(documents.spliterator(), false)
                .filter(Map.class::isInstance)
                .<JsonNode>map(JSON::valueToTree)
                .toList();
    }

    private static List<String> with(List<String> options, List<String> more) {
        List<String> all = new ArrayList<>(options);
        all.addAll(more);
        return all;
    }
}
