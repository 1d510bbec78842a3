package io.ameide.vault.bootstrap.desired;

import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;

import java.util.List;

/**
 * A file that cannot be accepted, with everything that is the matter with it: one line each, {@code file:line: key: what
 * is the matter}. No line holds a value of the file.
 */
public final class InvalidDocumentException extends ProblemException {

    private static final long serialVersionUID = 1L;

    private final transient List<String> lines;

    InvalidDocumentException(List<String> lines) {
        super(Problem.invalid(String.join("\n", lines), ""));
        this.lines = List.copyOf(lines);
    }

    /** The lines of the message, in the order of the file; never empty. */
    public List<String> lines() {
        return lines;
    }
}
