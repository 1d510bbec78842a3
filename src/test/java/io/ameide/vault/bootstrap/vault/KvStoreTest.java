package io.ameide.vault.bootstrap.vault;

import com.fasterxml.jackson.databind.node.NullNode;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.testing.Nodes;
import io.ameide.vault.bootstrap.testing.RealServer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.math.BigInteger;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class KvStoreTest {

    @RegisterExtension
    static final RealServer SERVER = RealServer.unsealed();

    private static KvStore kv;

    @BeforeAll
    static void mount() {
        SERVER.write("sys/mounts/team/kv", "{\"type\": \"kv-v2\"}");
        SERVER.write("sys/mounts/old", "{\"type\": \"kv\"}");
        kv = Nodes.at(SERVER.address()).session(SERVER.rootToken()).kv("team/kv");
        Waiter.REAL.until(
                () -> kv.ready() ? Optional.of(kv) : Optional.empty(), Duration.ofMillis(20), Duration.ofSeconds(30));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "plain",
                "folder/name",
                "with space",
                "a  b",
                "100%",
                "%2F",
                "a+b",
                "a#b?c=d&e",
                "ümläut/日本",
                "emoji 🔑",
                "quote\"s'",
                "back\\slash",
                "star*",
                "+",
                "~tilde",
                "a;b",
                "a:b@c",
                "..dots..",
                "data/metadata"
            })
    void oddNameComesBackAsItWent(String name) {
        kv.write(name, Map.of("name", Sensitive.of(name)), 0);

        assertThat(kv.read(name)).hasValueSatisfying(entry -> {
            assertThat(entry.data()).isEqualTo(Map.of("name", Sensitive.of(name)));
            assertThat(entry.version()).isEqualTo(1);
        });
        int slash = name.lastIndexOf('/');
        List<String> siblings = Nodes.at(SERVER.address())
                .session(SERVER.rootToken())
                .list("team/kv/metadata" + (slash < 0 ? "" : "/" + name.substring(0, slash)));
        assertThat(siblings).contains(name.substring(slash + 1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"../escape", "a/../../escape", "a/./b"})
    void nameThatWouldWalkElsewhereIsRefused(String name) {
        assertThatExceptionOfType(NodeException.Refused.class)
                .isThrownBy(() -> kv.write(name, Map.of("a", "b"), 0))
                .withMessageContaining("was not sent");
    }

    @Test
    void whatJsonCanHoldComesBack() {
        Map<String, Object> data = Map.of(
                "text",
                Sensitive.of("a \"b\" \n ü"),
                "empty",
                Sensitive.of(""),
                "whole",
                42L,
                "largest",
                1L << 53,
                "negative",
                -7L,
                "fraction",
                0.1,
                "flag",
                true,
                "nothing",
                NullNode.getInstance(),
                "list",
                List.of(Sensitive.of("a"), 1L, List.of(false)),
                "map",
                Map.of("inner", Map.of("deep", Sensitive.of("x"))));
        kv.write("json", data, 0);

        assertThat(kv.read("json").orElseThrow().data()).isEqualTo(data);
    }

    @Test
    void numberLargerThanALongIsNotCut() {
        kv.write("huge", Map.of("n", BigInteger.TEN.pow(20)), 0);

        assertThat(kv.read("huge").orElseThrow().data()).isEqualTo(Map.of("n", BigInteger.TEN.pow(20)));
    }

    @Test
    void checkAndSetIsWhatDecides() {
        assertThat(kv.write("cas", Map.of("a", 1L), 0)).isEqualTo(1);
        assertThat(kv.write("cas", Map.of("a", 2L), 1)).isEqualTo(2);

        for (long expected : new long[] {0, 1, 3}) {
            assertThatExceptionOfType(NodeException.CheckAndSetMismatch.class)
                    .isThrownBy(() -> kv.write("cas", Map.of("a", 3L), expected));
        }
        assertThat(kv.read("cas").orElseThrow().version()).isEqualTo(2);
    }

    @Test
    void secretThatNeverWasIsNothing() {
        assertThat(kv.read("never")).isEmpty();
    }

    @Test
    void deletedAndDestroyedVersionsAreToldFromNothing() {
        kv.write("deleted", Map.of("a", 1L), 0);
        SERVER.call("DELETE", "team/kv/data/deleted", "");
        kv.write("destroyed", Map.of("a", 1L), 0);
        kv.write("destroyed", Map.of("a", 2L), 1);
        SERVER.call("PUT", "team/kv/destroy/destroyed", "{\"versions\": [2]}");

        assertThat(kv.read("deleted")).hasValueSatisfying(entry -> {
            assertThat(entry.deleted()).isTrue();
            assertThat(entry.version()).isEqualTo(1);
            assertThat(entry.data()).isEmpty();
        });
        assertThat(kv.read("destroyed")).hasValueSatisfying(entry -> {
            assertThat(entry.deleted()).isTrue();
            assertThat(entry.version()).isEqualTo(2);
        });
    }

    @Test
    void noteOnASecretThatWasNeverWrittenDoesNotMakeOne() {
        kv.describe("noted", Map.of("team", "platform"));

        assertThat(kv.read("noted").filter(entry -> !entry.deleted())).isEmpty();
        assertThat(kv.write("noted", Map.of("a", 1L), 0)).isEqualTo(1);
        assertThat(kv.read("noted").orElseThrow().customMetadata()).isEqualTo(Map.of("team", "platform"));
    }

    @Test
    void engineIsToldApart() {
        VaultSession root = Nodes.at(SERVER.address()).session(SERVER.rootToken());

        assertThat(kv.engine()).contains("kv-v2");
        assertThat(root.kv("old").engine()).contains("kv-v1");
        assertThat(root.kv("cubbyhole").engine()).contains("cubbyhole");
        assertThat(root.kv("nothing").engine()).isEmpty();
        assertThat(kv.ready()).isTrue();
        assertThat(root.kv("nothing").ready()).isFalse();
    }
}
