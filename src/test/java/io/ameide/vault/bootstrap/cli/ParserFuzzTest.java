package io.ameide.vault.bootstrap.cli;

import com.sun.net.httpserver.HttpServer;
import io.ameide.vault.bootstrap.access.AccessSettings;
import io.ameide.vault.bootstrap.access.OwnPolicy;
import io.ameide.vault.bootstrap.access.SignIn;
import io.ameide.vault.bootstrap.coverage.RequiredKeysFile;
import io.ameide.vault.bootstrap.custody.FileKeyStore;
import io.ameide.vault.bootstrap.custody.KeyMaterialJson;
import io.ameide.vault.bootstrap.desired.DesiredState;
import io.ameide.vault.bootstrap.desired.DesiredStateParser;
import io.ameide.vault.bootstrap.kubernetes.JsonWebToken;
import io.ameide.vault.bootstrap.openpgp.PgpEncryption;
import io.ameide.vault.bootstrap.openpgp.PgpHolder;
import io.ameide.vault.bootstrap.openpgp.PgpIdentity;
import io.ameide.vault.bootstrap.openpgp.PgpKey;
import io.ameide.vault.bootstrap.secrets.FixtureFile;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.snapshot.Archives;
import io.ameide.vault.bootstrap.snapshot.SnapshotArchive;
import io.ameide.vault.bootstrap.snapshot.SnapshotManifest;
import io.ameide.vault.bootstrap.snapshot.SnapshotSchedule;
import io.ameide.vault.bootstrap.testing.CertificateAuthority;
import io.ameide.vault.bootstrap.testing.Fuzz;
import io.ameide.vault.bootstrap.testing.Nodes;
import io.ameide.vault.bootstrap.tick.ProblemException;
import io.ameide.vault.bootstrap.vault.Cluster;
import io.ameide.vault.bootstrap.vault.NodeAddress;
import io.ameide.vault.bootstrap.vault.NodeException;
import io.ameide.vault.bootstrap.vault.PemAuthorities;
import io.ameide.vault.bootstrap.vault.VaultNode;
import io.ameide.vault.bootstrap.vault.VaultSession;
import io.ameide.vault.bootstrap.vault.Waiter;
import org.bouncycastle.openpgp.PGPException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

import static io.ameide.vault.bootstrap.testing.Fuzz.bytes;

/**
 * What a parser reads, whoever wrote it, gives a value or the exception that the parser declares: never another exception,
 * which would be reported as a defect, and never without an end.
 */
class ParserFuzzTest {

    private static final String[] YAML = {
        "policies:",
        "- ",
        "  ",
        "\n",
        ": ",
        "{",
        "}",
        "[",
        "]",
        "\"",
        "'",
        "&a ",
        "*a",
        "<<: ",
        "!!binary ",
        "!x ",
        "|\n",
        ">-\n",
        "? ",
        "#",
        "%YAML 1.1\n",
        "---\n",
        "...\n",
        "\\x",
        "\\u12",
        "\\U00110000",
        "\t",
        "${file:a}",
        "${env:A}",
        "name",
        "rules",
        "path",
        "type",
        "kv",
        "options",
        "version",
        "data",
        "secrets",
        "fixtures",
        "generate",
        "length",
        "charset",
        "roles",
        "sensitive",
        "requiredKeys",
        "key",
        "mount",
        "requiredBy",
        "resources",
        "authMethods",
        "a/../b"
    };
    private static final String[] JSON = {
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"",
        "\"a\":",
        "\\",
        "\\u12",
        "\"value\":",
        "\"name\":",
        "\"data\":",
        "\"errors\":",
        "\n",
        " ",
        "/*",
        "1e",
        "nul",
        "\"\\uD800\""
    };

    @TempDir
    static Path folder;

    private static PgpHolder holder;

    @BeforeAll
    static void sayHowToRepeat() throws PGPException, IOException {
        System.out.println(Fuzz.seed());
        holder = PgpHolder.named("alice");
    }

    @Test
    void desiredState() {
        new Fuzz(List.of(example("examples/local/desired-state.yaml"), bytes("""
                                        policies: [{name: a, rules: "path \\"x\\" {}"}]
                                        secrets:
                                          - {name: a/b, generate: {length: 40, charset: base64url}, property: p}
                                        resources:
                                          - &r
                                            path: sys/config/cors
                                            data: {a: 1, b: [true, 1.5, "${env:SET}"], c: {d: e}}
                                            sensitive: [a]
                                          - <<: *r
                                            path: b
                                        """)), YAML).run(input -> {
            try {
                new DesiredStateParser(name -> Optional.of("v")).parse(file(input));
            } catch (ProblemException e) {
                declared(e);
            }
        });
    }

    @Test
    void requiredKeys() {
        new Fuzz(List.of(bytes("""
                                requiredKeys:
                                  - {key: a/b, property: p, mount: secret, requiredBy: deployment/api}
                                  - key: c
                                    requiredBy: d
                                """)), YAML).run(input -> {
            try {
                RequiredKeysFile.read(file(input));
            } catch (ProblemException e) {
                declared(e);
            }
        });
    }

    @Test
    void fixtures() {
        new Fuzz(
                        List.of(
                                bytes("{\"a\": \"b\", \"c/d\": {\"e\": 1, \"f\": [1.5, true, {\"g\": \"h\"}]}}"),
                                bytes(
                                        "[{\"name\": \"a\", \"value\": {\"b\": \"c\"}}, {\"name\": \"d\", \"value\": \"e\"}]")),
                        JSON)
                .run(input -> {
                    try {
                        FixtureFile.read(file(input));
                    } catch (ProblemException e) {
                        declared(e);
                    }
                });
    }

    @Test
    void custody() {
        new Fuzz(List.of(bytes(BadInputIT.anotherCluster()), bytes("""
                        {"version": 1, "phase": "INITIALIZING", "kind": "RECOVERY", "shareCount": 5, "threshold": 3,
                         "shares": [], "escrowed": [{"holder": "a", "ciphertext": "b"}], "address": "http://a:1", "pod": "p",
                         "appRole": {"mount": "m", "role": "r", "roleId": "i", "secretId": "s"}, "clusterId": "c",
                         "startedAt": "2026-11-01T10:00:00Z", "startedBy": {"pid": 1, "host": "h"},
                         "fingerprints": {"a": "b"}, "aside": [],
                         "checksumKey": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}""")), JSON).run(input -> {
            try {
                new KeyMaterialJson().read(input, "custody");
            } catch (ProblemException e) {
                declared(e);
            }
        });
    }

    @Test
    void manifest() {
        new Fuzz(List.of(bytes("""
                        {"archive": "c-20261122T101530Z-4711.snap", "sha256": "%1$s", "size": 1, "stateSize": 2, "index": 3,
                         "term": 4, "clusterId": "i", "clusterName": "c", "serverKind": "k", "serverVersion": "v",
                         "sealType": "shamir", "custody": "u", "takenAt": "2026-11-22T10:15:30Z", "takenBy": "t",
                         "encryption": {"recipients": ["r"], "sha256": "%1$s", "size": 5}, "entries": {"e": 6},
                         "canary": 7, "flags": ["f"]}""".formatted("0".repeat(64)))), JSON).run(input -> {
            try {
                SnapshotManifest.parse("manifest", input);
            } catch (ProblemException e) {
                declared(e);
            }
        });
    }

    @Test
    void archiveAsItComes() {
        new Fuzz(List.of(Archives.good()), "\u001f\u008b", "meta.json", "state.bin", "ustar")
                .run(ParserFuzzTest::verify);
    }

    @Test
    void archiveUnderItsCompression() {
        new Fuzz(
                        List.of(Archives.goodTar()),
                        "meta.json",
                        "state.bin",
                        "SHA256SUMS",
                        "ustar",
                        "0000777",
                        "path=",
                        "\u0000",
                        "x",
                        "\"Size\":")
                .run(input -> verify(Archives.gzip(input)));
    }

    private static void verify(byte[] archive) throws IOException {
        try {
            SnapshotArchive.verify("archive", new ByteArrayInputStream(archive), OutputStream.nullOutputStream());
        } catch (ProblemException e) {
            declared(e);
        }
    }

    @Test
    void pgpPublicKey() throws IOException {
        new Fuzz(
                        List.of(bytes(holder.armoredKey()), holder.binaryKey()),
                        "-----BEGIN PGP PUBLIC KEY BLOCK-----",
                        "-----END PGP PUBLIC KEY BLOCK-----",
                        "-----BEGIN PGP MESSAGE-----",
                        "Comment:",
                        "\n",
                        "\n\n",
                        " ",
                        "=AAAA",
                        "-",
                        "\u0099")
                .run(input -> {
                    try {
                        new PgpEncryption(PgpKey.read(file(input)), Instant.now()).encrypt(Sensitive.of("x"));
                    } catch (ProblemException e) {
                        declared(e);
                    }
                });
    }

    @Test
    void pgpPrivateKey() throws IOException {
        new Fuzz(List.of(holder.privateKey()), "-----BEGIN PGP PRIVATE KEY BLOCK-----", "\n\n", "Comment:", "=AAAA")
                .run(input -> {
                    try {
                        PgpIdentity.read(file(input), Optional.empty())
                                .decrypting(new ByteArrayInputStream(message()))
                                .readAllBytes();
                    } catch (ProblemException e) {
                        declared(e);
                    }
                });
    }

    @Test
    void pgpMessage() throws IOException {
        Path key = Files.write(folder.resolve("private.pgp"), holder.privateKey());
        PgpIdentity identity = PgpIdentity.read(key, Optional.empty());
        new Fuzz(List.of(message()), "-----BEGIN PGP MESSAGE-----", "\n\n", "\u00c3", "\u00ff").run(input -> {
            try {
                identity.decrypting(new ByteArrayInputStream(input)).readAllBytes();
            } catch (ProblemException e) {
                declared(e);
            }
        });
    }

    private static byte[] message() throws IOException {
        Path key = Files.write(folder.resolve("public.pgp"), holder.binaryKey());
        var message = new ByteArrayOutputStream();
        try (OutputStream out =
                PgpEncryption.encrypting(List.of(new PgpEncryption(PgpKey.read(key), Instant.now())), message)) {
            out.write(bytes("what is inside"));
        }
        return message.toByteArray();
    }

    @Test
    void pemCertificates() throws IOException {
        byte[] pem = Files.readAllBytes(new CertificateAuthority("ca").writeTo(folder.resolve("ca.pem")));
        new Fuzz(
                        List.of(pem),
                        "-----BEGIN CERTIFICATE-----",
                        "-----END CERTIFICATE-----",
                        "-----BEGIN PRIVATE KEY-----",
                        "\n",
                        "MII",
                        "-")
                .run(input -> {
                    try {
                        PemAuthorities.trust(file(input));
                    } catch (IOException | GeneralSecurityException e) {
                        // As declared.
                    }
                });
    }

    @Test
    void projectedToken() {
        var appRole = new AccessSettings.AppRole("m", "r");
        var cluster = new Cluster(List.of(), Waiter.REAL);
        var custody = new FileKeyStore(folder.resolve("custody"));
        new Fuzz(
                        List.of(
                                bytes(
                                        "{\"aud\": [\"vault\"], \"exp\": 1790000000, \"sub\": \"system:serviceaccount:n:a\"}"),
                                bytes(
                                        "{\"aud\": \"vault\", \"exp\": 1790000000.5, \"sub\": \"system:serviceaccount:n:a\"}")),
                        "{",
                        "}",
                        "[",
                        "]",
                        "\"aud\":",
                        "\"exp\":",
                        "\"sub\":",
                        "system:serviceaccount:",
                        ":",
                        ",",
                        "\"")
                .run(input -> {
                    String payload = Base64.getUrlEncoder().encodeToString(input);
                    for (String token : List.of("e30.%s.c2ln".formatted(payload), text(input))) {
                        JsonWebToken.claims(Sensitive.of(token));
                        var kubernetes =
                                new AccessSettings.Kubernetes("r", "m", file(bytes(token)), "https://kubernetes");
                        var settings =
                                new AccessSettings(appRole, Optional.of(kubernetes), Duration.ofMinutes(1), false);
                        try {
                            SignIn.as(
                                    settings,
                                    cluster,
                                    custody,
                                    DesiredState.EMPTY,
                                    OwnPolicy.of(settings, DesiredState.EMPTY, List.of(), "own"),
                                    Clock.systemUTC());
                        } catch (ProblemException e) {
                            declared(e);
                        }
                    }
                });
    }

    @Test
    void nodeAddress() {
        new Fuzz(
                        List.of(bytes("https://vault-0.vault-internal:8200"), bytes("http://[::1]:8200/")),
                        "http://",
                        "https://",
                        ":",
                        "/",
                        "[",
                        "]",
                        "%",
                        "@",
                        "?",
                        "#",
                        "a",
                        "..",
                        " ")
                .run(input -> {
                    try {
                        NodeAddress.parse(text(input));
                    } catch (IllegalArgumentException e) {
                        // As declared.
                    }
                });
    }

    @Test
    void cron() {
        new Fuzz(
                        List.of(bytes("30 2 * * *"), bytes("*/5 1-3,7 1 JAN MON"), bytes("0 0 29 2 0-6/2")),
                        "*",
                        "/",
                        "-",
                        ",",
                        "|",
                        "?",
                        "L",
                        "W",
                        "#",
                        " ",
                        "1",
                        "59",
                        "MON",
                        "DEC",
                        "@daily")
                .run(input -> {
                    try {
                        new SnapshotSchedule.Cron(text(input)).after(Instant.now());
                    } catch (IllegalArgumentException e) {
                        // As declared.
                    }
                });
    }

    @Test
    void configurationFile() {
        new Fuzz(
                        List.of(bytes("bootstrap.keys.shares=5\nbootstrap.vault.addresses: a,\\\n b\n# c\n")),
                        "\\u12",
                        "\\",
                        "=",
                        ":",
                        "\n",
                        "#",
                        "bootstrap.",
                        "\"",
                        "[0]",
                        "${",
                        "}")
                .run(input -> {
                    try {
                        LaunchOptions options =
                                LaunchOptions.of("run", "--config", file(input).toString());
                        ConfigurationKeys.requireKnownKeys(options.places());
                    } catch (ProblemException e) {
                        declared(e);
                    }
                });
    }

    @Test
    void answersOfAServer() throws IOException {
        var answer = new AtomicReference<>(new byte[0]);
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            byte[] body = answer.get();
            exchange.getRequestBody().readAllBytes();
            exchange.sendResponseHeaders(200, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        try {
            VaultNode node = Nodes.at(
                    URI.create("http://127.0.0.1:" + server.getAddress().getPort()));
            VaultSession session = node.session(Sensitive.of("token"));
            List<Runnable> requests = List.of(
                    node::sealStatus,
                    node::role,
                    node::leader,
                    node::rootAttempt,
                    () -> node.loginWithAppRole("m", Sensitive.of("r"), Sensitive.of("s")),
                    () -> node.hasKubernetesAuth("m"),
                    () -> session.read("a/b"),
                    () -> session.list("a"),
                    () -> session.writeFields("a", Map.of()),
                    () -> session.capabilities("a"),
                    session::raftPeers,
                    session::alive,
                    () -> session.kv("secret").read("a"));
            new Fuzz(
                            List.of(
                                    bytes("""
                                            {"type":"shamir","initialized":true,"sealed":false,"t":3,"n":5,"progress":0,"nonce":"",
                                             "version":"2.7.2","cluster_name":"c","cluster_id":"i","recovery_seal":false,
                                             "storage_type":"raft"}"""),
                                    bytes("{\"ha_enabled\":true,\"is_self\":true,\"leader_address\":\"http://a:1\"}"),
                                    bytes("""
                                            {"data":{"data":{"a":"b"},"metadata":{"version":1,"deletion_time":"","destroyed":false},
                                             "keys":["a"],"capabilities":["read"],
                                             "config":{"servers":[{"node_id":"a","address":"a:1","voter":true}]}}}"""),
                                    bytes(
                                            "{\"auth\":{\"client_token\":\"t\",\"accessor\":\"a\",\"lease_duration\":60},\"warnings\":[\"w\"]}")),
                            JSON)
                    .run(input -> {
                        answer.set(input);
                        for (Runnable request : requests) {
                            try {
                                request.run();
                            } catch (NodeException e) {
                                // As declared.
                            } catch (ProblemException e) {
                                declared(e);
                            }
                        }
                    });
        } finally {
            server.stop(0);
        }
    }

    /** A problem that is no defect: what a person did wrong is said to the person. */
    private static void declared(ProblemException e) {
        if (e.problem().message().isBlank() || e.problem().toString().contains("defect")) {
            throw new AssertionError("reported as a defect: " + e.problem(), e);
        }
    }

    private static Path file(byte[] content) throws IOException {
        // Another file for each test: they may run at the same time as one that hangs.
        return Files.write(folder.resolve("input-" + Thread.currentThread().threadId() + ".json"), content);
    }

    private static String text(byte[] input) {
        return new String(input, StandardCharsets.UTF_8);
    }

    private static byte[] example(String name) {
        try {
            return Files.readAllBytes(Path.of(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
