package io.ameide.vault.bootstrap.chart;

import org.junit.jupiter.params.provider.Arguments;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Ways to render the chart: each values file, and each switch on and off. */
final class Renderings {

    /** As a cluster that has all three operators. */
    static final List<String> API_VERSIONS = List.of(
            "--api-versions", "external-secrets.io/v1",
            "--api-versions", "cert-manager.io/v1",
            "--api-versions", "monitoring.coreos.com/v1");

    static final List<String> OPTIONAL_PARTS = set(
            "externalSecrets.store.enabled=true",
            "certificate.enabled=true",
            "certificate.issuerRef.name=ca",
            "prometheusRule.enabled=true",
            "externalSecrets.verify.enabled=true");

    static final List<String> NO_OPTIONAL_PARTS =
            set("externalSecrets.store.enabled=false", "certificate.enabled=false", "prometheusRule.enabled=false");

    static final List<String> DRILL = set(
            "drill.enabled=true",
            "drill.server.image.repository=openbao/openbao",
            "drill.server.image.tag=2.7.2",
            "snapshots.enabled=true");

    private static final Path DEFINITIONS = Path.of("src/test/resources/chart/crds");

    private Renderings() {}

    /** What the three operators make an API server know, as far as the chart uses it. */
    static List<Path> definitions() {
        try (Stream<Path> definitions = Files.list(DEFINITIONS)) {
            return definitions.toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Stream<Arguments> all() {
        return Stream.of(
                Arguments.of("defaults", List.of()),
                Arguments.of("local", List.of("--values", "chart/values-local.yaml")),
                Arguments.of("ha", List.of("--values", "chart/values-ha.yaml")),
                Arguments.of("local with operators", with("--values", "chart/values-local.yaml", API_VERSIONS)),
                Arguments.of("ha with operators", with("--values", "chart/values-ha.yaml", API_VERSIONS)),
                Arguments.of("optional parts", OPTIONAL_PARTS),
                Arguments.of("no optional parts", NO_OPTIONAL_PARTS),
                Arguments.of("addresses", set("vault.addresses={https://a.example:8200,https://b.example:8200}")),
                Arguments.of("public authority", set("vault.tls.caSecret=")),
                Arguments.of(
                        "authority in a ConfigMap",
                        set("vault.tls.caSecret=", "vault.tls.caConfigMap=ca", "externalSecrets.store.enabled=true")),
                Arguments.of(
                        "Key Vault",
                        set(
                                "custody.kind=azure",
                                "custody.azure.vaultUrl=https://a.vault.azure.net",
                                "custody.azure.clientId=00000000-0000-0000-0000-000000000000",
                                "custody.azure.tenantId=00000000-0000-0000-0000-000000000001")),
                Arguments.of("escrow", set("escrow.configMap=copies", "escrow.holders.alice=key")),
                Arguments.of("shares", set("keys.shares=3", "keys.threshold=2")),
                Arguments.of(
                        "existing document",
                        set("desiredState.existingSecret=document", "desiredState.sources[0].configMap=fixtures")),
                Arguments.of("document in a ConfigMap", set("desiredState.existingConfigMap=document")),
                Arguments.of("document alone", set("externalSecrets.configure=false")),
                Arguments.of("required keys", set("requiredKeys[0].key=a", "requiredKeys[0].requiredBy=b")),
                Arguments.of(
                        "look at External Secrets",
                        set(
                                "externalSecrets.verify.enabled=true",
                                "externalSecrets.verify.store=another",
                                "externalSecrets.verify.namespaces={vault}")),
                Arguments.of("seal key", set("sealKey.enabled=true")),
                Arguments.of("seal key without hook", set("sealKey.enabled=true", "sealKey.hook=false")),
                Arguments.of("snapshots", set("snapshots.enabled=true", "snapshots.storageClassName=fast")),
                Arguments.of(
                        "places of snapshots",
                        set(
                                "snapshots.targets.offsite.secret=keys",
                                "snapshots.targets.offsite.configuration.s3\\.bucket=b",
                                "snapshots.targets.cloud.configuration.azure-blob\\.container=c",
                                "networkPolicy.enabled=true",
                                "networkPolicy.snapshots.to[0].ipBlock.cidr=10.0.8.0/24")),
                Arguments.of("existing claim", set("snapshots.enabled=true", "snapshots.existingClaim=claim")),
                Arguments.of("drill", DRILL),
                Arguments.of(
                        "drill with all it may need",
                        Stream.concat(
                                        DRILL.stream(),
                                        set(
                                                "drill.isolated=true",
                                                "drill.egress[0].ports[0].port=443",
                                                "drill.secret=seal",
                                                "drill.auditFolders={/openbao/audit}",
                                                "networkPolicy.apiServer.to[0].ipBlock.cidr=10.0.0.1/32",
                                                "prometheusRule.enabled=true",
                                                "snapshots.targets.offsite.secret=keys",
                                                "snapshots.targets.offsite.configuration.s3\\.bucket=b",
                                                "drill.target=offsite")
                                                .stream())
                                .toList()),
                Arguments.of("account of somebody else", set("serviceAccount.create=false", "rbac.create=false")),
                Arguments.of("no doctor", set("rbac.doctor=false")),
                Arguments.of(
                        "token review",
                        set(
                                "rbac.tokenReview.vault=true",
                                "rbac.tokenReview.clients=true",
                                "access.audience=https://kubernetes.default.svc",
                                "externalSecrets.audience=https://kubernetes.default.svc")),
                Arguments.of(
                        "network policy",
                        set(
                                "networkPolicy.enabled=true",
                                "networkPolicy.apiServer.to[0].ipBlock.cidr=10.0.0.1/32",
                                "networkPolicy.extraEgress[0].ports[0].port=443")),
                Arguments.of("no tests", set("tests.enabled=false")),
                Arguments.of("suspended", set("cronJob.suspend=true", "cronJob.ttlSecondsAfterFinished=null")),
                Arguments.of("everything of a Pod", List.of("--values", "src/test/resources/chart/pod-values.yaml")));
    }

    private static List<String> with(String option, String argument, List<String> more) {
        List<String> all = new ArrayList<>(List.of(option, argument));
        all.addAll(more);
        return all;
    }

    private static List<String> set(String... values) {
        List<String> options = new ArrayList<>();
        for (String value : values) {
            options.addAll(List.of("--set", value));
        }
        return options;
    }
}
