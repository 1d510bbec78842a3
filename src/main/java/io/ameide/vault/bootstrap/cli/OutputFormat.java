package io.ameide.vault.bootstrap.cli;

/** How results are written to stdout. */
public enum OutputFormat {
    TEXT,
    JSON
}
