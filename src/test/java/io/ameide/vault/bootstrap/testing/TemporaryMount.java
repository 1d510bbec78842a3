package io.ameide.vault.bootstrap.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** A small file system of its own. Tests that need one are skipped where the user may not mount. */
public final class TemporaryMount implements AutoCloseable {

    private final Path folder;

    private TemporaryMount(Path folder) {
        this.folder = folder;
    }

    public static TemporaryMount ofKibibytes(int size, Path folder) throws IOException {
        Files.createDirectories(folder);
        assumeTrue(
                run("mount", "-t", "tmpfs", "-o", "mode=700,size=" + size + "k", "tmpfs", folder.toString()) == 0,
                "needs the right to mount a tmpfs");
        return new TemporaryMount(folder);
    }

    public Path folder() {
        return folder;
    }

    public void makeReadOnly() throws IOException {
        assertThat(run("mount", "-o", "remount,ro", folder.toString())).isZero();
    }

    @Override
    public void close() throws IOException {
        run("umount", folder.toString());
    }

    private static int run(String... command) throws IOException {
        try {
            return new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .onExit()
                    .join()
                    .exitValue();
        } catch (IOException e) {
            assumeTrue(false, "needs the command " + command[0]);
            throw e;
        }
    }
}
