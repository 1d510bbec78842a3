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
    private final Comparison comparison;
    private final String noun;
    private final String mountPath;
    private final String tunePath;
    private JsonNode observed;

    /**
     * Reads what is mounted.
     *
     * @param mountPath where mounts are, for example {@code sys/mounts}
     * @param tunePath where their settings are; {@code /tune} comes behind the mount's path
     */
    Mounts(VaultSession session, Comparison comparison, String noun, String mountPath, String tunePath) {
        this.session = session;
        this.comparison = comparison;
        this.noun = noun;
        this.mountPath = mountPath;
        this.tunePath = tunePath;
        look();
    }

    record Mount(
            String path, String type, String description, Map<String, Object> options, Map<String, Object> config) {}

    private void look() {
        observed = session.read(mountPath).orElseThrow();
    }

    /** What is mounted at a path; a missing node for nothing. */
    JsonNode at(String path) {
        return observed.path(path + "/");
    }

    /** @param afterwards runs only when something was written */
    void settle(Work work, Mount mount, Runnable afterwards) {
        String subject = noun + " " + mount.path();
        JsonNode there = at(mount.path());
        if (there.isMissingNode()) {
            work.change(
                    new Change(subject, "create, type " + mount.type()),
                    () -> write(mount, mountPath + "/" + mount.path(), body(mount), afterwards));
            return;
        }
        if (!mount.type().equals(there.path("type").asText())) {
            throw new ProblemException(Problem.error(
                    "%s is of type %s, not %s"
                            .formatted(subject, there.path("type").asText(), mount.type()),
                    "a mount keeps its type; move what is there to another path, or change the desired state"));
        }
        List<String> differences = new ArrayList<>(
                comparison.differences(tunePath(mount), mount.config(), there.path("config"), Set.of()));
        List<String> options =
                comparison.differences(optionsPath(mount), mount.options(), there.path("options"), Set.of());
        differences.addAll(options);
        boolean described = mount.description().isEmpty()
                || mount.description().equals(there.path("description").asText());
        if (!described) {
            differences.add("description differs");
        }
        if (differences.isEmpty()) {
            return;
        }
        Map<String, Object> tune = new LinkedHashMap<>(mount.config());
        if (!options.isEmpty()) {
            tune.put("options", mount.options());
        }
        if (!described) {
            tune.put("description", mount.description());
        }
        work.change(
                new Change(subject, String.join("; ", differences)),
                () -> write(mount, tunePath(mount), tune, afterwards));
    }

    private void write(Mount mount, String path, Map<String, Object> body, Runnable afterwards) {
        JsonNode before = at(mount.path());
        session.write(path, body);
        look();
        JsonNode now = at(mount.path());
        String subject = noun + " " + mount.path();
        comparison.remember(
                subject, tunePath(mount), mount.config(), before.path("config"), now.path("config"), Set.of());
        comparison.remember(
                subject, optionsPath(mount), mount.options(), before.path("options"), now.path("options"), Set.of());
        afterwards.run();
    }

    private String tunePath(Mount mount) {
        return tunePath + "/" + mount.path() + "/tune";
    }

    private String optionsPath(Mount mount) {
        return tunePath(mount) + "/options";
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
