package io.ameide.vault.bootstrap.testing;

import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** What runs as long as a class of tests where it is a static field, and as long as one test where it is an instance's. */
abstract class ServerExtension
        implements BeforeAllCallback, AfterAllCallback, BeforeEachCallback, AfterEachCallback, AutoCloseable {

    private boolean sharedByClass;

    /** Also for tests that have no use for JUnit's life cycle. */
    abstract ServerExtension start();

    @Override
    public abstract void close();

    @Override
    public void beforeAll(ExtensionContext context) {
        sharedByClass = true;
        start();
    }

    @Override
    public void afterAll(ExtensionContext context) {
        close();
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        if (!sharedByClass) {
            start();
        }
    }

    @Override
    public void afterEach(ExtensionContext context) {
        if (!sharedByClass) {
            close();
        }
    }
}
