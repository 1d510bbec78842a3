package io.ameide.vault.bootstrap.configure;

import com.fasterxml.jackson.databind.JsonNode;
import io.ameide.vault.bootstrap.desired.DesiredState.AuditDevice;
import io.ameide.vault.bootstrap.tick.Change;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.Work;
import io.ameide.vault.bootstrap.vault.NodeException;
import io.ameide.vault.bootstrap.vault.VaultSession;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;

/**
 * Audit devices. A device cannot be altered, only disabled and enabled anew, which would leave a gap in the record and
 * change its salt: one that differs is reported and left alone.
 */
final class AuditDevices {

    private final VaultSession session;

    AuditDevices(VaultSession session) {
        this.session = session;
    }

    void settle(Work work, List<AuditDevice> devices) {
        if (devices.isEmpty()) {
            return;
        }
        JsonNode observed = session.read("sys/audit").orElseThrow();
        for (AuditDevice device : devices) {
            work.part(() -> settle(work, device, observed.path(device.path() + "/")));
        }
    }

    private void settle(Work work, AuditDevice device, JsonNode observed) {
        if (observed.isMissingNode()) {
            enable(work, device);
            return;
        }
        List<String> differences = Drift.between(
                        new LinkedHashMap<>(device.options()), observed.path("options"), Set.of())
                .words();
        boolean otherType = !device.type().equals(observed.path("type").asText());
        if (otherType || !differences.isEmpty()) {
            String difference = otherType
                    ? "its type is %s, not %s".formatted(observed.path("type").asText(), device.type())
                    : String.join("; ", differences);
            work.problem(Problem.error(
                    "audit device %s is there, but differs: %s".formatted(device.path(), difference),
                    "an audit device cannot be altered; disable it yourself when a gap in the record is acceptable, or "
                            + "change the desired state"));
        }
    }

    private void enable(Work work, AuditDevice device) {
        if (session.auditDevicesAreDeclared()) {
            waitForDeclaration(work, device);
            return;
        }
        try {
            work.change(
                    new Change("audit device " + device.path(), "enable " + device.type()),
                    () -> session.enableAuditDevice(
                            device.path(), device.type(), device.description(), device.options()));
        } catch (NodeException.Unsupported e) {
            waitForDeclaration(work, device);
        }
    }

    private static void waitForDeclaration(Work work, AuditDevice device) {
        work.waitFor("audit device %s is missing and only the server's own configuration may create it: add %s"
                .formatted(device.path(), declaration(device)));
    }

    private static String declaration(AuditDevice device) {
        StringBuilder options = new StringBuilder();
        device.options().forEach((key, value) -> options.append(" %s = \"%s\"".formatted(key, value)));
        return "audit \"%s\" \"%s\" { options {%s } }".formatted(device.type(), device.path(), options);
    }
}
