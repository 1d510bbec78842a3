package io.ameide.vault.bootstrap.configure;

/** Compares policies as a server reads them, not as they were typed. */
final class PolicyText {

    private PolicyText() {}

    static boolean same(String one, String other) {
        return canonical(one).equals(canonical(other));
    }

    /**
     * HCL without comments and with white space only between words. Text in quotes stays as it is. Line ends do not
     * count, although HCL knows them, since a policy has one meaning only in either layout that parses.
     */
    static String canonical(String rules) {
        StringBuilder out = new StringBuilder();
        int at = 0;
        while (at < rules.length()) {
            char c = rules.charAt(at);
            if (c == '"') {
                int end = endOfString(rules, at);
                word(out, rules.substring(at, end));
                at = end;
            } else if (c == '#' || rules.startsWith("//", at)) {
                int end = rules.indexOf('\n', at);
                at = end < 0 ? rules.length() : end;
            } else if (rules.startsWith("/*", at)) {
                int end = rules.indexOf("*/", at + 2);
                at = end < 0 ? rules.length() : end + 2;
            } else if (Character.isWhitespace(c)) {
                at++;
            } else if (isPunctuation(c)) {
                word(out, String.valueOf(c));
                at++;
            } else {
                int end = at;
                while (end < rules.length()
                        && !Character.isWhitespace(rules.charAt(end))
                        && !isPunctuation(rules.charAt(end))
                        && rules.charAt(end) != '"') {
                    end++;
                }
                word(out, rules.substring(at, end));
                at = end;
            }
        }
        return out.toString();
    }

    private static void word(StringBuilder out, String word) {
        if (!out.isEmpty()) {
            out.append(' ');
        }
        out.append(word);
    }

    private static boolean isPunctuation(char c) {
        return "{}[]=,:".indexOf(c) >= 0;
    }

    private static int endOfString(String rules, int start) {
        int at = start + 1;
        while (at < rules.length() && rules.charAt(at) != '"') {
            at += rules.charAt(at) == '\\' ? 2 : 1;
        }
        return Math.min(at + 1, rules.length());
    }
}
