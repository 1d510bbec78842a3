package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.snapshot.ObjectStore;
import io.ameide.vault.bootstrap.snapshot.SnapshotConfig;
import io.ameide.vault.bootstrap.snapshot.StoreException;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import io.quarkus.runtime.configuration.DurationConverter;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/** Targets in S3 and Azure Blob Storage as configuration makes them; none of them is asked anything. */
class SnapshotPlacesTest {

    private static final String PREFIX = "bootstrap.snapshot.targets.offsite.";

    @TempDir
    Path folder;

    @Test
    void bucketOfAmazonTakesItsRegion() {
        assertThat(description("s3.bucket=vault-snapshots s3.region=eu-central-1 s3.prefix=/clusters/a/"))
                .isEqualTo("S3 bucket vault-snapshots/clusters/a");
    }

    @Test
    void bucketOfAnotherStoreTakesAnEndpointAndEverythingElse() throws IOException {
        Path file = secret("text");
        assertThat(description(
                        "s3.bucket=b_1 s3.endpoint=https://minio:9000/s3 s3.path-style=false s3.encryption=kms s3.kms-key=k"
                                + " s3.object-lock.mode=compliance s3.object-lock.days=30 s3.access-key-id-file=" + file
                                + " s3.secret-access-key-file=" + file + " s3.session-token-file=" + file))
                .isEqualTo("S3 bucket b_1 at https://minio:9000");
        assertThat(description(
                        "s3.bucket=b_1 s3.endpoint=https://minio:9000 s3.web-identity.role-arn=arn:aws:iam::1:role/r"
                                + " s3.web-identity.token-file=" + file
                                + " s3.web-identity.endpoint=https://minio:9000"))
                .isEqualTo("S3 bucket b_1 at https://minio:9000");
    }

    @Test
    void containerIsNamedByAccountOrConnectionString() throws IOException {
        assertThat(description("azure-blob.container=vault azure-blob.account=https://a.blob.core.windows.net"
                        + " azure-blob.prefix=p azure-blob.sas-token-file=" + secret("?sv=2021-12-02&sig=x")))
                .isEqualTo("Azure container vault/p at https://a.blob.core.windows.net");
        assertThat(description("azure-blob.container=vault azure-blob.connection-string-file="
                        + secret("DefaultEndpointsProtocol=https;AccountName=b;AccountKey=aHVudGVyMg==;"
                                + "EndpointSuffix=core.windows.net\n")))
                .isEqualTo("Azure container vault at https://b.blob.core.windows.net");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    s3.region=r                                                     | .s3.bucket is required
                    s3.bucket=a/b                                                   | .s3.bucket is no such name
                    s3.bucket=bb s3.region=EU                                       | .s3.region is no such name
                    s3.bucket=bb s3.endpoint=minio:9000                             | .s3.endpoint is no address of http or https
                    s3.bucket=bb s3.endpoint=https://id:hunter2@minio               | .s3.endpoint has more than scheme, host, port and path
                    s3.bucket=bb s3.region=r s3.prefix=a//b                         | .s3.prefix has an empty part
                    s3.bucket=bb s3.region=r s3.prefix=a/../b                       | .s3.prefix has an empty part
                    s3.bucket=bb s3.region=r s3.kms-key=k                           | .s3.encryption is not kms
                    s3.bucket=bb s3.region=r s3.object-lock.days=3                  | .s3.object-lock.mode is required
                    s3.bucket=bb s3.region=r s3.object-lock.mode=governance s3.object-lock.days=0 | .s3.object-lock.days is 0
                    s3.bucket=bb s3.region=r s3.access-key-id-file=/a               | offsite.s3 are named in part
                    s3.bucket=bb s3.region=r s3.session-token-file=/a               | offsite.s3 are named in part
                    s3.bucket=bb s3.region=r s3.access-key-id-file=/a s3.secret-access-key-file=/a s3.web-identity.role-arn=r s3.web-identity.token-file=/a | .s3.web-identity are set at once
                    s3.bucket=bb s3.region=r azure-blob.container=cc                | offsite.s3 and bootstrap.snapshot.targets.offsite.azure-blob
                    azure-blob.container=a--b azure-blob.account=https://a.example  | .azure-blob.container is no such name
                    azure-blob.container=aaa                                        | .azure-blob.account is not set
                    azure-blob.container=aaa azure-blob.account=https://a.example?sig=hunter2 | .azure-blob.account has more than scheme, host, port and path
                    azure-blob.container=aaa azure-blob.account=https://a.example azure-blob.connection-string-file=/a | .azure-blob.account are set at once
                    azure-blob.container=aaa azure-blob.sas-token-file=/a azure-blob.connection-string-file=/a | .azure-blob.sas-token-file are set at once
                    """)
    void settingsThatCannotBeRightAreRefusedByKeyWithoutTheirValue(String settings, String said) {
        assertThatExceptionOfType(RuntimeException.class)
                .isThrownBy(() -> open(settings))
                .satisfies(refusal -> {
                    assertThat(refusal.getMessage()).contains(said).doesNotContain("hunter2");
                    if (refusal instanceof ProblemException told) {
                        assertThat(told.problem().kind()).isEqualTo(Problem.Kind.INVALID);
                        assertThat(told.problem().hint()).isNotEmpty();
                    }
                });
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    s3.bucket=bb s3.region=r s3.access-key-id-file=/absent s3.secret-access-key-file=/absent | .s3.access-key-id-file names: no such file
                    s3.bucket=bb s3.region=r s3.web-identity.role-arn=r s3.web-identity.token-file=/absent   | .s3.web-identity.token-file names: no such file
                    s3.bucket=bb s3.region=r s3.ca-file=/absent                                              | read the authorities in /absent
                    azure-blob.container=aaa azure-blob.connection-string-file=/absent                       | .azure-blob.connection-string-file names: no such file
                    azure-blob.container=aaa azure-blob.connection-string-file=EMPTY                         | .azure-blob.connection-string-file names: is empty
                    azure-blob.container=aaa azure-blob.connection-string-file=ODD                           | the connection string of an Azure storage account: it is none
                    azure-blob.container=aaa azure-blob.account=https://a.example                            | the pod has no workload identity
                    """)
    void missingCredentialsAreTheTargetsOwnTrouble(String settings, String said) throws IOException {
        String placed = settings.replace("EMPTY", secret(" \n").toString())
                .replace("ODD", secret("hunter2").toString());
        try (OpenTargets targets = open(placed)) {
            ObjectStore store = targets.stores().getFirst();
            assertThat(store.description()).doesNotContain("hunter2");
            assertThatExceptionOfType(StoreException.Denied.class)
                    .isThrownBy(store::list)
                    .withMessageContainingAll("of target offsite: ", said)
                    .satisfies(refusal -> assertThat(refusal.getMessage()).doesNotContain("hunter2"));
        }
    }

    /** A service that ticks for months opens them every few minutes. */
    @Test
    void closedTargetsLeaveNoThread() throws IOException, InterruptedException {
        Path key = secret("text");
        Set<Thread> before = threads();
        Set<Thread> own;
        try (OpenTargets targets = open("s3.bucket=bb s3.endpoint=http://127.0.0.1:1 s3.access-key-id-file=" + key
                + " s3.secret-access-key-file=" + key)) {
            assertThatExceptionOfType(StoreException.Unavailable.class)
                    .isThrownBy(targets.stores().getFirst()::list);
            own = new HashSet<>(threads());
            own.removeAll(before);
            assertThat(own).as("threads of the client").isNotEmpty();
        }

        for (Thread thread : own) {
            assertThat(thread.join(Duration.ofSeconds(10))).as(thread.getName()).isTrue();
        }
    }

    private static Set<Thread> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("sdk-"))
                .collect(Collectors.toSet());
    }

    private String description(String settings) {
        try (OpenTargets targets = open(settings)) {
            assertThat(targets.stores()).hasSize(1);
            return targets.stores().getFirst().description();
        }
    }

    private static OpenTargets open(String settings) {
        Map<String, String> properties = new HashMap<>();
        for (String setting : settings.split(" ")) {
            String[] parts = setting.split("=", 2);
            properties.put(PREFIX + parts[0], parts[1]);
        }
        SnapshotConfig config = new SmallRyeConfigBuilder()
                .withConverter(Duration.class, 200, new DurationConverter())
                .withMapping(SnapshotConfig.class)
                .withSources(new PropertiesConfigSource(properties, "test", 100))
                .build()
                .getConfigMapping(SnapshotConfig.class);
        return new SnapshotTargets(config, new Version(), Clock.systemUTC()).open();
    }

    private Path secret(String content) throws IOException {
        return Files.writeString(Files.createTempFile(folder, "secret-", ""), content);
    }
}
