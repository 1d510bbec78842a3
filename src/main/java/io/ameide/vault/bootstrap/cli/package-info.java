/**
 * The command line: the top command, one class a subcommand, exit codes, and what a person sees. Results go to stdout;
 * diagnostics and logs go to stderr. With {@code --output json} stdout holds one document and nothing else.
 */
package io.ameide.vault.bootstrap.cli;
