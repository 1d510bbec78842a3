package io.ameide.vault.bootstrap.custody;

import java.nio.file.Path;

/** Writes custody until it is killed, and says after each write how many were done. */
final class EndlessWriter {

    private EndlessWriter() {}

    public static void main(String[] arguments) {
        var store = new FileKeyStore(Path.of(arguments[0]));
        KeyStore.Stored stored = store.read();
        KeyMaterial material = stored.material().orElseThrow();
        String version = stored.version();
        int first = Integer.parseInt(material.clusterId().orElseThrow());
        for (int n = first + 1; ; n++) {
            if (n % 8 == 0) {
                store.proveWritable(1);
            }
            version = store.write(material.withClusterId(Integer.toString(n)), version);
            System.out.println(n);
        }
    }
}
