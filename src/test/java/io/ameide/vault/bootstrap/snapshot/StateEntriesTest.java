package io.ameide.vault.bootstrap.snapshot;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;

class StateEntriesTest {

    private static final byte[] STATE = Archives.concat(
            entry("core/keyring", 300),
            entry("core/mounts", 0),
            entry("logical/1234/data/app", 70_000),
            entry("logical/1234/data/" + "n".repeat(300), 1),
            entry("single", 5));

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 1000, 1_000_000})
    void entriesAreCountedByTheFirstPartOfTheirKeysHoweverTheyArriveCut(int piece) {
        StateEntries entries = new StateEntries();

        for (int from = 0; from < STATE.length; from += piece) {
            byte[] part = Arrays.copyOfRange(STATE, from, Math.min(from + piece, STATE.length));
            entries.accept(part, part.length);
        }

        assertThat(entries.counts())
                .containsExactlyInAnyOrderEntriesOf(Map.of("core", 2L, "logical", 2L, "single", 1L));
    }

    @Test
    void fieldsOfOtherReleasesArePassedOver() {
        byte[] message = Archives.concat(
                field(1, "core/keyring".getBytes(StandardCharsets.UTF_8)),
                new byte[] {3 << 3, (byte) 0x96, 1},
                field(9, new byte[200]),
                field(2, new byte[10]));

        assertThat(counts(Archives.concat(varint(message.length), message))).containsExactly(Map.entry("core", 1L));
    }

    @Test
    void stateThatIsLaidOutOtherwiseIsNotCounted() {
        assertThat(counts("not what a server writes".getBytes(StandardCharsets.UTF_8)))
                .isEmpty();
        assertThat(counts(Arrays.copyOf(STATE, STATE.length - 1))).isEmpty();
        assertThat(counts(Archives.concat(STATE, new byte[] {0}))).isEmpty();
        assertThat(engines(Arrays.copyOf(STATE, STATE.length - 1))).isEmpty();
        assertThat(counts(entry("key with a space/", 3))).isEmpty();
        assertThat(counts(Archives.concat(varint(12), field(2, new byte[10])))).isEmpty();
    }

    @Test
    void nothingIsNoEntry() {
        assertThat(counts(new byte[0])).isEmpty();
    }

    @Test
    void keysThatAreNotSortedInPartsDoNotFillTheMemory() {
        byte[] many = new byte[0];
        for (int i = 0; i < 65; i++) {
            many = Archives.concat(many, entry("prefix" + i, 1));
        }

        assertThat(counts(many)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 1_000_000})
    void workOfARestoredCopyAtOtherSystemsIsSeenInTheKeysHoweverTheyArriveCut(int piece) {
        byte[] state = Archives.concat(
                entry("core/keyring", 300),
                entry("logical/1234/role/app", 9),
                entry("logical/1234/static-role/reporting", 9),
                entry("logical/5678/static-roles/backup", 9),
                entry("logical/1234/wal/0001", 9),
                entry("sys/expire/id/auth/userpass/login/alice/h1", 9),
                entry("sys/expire/id/database/creds/app/1", 9),
                entry("sys/expire/id/database/creds/app/2", 9),
                entry("namespaces/9abc/sys/expire/id/auth/token/create/h2.x", 9),
                entry("namespaces/9abc/sys/expire/id/aws/creds/deploy/3.x", 9),
                entry("sys/expire/token/h3/h4", 9));

        OutsideWork work = outside(state, piece);

        assertThat(work.leases()).isEqualTo(Map.of("database/creds/app", 2L, "aws/creds/deploy", 1L));
        assertThat(work.rotated()).isEqualTo(Map.of("reporting", 1L, "backup", 1L));
        assertThat(work.unfinished()).isEqualTo(1);
        assertThat(work.words())
                .isEqualTo("3 leases (1 of aws/creds/deploy, 2 of database/creds/app), 2 static roles (backup,"
                        + " reporting), 1 unfinished operation");
    }

    /** Names as OpenBao 2.7.2 and Vault 1.21.1 give them: the lease of a wrapping token lies below what it wraps. */
    @Test
    void wrappedResponsesAreNoWorkAtOtherSystemsAndWhatTheyWrapIs() {
        String token = "h5776a5a0ab3a7704bcddaa7eef4d0c75bede2f8822705fcf893aa37174c1fa29";
        byte[] state = Archives.concat(
                entry("sys/expire/id/kv/data/a/" + token, 9),
                entry("sys/expire/id/database/creds/app/" + token, 9),
                entry("sys/expire/id/database/creds/app/iLxYFuuTvlPjRSPSWrKMpBqZ", 9),
                entry("namespaces/9abc/sys/expire/id/kv/data/a/" + token + ".x7", 9));

        assertThat(outside(state, 10).leases()).isEqualTo(Map.of("database/creds/app", 1L));
    }

    @Test
    void entriesOfEnginesAreCountedByEngineAsFarAsThereIsRoom() {
        StateEntries entries = new StateEntries();
        byte[] first = Archives.concat(
                entry("logical/1234/a", 1),
                entry("logical/1234/b/c", 1),
                entry("logical/5678", 1),
                entry("core/1234", 1));
        entries.accept(first, first.length);
        assertThat(entries.engines()).isEqualTo(Map.of("1234", 2L, "5678", 1L));

        for (int i = 0; i < 11_000; i++) {
            byte[] more = entry("logical/more-%05d/a".formatted(i), 1);
            entries.accept(more, more.length);
        }
        assertThat(entries.engines()).hasSize(10_000);
        assertThat(entries.counts()).containsEntry("logical", 11_003L);
    }

    @Test
    void tokensAndWhatOnlyLooksAlikeAreNoWorkAtOtherSystems() {
        byte[] state = Archives.concat(
                entry("sys/expire/id/auth/token/create/h1", 9),
                entry("logical/1234/data/wal/x", 9),
                entry("logical/wal/x", 9),
                entry("core/static-role/x", 9),
                entry("namespaces/9abc", 9));

        assertThat(outside(state, 10).none()).isTrue();
    }

    @Test
    void manyNamesNeitherFillTheMemoryNorForgeALine() {
        byte[] many = new byte[0];
        for (int i = 0; i < 1000; i++) {
            many = Archives.concat(many, entry("sys/expire/id/a\nb%03d/creds/x".formatted(i), 1));
        }

        OutsideWork work = outside(many, 100);

        assertThat(work.leases()).hasSize(17).containsEntry("others", 984L);
        assertThat(work.words()).startsWith("1000 leases (1 of a?b000/creds, ").doesNotContain("\n");
    }

    private static OutsideWork outside(byte[] state, int piece) {
        StateEntries entries = new StateEntries();
        for (int from = 0; from < state.length; from += piece) {
            byte[] part = Arrays.copyOfRange(state, from, Math.min(from + piece, state.length));
            entries.accept(part, part.length);
        }
        return entries.outside();
    }

    private static Map<String, Long> counts(byte[] state) {
        StateEntries entries = new StateEntries();
        entries.accept(state, state.length);
        return entries.counts();
    }

    private static Map<String, Long> engines(byte[] state) {
        StateEntries entries = new StateEntries();
        entries.accept(state, state.length);
        return entries.engines();
    }

    /** As {@code protoio.NewDelimitedWriter} writes a {@code StorageEntry}. */
    static byte[] entry(String key, int valueBytes) {
        byte[] message = Archives.concat(
                field(1, key.getBytes(StandardCharsets.UTF_8)),
                valueBytes == 0 ? new byte[0] : field(2, new byte[valueBytes]));
        return Archives.concat(varint(message.length), message);
    }

    private static byte[] field(int number, byte[] content) {
        return Archives.concat(varint(number << 3 | 2), varint(content.length), content);
    }

    private static byte[] varint(int value) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int left = value;
        for (; left > 0x7f; left >>>= 7) {
            bytes.write(left & 0x7f | 0x80);
        }
        bytes.write(left);
        return bytes.toByteArray();
    }
}
