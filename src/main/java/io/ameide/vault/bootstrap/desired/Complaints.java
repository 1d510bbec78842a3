package io.ameide.vault.bootstrap.desired;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * What is the matter with one file, collected so that a person sees all of it at once. Whoever complains names keys, never
 * values.
 */
public final class Complaints {

    /** So many lines are shown; a file that is wrong throughout would flood the log otherwise. */
    static final int SHOWN = 100;

    private final String file;
    private final List<Complaint> complaints = new ArrayList<>();

    private record Complaint(int line, String text) {}

    /** @param file as it was named to the program */
    public Complaints(Path file) {
        this.file = file.toString();
    }

    /** Complains about the file as a whole. */
    public void add(String matter) {
        complaints.add(new Complaint(0, file + ": " + matter));
    }

    /** Complains about a line, counted from 1, where no key is to blame. */
    public void add(int line, String matter) {
        complaints.add(new Complaint(line, file + ":" + line + ": " + matter));
    }

    /** Complains about a key on a line, counted from 1. */
    public void add(int line, String key, String matter) {
        add(line, key + ": " + matter);
    }

    boolean isEmpty() {
        return complaints.isEmpty();
    }

    /** @throws InvalidDocumentException when there was any complaint */
    public void refuseIfAny() {
        if (!complaints.isEmpty()) {
            throw refusal();
        }
    }

    /** Ends reading at once, where nothing more can be learned from the file. */
    public InvalidDocumentException refusal() {
        List<String> lines = complaints.stream()
                .sorted(Comparator.comparingInt(Complaint::line))
                .map(Complaint::text)
                .distinct()
                .toList();
        if (lines.size() <= SHOWN) {
            return new InvalidDocumentException(lines);
        }
        return new InvalidDocumentException(Stream.concat(
                        lines.stream().limit(SHOWN), Stream.of(file + ": and " + (lines.size() - SHOWN) + " more"))
                .toList());
    }
}
