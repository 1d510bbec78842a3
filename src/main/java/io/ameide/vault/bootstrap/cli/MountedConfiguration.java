package io.ameide.vault.bootstrap.cli;

import io.smallrye.config.ConfigValue;
import io.smallrye.config.MapBackedConfigValueConfigSource;
import io.smallrye.config.PropertiesConfigSource;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/**
 * The file that {@code --config} names. Quarkus would rank a file that the command line names above the command line
 * itself; here it ranks below the environment and above profiles, as a file that is mounted for many runs should.
 */
public final class MountedConfiguration extends MapBackedConfigValueConfigSource {

    /** The system property that tells which file; absent for none. */
    static final String FILE_PROPERTY = "vault-bootstrap.config";

    /** Above config/application.properties in the working directory (260), below .env (295) and the environment (300). */
    private static final int ORDINAL = 270;

    private static final long serialVersionUID = 1L;

    /** @throws IOException when the file cannot be read */
    public MountedConfiguration() throws IOException {
        super(name(), values(), ORDINAL);
    }

    private static String name() {
        return System.getProperty(FILE_PROPERTY, "no file");
    }

    private static Map<String, ConfigValue> values() throws IOException {
        String file = System.getProperty(FILE_PROPERTY);
        return file == null ? Map.of() : read(Path.of(file));
    }

    /** The keys of a file with their values and lines. */
    static Map<String, ConfigValue> read(Path file) throws IOException {
        return PropertiesConfigSource.urlToConfigValueMap(file.toUri().toURL(), file.toString(), ORDINAL);
    }
}
