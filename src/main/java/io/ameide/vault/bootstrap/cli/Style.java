package io.ameide.vault.bootstrap.cli;

/** Colors by meaning, with the terminal's own palette. */
record Style(boolean color) {

    String changed(String text) {
        return paint("33", text);
    }

    String holds(String text) {
        return paint("32", text);
    }

    String failed(String text) {
        return paint("31", text);
    }

    String faint(String text) {
        return paint("2", text);
    }

    private String paint(String code, String text) {
        return color ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
    }
}
