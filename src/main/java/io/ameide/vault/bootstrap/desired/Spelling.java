package io.ameide.vault.bootstrap.desired;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Finds what was probably meant. */
public final class Spelling {

    private static final int CLOSE = 2;

    private Spelling() {}

    /** The closest of the known words within two insertions, deletions or substitutions. */
    public static Optional<String> nearest(String word, Collection<String> known) {
        return known.stream()
                .filter(candidate -> Math.abs(candidate.length() - word.length()) <= CLOSE)
                .filter(candidate -> distance(word, candidate) <= Math.min(CLOSE, candidate.length() - 1))
                .min(Comparator.comparingInt(candidate -> distance(word, candidate)));
    }

    /** A clause to end a complaint with, or nothing. */
    public static String hint(String word, Collection<String> known) {
        return nearest(word, known)
                .map(meant -> "; did you mean \"" + meant + "\"?")
                .orElse("");
    }

    /** Levenshtein distance, row by row. */
    private static int distance(String a, String b) {
        int[] above = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            above[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] row = new int[b.length() + 1];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int substituted = above[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(substituted, 1 + Math.min(above[j], row[j - 1]));
            }
            above = row;
        }
        return above[b.length()];
    }
}
