package io.ameide.vault.bootstrap.configure;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Compares policies as a server reads them, not as they were typed. */
final class PolicyText {

    private static final Pattern HEREDOC = Pattern.compile("<<-?([^\\s]+)\\R");

    private final String rules;
    private final StringBuilder out = new StringBuilder();
    private int at;

    private PolicyText(String rules) {
        this.rules = rules;
    }

    static boolean same(String one, String other) {
        return canonical(one).equals(canonical(other));
    }

    /**
     * HCL without comments and with white space only between words. Text in quotes and in heredocs stays as it is. Line
     * ends do not count, although HCL knows them, since a policy has one meaning only in either layout that parses.
     */
    static String canonical(String rules) {
        return new PolicyText(rules).read();
    }

    private String read() {
        while (at < rules.length()) {
            char c = rules.charAt(at);
            if (Character.isWhitespace(c)) {
                at++;
            } else if (c == '"') {
                wordTo(endOfString());
            } else if (c == '#' || rules.startsWith("//", at)) {
                at = before(rules.indexOf('\n', at), 0);
            } else if (rules.startsWith("/*", at)) {
                at = before(rules.indexOf("*/", at + 2), 2);
            } else if (rules.startsWith("<<", at)) {
                wordTo(endOfHeredoc());
            } else if (isPunctuation(c)) {
                wordTo(at + 1);
            } else {
                wordTo(endOfWord());
            }
        }
        return out.toString();
    }

    private void wordTo(int end) {
        if (!out.isEmpty()) {
            out.append(' ');
        }
        out.append(rules, at, end);
        at = end;
    }

    private int before(int found, int length) {
        return found < 0 ? rules.length() : found + length;
    }

    private int endOfWord() {
        int end = at;
        while (end < rules.length()) {
            char c = rules.charAt(end);
            boolean comment = c == '#' || rules.startsWith("//", end) || rules.startsWith("/*", end);
            if (comment || c == '"' || Character.isWhitespace(c) || isPunctuation(c)) {
                break;
            }
            end++;
        }
        return Math.max(end, at + 1);
    }

    /** Quotes inside an interpolation do not end the string that it stands in. */
    private int endOfString() {
        int end = at + 1;
        int braces = 0;
        while (end < rules.length() && (braces > 0 || rules.charAt(end) != '"')) {
            if (rules.charAt(end) == '\\') {
                end++;
            } else if (rules.startsWith("${", end)) {
                braces++;
                end++;
            } else if (braces > 0 && rules.charAt(end) == '}') {
                braces--;
            }
            end++;
        }
        return Math.min(end + 1, rules.length());
    }

    private int endOfHeredoc() {
        Matcher begin = HEREDOC.matcher(rules).region(at, rules.length());
        if (!begin.lookingAt()) {
            return endOfWord();
        }
        Matcher end = Pattern.compile("^[ \\t]*" + Pattern.quote(begin.group(1)) + "[ \\t]*$", Pattern.MULTILINE)
                .matcher(rules)
                .region(begin.end(), rules.length());
        return end.find() ? end.end() : rules.length();
    }

    private static boolean isPunctuation(char c) {
        return "{}[]=,:".indexOf(c) >= 0;
    }
}
