package io.ameide.vault.bootstrap.custody;

import io.ameide.vault.bootstrap.custody.KeyStore.Stored;
import io.ameide.vault.bootstrap.testing.TemporaryMount;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

@Timeout(120)
class FileKeyStoreTest extends KeyStoreContract {

    @TempDir
    private Path temporary;

    private Path folder;
    private Path file;
    private FileKeyStore store;

    @BeforeEach
    void chooseFolder() {
        folder = temporary.resolve("home/.vault-bootstrap");
        file = folder.resolve("keys.json");
        store = new FileKeyStore(folder);
    }

    @Override
    KeyStore store() {
        return store;
    }

    @Test
    void absentFolderHoldsNothingAndReadingDoesNotMakeIt() {
        assertThat(store.read()).isEqualTo(new Stored(Optional.empty(), ""));
        assertThat(folder.getParent()).doesNotExist();
    }

    @Test
    void whatIsWrittenIsRead() {
        KeyMaterial material = Materials.everything();

        String version = store.write(material, Stored.ABSENT);

        assertThat(store.read()).isEqualTo(new Stored(Optional.of(material), version));
        assertThat(version).matches("[0-9a-f]{64}");
        assertThat(names()).containsExactly("keys.json");
        assertThat(store.description()).isEqualTo("file " + file);
        assertThat(store.removal()).isEqualTo("rm " + file);
    }

    @Test
    void createOnlyNeverReplaces() throws IOException {
        store.write(Materials.marker(), Stored.ABSENT);
        byte[] before = Files.readAllBytes(file);

        assertThatExceptionOfType(KeyStoreConflictException.class)
                .isThrownBy(() -> store.write(Materials.marker(), Stored.ABSENT));

        assertThat(file).hasBinaryContent(before);
        assertThat(names()).containsExactly("keys.json");
    }

    @Test
    void writeOfWhatWasChangedMeanwhileIsAConflict() {
        KeyMaterial marker = Materials.marker();
        String read = store.write(marker, Stored.ABSENT);
        String meanwhile = store.write(Materials.initialized(marker), read);

        assertThatExceptionOfType(KeyStoreConflictException.class).isThrownBy(() -> store.write(marker, read));

        assertThat(store.read().version()).isEqualTo(meanwhile);
    }

    @Test
    void writeOfWhatWasDeletedMeanwhileIsAConflict() throws IOException {
        String read = store.write(Materials.marker(), Stored.ABSENT);
        Files.delete(file);

        assertThatExceptionOfType(KeyStoreConflictException.class)
                .isThrownBy(() -> store.write(Materials.marker(), read));

        assertThat(file).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"000", "022", "077"})
    void isPrivateUnderEveryUmask(String umask) throws Exception {
        try (var writer = ForkedJava.underUmask(umask, SingleWriter.class, folder.toString())) {
            assertThat(writer.exitCode()).isZero();
        }

        assertThat(permissions(folder)).isEqualTo("rwx------");
        assertThat(permissions(folder.getParent())).isEqualTo("rwx------");
        assertThat(permissions(file)).isEqualTo("rw-------");
        assertThat(permissions(folder.resolve("tick.lock"))).isEqualTo("rw-------");
    }

    @Test
    void widerFolderIsRefusedWithTheCommandThatHelps() throws IOException {
        store.write(Materials.marker(), Stored.ABSENT);
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-x---"));

        assertThat(refusals())
                .containsOnly(Problem.access(
                        "use " + folder + ": its permissions are rwxr-x---, wider than its owner's rwx------",
                        "if nobody else has read it, run chmod 700 " + folder));
    }

    @Test
    void widerFileIsRefusedWithTheCommandThatHelps() throws IOException {
        store.write(Materials.marker(), Stored.ABSENT);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));

        assertThat(refusals())
                .containsOnly(Problem.access(
                        "use " + file + ": its permissions are rw-r--r--, wider than its owner's rw-------",
                        "if nobody else has read it, run chmod 600 " + file));
    }

    @Test
    void folderOfAnotherUserIsRefused() throws IOException {
        makePrivateFolder();
        assumeTrue(mayChangeOwner(folder), "needs the right to give a file away");

        assertThat(refusals())
                .containsOnly(Problem.access(
                        "use " + folder + ": it belongs to user 64711", "run as that user, or choose another folder"));
    }

    @Test
    void symbolicLinkIsRefusedAndNotFollowed() throws IOException {
        Path elsewhere = temporary.resolve("elsewhere");
        Files.writeString(elsewhere, "untouched");
        makePrivateFolder();
        Files.createSymbolicLink(file, elsewhere);

        assertThat(refusals())
                .containsOnly(Problem.access("use " + file + ": it is a symbolic link", "put the file itself there"));
        assertThat(elsewhere).hasContent("untouched");
    }

    @Test
    void folderUnderAFileIsRefused() throws IOException {
        Files.writeString(temporary.resolve("home"), "not a folder");

        assertThat(refusals())
                .containsOnly(Problem.access(
                        "keep custody in " + folder + ": " + temporary.resolve("home") + " is not a folder",
                        "choose another folder"));
    }

    @Test
    void folderThatMayNotBeMadeIsReported() throws IOException {
        Files.createDirectory(
                temporary.resolve("home"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("r-x------")));
        assumeFalse(Files.isWritable(temporary.resolve("home")), "needs a user other than root");

        Problem problem = refusal(() -> store.proveWritable(1));

        assertThat(problem.kind()).isEqualTo(Problem.Kind.ACCESS);
        assertThat(problem.message()).endsWith("permission denied");
    }

    @Test
    void folderThatCannotBeSeenIsNotTakenForAbsent() throws IOException {
        store.write(Materials.initialized(), Stored.ABSENT);
        Files.setPosixFilePermissions(folder.getParent(), PosixFilePermissions.fromString("---------"));
        assumeFalse(Files.isExecutable(folder.getParent()), "needs a user other than root");

        assertThat(refusals())
                .allSatisfy(problem -> assertThat(problem.message()).endsWith("permission denied"));
    }

    @Test
    void readOnlyFileSystemIsReportedAndStillRead() throws Exception {
        Path mounted = temporary.resolve("mounted");
        try (var mount = TemporaryMount.ofKibibytes(256, mounted)) {
            var onMount = new FileKeyStore(mounted);
            KeyMaterial marker = Materials.marker();
            String version = onMount.write(marker, Stored.ABSENT);
            mount.makeReadOnly();

            var expected = Problem.access(
                    "write custody to file " + mounted.resolve("keys.json") + ": the file system is read-only",
                    "mount it writable or choose another folder");
            assertThat(refusal(() -> onMount.proveWritable(1))).isEqualTo(expected);
            assertThat(refusal(() -> onMount.write(marker, version))).isEqualTo(expected);
            assertThat(onMount.read()).isEqualTo(new Stored(Optional.of(marker), version));
        }
    }

    @Test
    void diskTooFullForSharesIsFoundBeforeTheyAreMade() throws Exception {
        Path mounted = temporary.resolve("mounted");
        try (var mount = TemporaryMount.ofKibibytes(32, mounted)) {
            var onMount = new FileKeyStore(mounted);
            // The marker alone would fit.
            String version = onMount.write(Materials.marker(), Stored.ABSENT);

            assertThat(refusal(() -> onMount.proveWritable(1)))
                    .isEqualTo(Problem.access(
                            "write custody to file " + mounted.resolve("keys.json") + ": no space is left",
                            "free at least 65 KiB in " + mounted));
            assertThat(onMount.read().version()).isEqualTo(version);
            assertThat(names(mounted)).containsExactly("keys.json");
            assertThat(mount).isNotNull();
        }
    }

    @Test
    void writeToAFullDiskLeavesThePreviousFile() throws Exception {
        Path mounted = temporary.resolve("mounted");
        try (var mount = TemporaryMount.ofKibibytes(128, mounted)) {
            var onMount = new FileKeyStore(mounted);
            KeyMaterial material = Materials.initialized();
            String version = onMount.write(material, Stored.ABSENT);
            KeyMaterial large = material.withFingerprints(fingerprints(4000));

            Problem problem = refusal(() -> onMount.write(large, version));

            assertThat(problem.kind()).isEqualTo(Problem.Kind.ACCESS);
            assertThat(problem.message()).endsWith("no space is left");
            assertThat(onMount.read()).isEqualTo(new Stored(Optional.of(material), version));
            assertThat(names(mounted)).containsExactly("keys.json");
            assertThat(mount).isNotNull();
        }
    }

    @Test
    void proofLeavesNothingBehindAndTouchesNothing() throws IOException {
        store.proveWritable(1);
        assertThat(names()).isEmpty();

        String version = store.write(Materials.marker(), Stored.ABSENT);
        store.proveWritable(1);

        assertThat(names()).containsExactly("keys.json");
        assertThat(store.read().version()).isEqualTo(version);
    }

    @Test
    void truncatedFileIsBlockedNamedAndNotOverwritten() throws IOException {
        store.write(Materials.initialized(), Stored.ABSENT);
        byte[] half = Files.readString(file).substring(0, 300).getBytes(UTF_8);
        Files.write(file, half);

        assertThat(refusal(() -> store.read()))
                .isEqualTo(Problem.blocked(
                        "read custody from file " + file
                                + ": it is truncated: it ends in the middle of its JSON document",
                        "nothing was changed; restore it from its backup"));
        assertThatExceptionOfType(KeyStoreConflictException.class)
                .isThrownBy(() -> store.write(Materials.marker(), Stored.ABSENT));
        assertThat(file).hasBinaryContent(half);
    }

    @Test
    void emptyFileIsBlockedAndIsNoAbsence() throws IOException {
        store.write(Materials.initialized(), Stored.ABSENT);
        Files.write(file, new byte[0]);

        assertThat(refusal(() -> store.read()))
                .isEqualTo(Problem.blocked(
                        "read custody from file " + file + ": it is empty",
                        "nothing was changed; restore it from its backup"));
        assertThatExceptionOfType(KeyStoreConflictException.class)
                .isThrownBy(() -> store.write(Materials.marker(), Stored.ABSENT));
    }

    @Test
    void leftoversOfAKilledProcessGoWithTheNextWriteAndNothingElseDoes() throws IOException {
        String version = store.write(Materials.marker(), Stored.ABSENT);
        leaveBehind("new", "{ \"version\" : 1, \"shar".getBytes(UTF_8));
        leaveBehind("probe", new byte[17]);
        Files.writeString(folder.resolve(".keys.json.mine.new"), "of a person");
        Files.writeString(folder.resolve("keys.json.bak"), "of a person");

        store.write(store.read().material().orElseThrow(), version);

        assertThat(names()).containsExactlyInAnyOrder("keys.json", ".keys.json.mine.new", "keys.json.bak");
    }

    @Test
    void sharesThatAKilledProcessDidNotGetToRenameAreNotLost() throws IOException {
        KeyMaterial marker = Materials.marker();
        String version = store.write(marker, Stored.ABSENT);
        leaveBehind("new", new KeyMaterialJson().write(Materials.initialized()));
        KeyMaterial shares = Materials.initialized(marker);
        leaveBehind("new", new KeyMaterialJson().write(shares));

        assertThat(store.read()).isEqualTo(new Stored(Optional.of(shares), version));

        store.write(shares.withClusterId("c"), version);
        assertThat(store.read().material()).contains(shares.withClusterId("c"));
        assertThat(names()).containsExactly("keys.json");
    }

    @Test
    void interruptDoesNotStopAWriteThatWasBegun() {
        KeyMaterial material = Materials.initialized();

        Thread.currentThread().interrupt();
        String version = store.write(material, Stored.ABSENT);

        assertThat(Thread.interrupted()).isTrue();
        assertThat(store.read()).isEqualTo(new Stored(Optional.of(material), version));
    }

    @Test
    void killAtAnyMomentLeavesTheOldFileOrTheNew() throws Exception {
        int kills = 8;
        var seed = new Random().nextLong();
        var random = new Random(seed);
        // Large, so that much of the time goes into writing it.
        KeyMaterial material = Materials.initialized().withFingerprints(fingerprints(4000));
        store.write(material.withClusterId("0"), Stored.ABSENT);
        var leftovers = new ArrayList<String>();
        for (int kill = 0; kill < kills; kill++) {
            long done;
            try (var writer = ForkedJava.start(EndlessWriter.class, folder.toString())) {
                done = Long.parseLong(writer.nextLine().orElseThrow());
                LockSupport.parkNanos(random.nextLong(20_000_000));
                writer.kill();
                for (var line = writer.nextLine(); line.isPresent(); line = writer.nextLine()) {
                    done = Long.parseLong(line.get());
                }
            }

            KeyMaterial read = store.read().material().orElseThrow();

            long stored = Long.parseLong(read.clusterId().orElseThrow());
            assertThat(stored).as("seed %d, kill %d", seed, kill).isBetween(done, done + 1);
            assertThat(read).isEqualTo(material.withClusterId(Long.toString(stored)));
            leftovers.addAll(
                    names().stream().filter(name -> !name.equals("keys.json")).toList());
        }
        store.write(material, store.read().version());
        assertThat(names()).containsExactly("keys.json");
        System.out.printf("custody file: %d kills survived, %d leftovers removed%n", kills, leftovers.size());
    }

    @Test
    void noFailureShowsWhatIsStored() throws IOException {
        KeyMaterial material = Materials.everything();
        store.write(material, Stored.ABSENT);

        var conflict =
                catchThrowableOfType(KeyStoreConflictException.class, () -> store.write(material, Stored.ABSENT));
        Files.writeString(file, Files.readString(file).replace("\"rootToken\" : \"", "\"rootToken\" : "));
        var garbled = catchThrowableOfType(ProblemException.class, () -> store.read());

        for (ProblemException exception : List.of(conflict, garbled)) {
            assertThat(exception).hasNoCause();
            assertThat(exception.toString()).doesNotContain(Materials.SENTINEL);
        }
        assertThat(new Stored(Optional.of(material), "v").toString()).doesNotContain(Materials.SENTINEL);
    }

    @Test
    void gitWorkTreeIsRefusedUnlessTheFolderIsIgnored() throws Exception {
        Path workTree = gitWorkTree();

        assertThat(refusals())
                .containsOnly(Problem.invalid(
                        "keep custody in " + folder + ": it lies in the Git work tree " + workTree
                                + " and is not ignored, so that shares could be committed",
                        "choose a folder outside of it, or add the folder to its .gitignore"));
        assertThat(folder).doesNotExist();

        Files.writeString(workTree.resolve(".gitignore"), ".vault-bootstrap/\n");
        store.write(Materials.marker(), Stored.ABSENT);
        assertThat(store.read().material()).isPresent();
    }

    @Test
    void ignoringTheFileAloneIsNotEnough() throws Exception {
        Files.writeString(gitWorkTree().resolve(".gitignore"), "/.vault-bootstrap/keys.json\n");

        assertThat(refusal(() -> store.proveWritable(1)).kind()).isEqualTo(Problem.Kind.INVALID);
    }

    @Test
    void folderThatIgnoresItselfIsEnough() throws Exception {
        gitWorkTree();
        makePrivateFolder();
        Files.writeString(folder.resolve(".gitignore"), "*\n");

        store.proveWritable(1);
    }

    @Test
    void gitWorkTreeBehindASymbolicLinkIsSeen() throws Exception {
        gitWorkTree();
        Files.createSymbolicLink(temporary.resolve("link"), folder.getParent());
        var linked = new FileKeyStore(temporary.resolve("link/.vault-bootstrap"));

        assertThat(refusal(() -> linked.proveWritable(1)).kind()).isEqualTo(Problem.Kind.INVALID);
    }

    @Test
    void gitWorkTreeWithoutGitIsRefused() throws Exception {
        Path workTree = gitWorkTree();
        var withoutGit = new FileKeyStore(folder, new GitWorkTree("git-that-is-not-on-path"));

        assertThat(refusal(() -> withoutGit.proveWritable(1)))
                .isEqualTo(Problem.invalid(
                        "keep custody in " + folder + ": it lies in the Git work tree " + workTree
                                + " and whether it is ignored is not known: git cannot be run",
                        "choose a folder outside of any Git work tree, or make git work there"));
    }

    @Test
    void brokenGitWorkTreeIsRefused() throws Exception {
        Files.createDirectories(folder.getParent());
        Files.writeString(folder.getParent().resolve(".git"), "gitdir: /nowhere\n");

        Problem problem = refusal(() -> store.proveWritable(1));

        assertThat(problem.kind()).isEqualTo(Problem.Kind.INVALID);
        assertThat(problem.message()).contains("git check-ignore failed");
    }

    private Path gitWorkTree() throws IOException, InterruptedException {
        Path workTree = Files.createDirectories(folder.getParent());
        int exitCode;
        try {
            exitCode = new ProcessBuilder("git", "init", "-q", workTree.toString())
                    .inheritIO()
                    .start()
                    .waitFor();
        } catch (IOException e) {
            assumeTrue(false, "needs git");
            throw e;
        }
        assertThat(exitCode).isZero();
        return workTree.toRealPath();
    }

    /** The answer of every operation. */
    private List<Problem> refusals() {
        return List.of(
                refusal(() -> store.read()),
                refusal(() -> store.proveWritable(1)),
                refusal(() -> store.write(Materials.marker(), Stored.ABSENT)));
    }

    private static Problem refusal(Runnable operation) {
        return assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(operation::run)
                .actual()
                .problem();
    }

    private void makePrivateFolder() throws IOException {
        Files.createDirectories(folder);
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
    }

    private static boolean mayChangeOwner(Path path) {
        try {
            Files.setAttribute(path, "unix:uid", 64711);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private void leaveBehind(String purpose, byte[] content) throws IOException {
        Files.write(folder.resolve(".keys.json." + UUID.randomUUID() + "." + purpose), content);
    }

    private static Map<String, String> fingerprints(int count) {
        return IntStream.range(0, count).boxed().collect(Collectors.toMap(n -> "resource/" + n, n -> "f".repeat(64)));
    }

    private List<String> names() {
        return names(folder);
    }

    private static List<String> names(Path folder) {
        try (var entries = Files.list(folder)) {
            return entries.map(entry -> entry.getFileName().toString()).toList();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static String permissions(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }
}
