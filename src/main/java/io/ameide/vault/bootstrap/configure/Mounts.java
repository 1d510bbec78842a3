package io.ameide.vault.bootstrap.configure;

import com.fasterxml.jackson.databind.JsonNode;
import io.ameide.vault.bootstrap.tick.Change;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import io.ameide.vault.bootstrap.tick.Work;
import io.ameide.vault.bootstrap.vault.VaultSession;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What secrets engines and auth methods have in common: a type at a path, options, and settings that can be tuned. */
final class Mounts {

    private final VaultSession session;
    private final String noun;
    private final String mountPath;
    private final String tunePath;

    /**
     * @param mountPath where one is mounted, ending in a slash
     * @param tunePath where its settings are, ending in a slash; {@code /tune} comes behind the mount's path
     */
    Mounts(VaultSession session, String noun, String mountPath, String tunePath) {
        this.session = session;
        this.noun = noun;
        this.mountPath = mountPath;
        this.tunePath = tunePath;
    }

    record Mount(
            String path, String type, String description, Map<String, Object> options, Map<String, Object> config) {}

    /** @return whether the mount was, or would be, written */
    boolean settle(Work work, Mount mount, JsonNode observed) {
        String subject = noun + " " + mount.path();
        if (observed.isMissingNode()) {
            work.change(
                    new Change(subject, "create, type " + mount.type()),
                    () -> session.write(mountPath + mount.path(), body(mount)));
            return true;
        }
        if (!mount.type().equals(observed.path("type").asText())) {
            throw new ProblemException(Problem.error(
                    "%s is of type %s, not %s"
                            .formatted(subject, observed.path("type").asText(), mount.type()),
                    "a mount keeps its type; move what is there to another path, or change the desired state"));
        }
        List<String> differences = new ArrayList<>();
        Drift config = Drift.between(mount.config(), observed.path("config"), Set.of());
        differences.addAll(config.differing().values());
        Drift options = Drift.between(mount.options(), observed.path("options"), Set.of());
        differences.addAll(options.differing().values());
        boolean described = mount.description().isEmpty()
                || mount.description().equals(observed.path("description").asText());
        if (!described) {
            differences.add("description differs");
        }
        if (differences.isEmpty()) {
            return false;
        }
        Map<String, Object> tune = new LinkedHashMap<>(mount.config());
        if (!options.differing().isEmpty()) {
            tune.put("options", mount.options());
        }
        if (!described) {
            tune.put("description", mount.description());
        }
        work.change(
                new Change(subject, String.join("; ", differences)),
                () -> session.write(tunePath + mount.path() + "/tune", tune));
        return true;
    }

    private static Map<String, Object> body(Mount mount) {
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("type", mount.type());
        body.put("description", mount.description());
        if (!mount.options().isEmpty()) {
            body.put("options", mount.options());
        }
        if (!mount.config().isEmpty()) {
            body.put("config", mount.config());
        }
        return body;
    }
}
