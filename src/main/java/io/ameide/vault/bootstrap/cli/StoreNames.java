package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What addresses and names of the configuration may be. Each method returns the value, or complains of the key without
 * quoting the value: who pastes an address may have pasted its credentials along.
 */
final class StoreNames {

    /** Leaves room for the longest name of an object below it: both services take 1,024 bytes in all. */
    private static final int LONGEST_PREFIX = 512;

    private static final Set<String> SCHEMES = Set.of("http", "https");

    private StoreNames() {}

    /** Scheme, host, port and path, and nothing besides. */
    static URI address(String key, URI value, String example) {
        if (value.getScheme() == null || !SCHEMES.contains(value.getScheme()) || value.getHost() == null) {
            throw invalid(key + " is no address of http or https", "write for example " + example);
        }
        if (value.getRawUserInfo() != null || value.getRawQuery() != null || value.getRawFragment() != null) {
            throw invalid(
                    key + " has more than scheme, host, port and path",
                    "write for example %s; credentials go to files of their own".formatted(example));
        }
        return value;
    }

    static String matching(String key, String value, Pattern pattern, String hint) {
        if (!pattern.matcher(value).matches()) {
            throw invalid(key + " is no such name", hint);
        }
        return value;
    }

    /** Slashes at either end do not count. */
    static String prefix(String key, String value) {
        String bare = value.strip().replaceAll("^/+|/+$", "");
        boolean odd = !bare.isEmpty()
                && Stream.of(bare.split("/", -1))
                        .anyMatch(part -> part.isBlank() || part.equals(".") || part.equals(".."));
        if (odd || bare.chars().anyMatch(c -> Character.isISOControl(c) || c == '\\')) {
            throw invalid(
                    key + " has an empty part, a part of dots, or a character that no path has",
                    "write for example clusters/production");
        }
        if (bare.getBytes(StandardCharsets.UTF_8).length > LONGEST_PREFIX) {
            throw invalid(key + " is longer than %d bytes".formatted(LONGEST_PREFIX), "choose a shorter one");
        }
        return bare;
    }

    static ProblemException invalid(String message, String hint) {
        return new ProblemException(Problem.invalid(message, hint));
    }
}
