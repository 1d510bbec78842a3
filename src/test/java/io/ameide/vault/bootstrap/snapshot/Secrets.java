package io.ameide.vault.bootstrap.snapshot;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

import static org.assertj.core.api.Assertions.assertThat;

/** Looks for secrets where none may be, and does not show them when it finds one. */
final class Secrets {

    private Secrets() {}

    /** In the exception, all its causes and what it suppressed. */
    static void assertShowNone(Throwable thrown, String... secrets) {
        StringWriter text = new StringWriter();
        thrown.printStackTrace(new PrintWriter(text));
        assertNoneIn(text.toString(), List.of(secrets));
    }

    private static void assertNoneIn(String text, List<String> secrets) {
        assertThat(secrets.stream().anyMatch(text::contains))
                .as("whether a secret shows")
                .isFalse();
    }

    /** Everything that some loggers say, at every level. */
    static final class Log extends Handler implements AutoCloseable {

        private final List<String> lines = new CopyOnWriteArrayList<>();
        private final List<Logger> loggers;

        /** @param names of loggers */
        Log(String... names) {
            this.loggers = List.of(names).stream().map(Logger::getLogger).toList();
            setLevel(Level.ALL);
            loggers.forEach(logger -> {
                logger.setLevel(Level.ALL);
                logger.addHandler(this);
            });
        }

        void assertShowsNone(String... secrets) {
            assertNoneIn(String.join("\n", lines), List.of(secrets));
        }

        List<String> lines() {
            return lines;
        }

        @Override
        public void publish(LogRecord line) {
            StringWriter text = new StringWriter();
            text.append(line.getMessage()).append(String.valueOf(List.of(parameters(line))));
            if (line.getThrown() != null) {
                line.getThrown().printStackTrace(new PrintWriter(text));
            }
            lines.add(text.toString());
        }

        private static Object[] parameters(LogRecord line) {
            return line.getParameters() == null ? new Object[0] : line.getParameters();
        }

        @Override
        public void flush() {}

        @Override
        public void close() {
            loggers.forEach(logger -> {
                logger.removeHandler(this);
                logger.setLevel(null);
            });
        }
    }
}
