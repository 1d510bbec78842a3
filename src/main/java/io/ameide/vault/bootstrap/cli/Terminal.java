package io.ameide.vault.bootstrap.cli;

import java.util.Map;

/**
 * What the program writes to.
 *
 * @param interactive whether a person sees the output as it comes
 * @param color whether to use color: not when {@code NO_COLOR} is set to anything (no-color.org), not into a pipe
 */
record Terminal(boolean interactive, boolean color) {

    static Terminal current() {
        // Since JDK 22 a console exists even without a terminal; asking for the JDK's own one keeps the older meaning.
        System.setProperty("jdk.console", "java.base");
        return of(System.console() != null, System.getenv());
    }

    static Terminal of(boolean attached, Map<String, String> environment) {
        boolean capable = attached && !"dumb".equals(environment.get("TERM"));
        return new Terminal(
                capable, capable && environment.getOrDefault("NO_COLOR", "").isEmpty());
    }

    Style style() {
        return new Style(color);
    }
}
