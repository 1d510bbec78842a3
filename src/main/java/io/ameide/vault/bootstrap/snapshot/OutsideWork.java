package io.ameide.vault.bootstrap.snapshot;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What a second server that works from a snapshot would do to other systems as soon as it serves, as far as the names of
 * storage entries tell: revoke at a database or a cloud the leases that have run out since, rotate the passwords of static
 * roles, undo operations that had not ended. The names are those of the engines that the servers come with; an engine from
 * somewhere else may do more.
 *
 * @param leases how many leases of secrets there are, by the path that gave them; a token's own is none of them, since it is
 *     revoked inside the server, nor is that of a token which wraps what a path answered
 * @param rotated how many static roles there are, by name
 * @param unfinished entries of the engines' write-ahead logs
 */
public record OutsideWork(SortedMap<String, Long> leases, SortedMap<String, Long> rotated, long unfinished) {

    static final OutsideWork NONE = new OutsideWork(new TreeMap<>(), new TreeMap<>(), 0);

    /** What more names than this come to together is told without them. */
    private static final int MOST_NAMES = 16;

    private static final String OTHERS = "others";

    public OutsideWork {
        leases = Collections.unmodifiableSortedMap(new TreeMap<>(leases));
        rotated = Collections.unmodifiableSortedMap(new TreeMap<>(rotated));
    }

    public boolean none() {
        return leases.isEmpty() && rotated.isEmpty() && unfinished == 0;
    }

    /** For a sentence, for example {@code 3 leases (2 of database/creds/app, 1 of aws/creds/deploy)}. */
    public String words() {
        List<String> parts = new ArrayList<>();
        if (!leases.isEmpty()) {
            parts.add("%s (%s)".formatted(counted(sum(leases), "lease"), named(leases)));
        }
        if (!rotated.isEmpty()) {
            parts.add("%s (%s)".formatted(counted(sum(rotated), "static role"), String.join(", ", rotated.keySet())));
        }
        if (unfinished > 0) {
            parts.add(counted(unfinished, "unfinished operation"));
        }
        return String.join(", ", parts);
    }

    private static String counted(long count, String what) {
        return "%d %s%s".formatted(count, what, count == 1 ? "" : "s");
    }

    private static String named(SortedMap<String, Long> counts) {
        return counts.entrySet().stream()
                .map(entry -> "%d of %s".formatted(entry.getValue(), entry.getKey()))
                .collect(Collectors.joining(", "));
    }

    private static long sum(SortedMap<String, Long> counts) {
        return counts.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Looks at the names of storage entries, one after the other, in constant memory. */
    static final class Tally {

        /** OpenBao keeps what belongs to a namespace below this, and below that as at the top. */
        private static final String NAMESPACES = "namespaces/";

        private static final String LEASES = "sys/expire/id/";
        private static final String OF_TOKENS = "auth/";

        /** What a token's lease ends in: its salted id, in a namespace with that of the namespace. A secret's is shorter. */
        private static final Pattern OF_TOKEN = Pattern.compile(".*/h[0-9a-f]{64}(\\.[A-Za-z0-9]+)?", Pattern.DOTALL);

        private static final String ENGINES = "logical/";
        private static final String WRITE_AHEAD = "wal/";

        /** Those of the engines database and ldap, and those of aws. */
        private static final List<String> STATIC_ROLES = List.of("static-role/", "static-roles/");

        private final SortedMap<String, Long> leases = new TreeMap<>();
        private final SortedMap<String, Long> rotated = new TreeMap<>();
        private long unfinished;

        void see(String key) {
            String name = key.startsWith(NAMESPACES) ? afterNextPart(key, NAMESPACES.length()) : key;
            if (name.startsWith(LEASES)) {
                String lease = name.substring(LEASES.length());
                if (!lease.startsWith(OF_TOKENS) && !OF_TOKEN.matcher(lease).matches()) {
                    count(leases, lease.substring(0, Math.max(0, lease.lastIndexOf('/'))));
                }
            } else if (name.startsWith(ENGINES)) {
                String entry = afterNextPart(name, ENGINES.length());
                STATIC_ROLES.stream()
                        .filter(entry::startsWith)
                        .findFirst()
                        .ifPresent(roles -> count(rotated, entry.substring(roles.length())));
                if (entry.startsWith(WRITE_AHEAD)) {
                    unfinished++;
                }
            }
        }

        private static String afterNextPart(String key, int from) {
            int end = key.indexOf('/', from);
            return end < 0 ? "" : key.substring(end + 1);
        }

        private static void count(Map<String, Long> counts, String name) {
            // No line of a log may be forged with a name.
            String plain = name.replaceAll("[^\\x21-\\x7e]", "?");
            boolean known = counts.containsKey(plain) || counts.size() < MOST_NAMES;
            counts.merge(known ? plain : OTHERS, 1L, Long::sum);
        }

        OutsideWork sum() {
            return new OutsideWork(leases, rotated, unfinished);
        }
    }
}
