package io.ameide.vault.bootstrap.custody;

import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Keeps shares out of commits: inside a Git work tree only ignored files may hold them. */
final class GitWorkTree {

    private static final int IGNORED = 0;
    private static final int NOT_IGNORED = 1;

    private final String git;

    /** @param git the command to ask, found on PATH */
    GitWorkTree(String git) {
        this.git = git;
    }

    /**
     * @param folder absolute; need not exist yet
     * @param files names of files in it, each of which must be ignored
     */
    void refuseTracked(Path folder, List<String> files) throws IOException {
        Path real = real(folder);
        Optional<Path> workTree = Stream.iterate(real, path -> path != null, Path::getParent)
                .filter(path -> Files.exists(path.resolve(".git")))
                .findFirst();
        if (workTree.isEmpty()) {
            return;
        }
        Answer answer =
                checkIgnore(workTree.get(), files.stream().map(real::resolve).toList());
        if (answer.exitCode() != IGNORED && answer.exitCode() != NOT_IGNORED) {
            throw undecided(folder, workTree.get(), "git check-ignore failed with exit code " + answer.exitCode());
        }
        if (answer.ignored() < files.size()) {
            throw new ProblemException(Problem.invalid(
                    "keep custody in " + folder + ": it lies in the Git work tree " + workTree.get()
                            + " and is not ignored, so that shares could be committed",
                    "choose a folder outside of it, or add the folder to its .gitignore"));
        }
    }

    /** @param ignored how many of the files that were asked about are ignored */
    private record Answer(int exitCode, long ignored) {}

    /** Asks about all files at once: starting git is what takes time. */
    private Answer checkIgnore(Path workTree, List<Path> files) throws IOException {
        var arguments = new ArrayList<>(List.of(git, "-C", workTree.toString(), "check-ignore", "--"));
        files.forEach(file -> arguments.add(file.toString()));
        var command = new ProcessBuilder(arguments)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        // Set while a Git hook runs, they would point the question at another repository.
        command.environment().keySet().removeAll(List.of("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"));
        Process process;
        try {
            process = command.start();
        } catch (IOException e) {
            throw undecided(files.getFirst().getParent(), workTree, "git cannot be run");
        }
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                throw undecided(files.getFirst().getParent(), workTree, "git does not answer");
            }
            // It repeats every file that is ignored, on a line of its own. So few lines fit into the pipe, so that
            // reading them can wait until git has ended.
            try (var lines = process.inputReader()) {
                return new Answer(process.exitValue(), lines.lines().count());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw undecided(files.getFirst().getParent(), workTree, "the process was interrupted");
        } finally {
            process.destroyForcibly();
        }
    }

    private static ProblemException undecided(Path folder, Path workTree, String why) {
        return new ProblemException(Problem.invalid(
                "keep custody in " + folder + ": it lies in the Git work tree " + workTree
                        + " and whether it is ignored is not known: " + why,
                "choose a folder outside of any Git work tree, or make git work there"));
    }

    /** The path without symbolic links, as far as it exists. */
    private static Path real(Path path) throws IOException {
        var missing = new ArrayList<Path>();
        Path existing = path;
        while (!Files.exists(existing) && existing.getParent() != null) {
            missing.addFirst(existing.getFileName());
            existing = existing.getParent();
        }
        Path real = existing.toRealPath();
        for (Path name : missing) {
            real = real.resolve(name.toString());
        }
        return real;
    }
}
