"""What is measured on: desired states, fixtures and request lists, the same bytes every time.

Values are derived from names with SHA-256, so that two runs of the benchmark, on two machines, work on the same data
and nothing has to be stored. They are no secrets.
"""

import hashlib
import json
from pathlib import Path

POLICIES = 5
ROLES = 3
STEADY_SECRETS = 50

MOUNT = "secret"


def value(name, length=32):
    """A value of a secret, of `length` hexadecimal characters."""
    return hashlib.sha512(name.encode()).hexdigest()[:length]


def fixtures(count):
    """Secrets as a platform has them: three of four are one string, the fourth has properties."""
    secrets = {}
    for number in range(count):
        name = f"team-{number % 20:02d}-service-{number:05d}"
        if number % 4 == 3:
            secrets[name] = {
                "username": f"service-{number:05d}",
                "password": value(name),
                "url": f"postgresql://db-{number % 20:02d}.internal:5432/service-{number:05d}",
            }
        else:
            secrets[name] = value(name, 48)
    return secrets


def policy_rules(number):
    return (
        f'path "{MOUNT}/data/team-{number:02d}-*" {{\n  capabilities = ["read"]\n}}\n'
        f'path "{MOUNT}/metadata/team-{number:02d}-*" {{\n  capabilities = ["read", "list"]\n}}\n'
    )


def policy_names():
    return [f"team-{number:02d}" for number in range(POLICIES)]


def role_names():
    return [f"reader-{number}" for number in range(ROLES)]


def desired_state(mode):
    text = ["policies:"]
    for number, name in enumerate(policy_names()):
        text.append(f"  - name: {name}\n    rules: |")
        text.extend("      " + line for line in policy_rules(number).splitlines())
    text.append(f'secretEngines:\n  - path: {MOUNT}\n    type: kv\n    options: {{ version: "2" }}')
    text.append("authMethods:\n  - path: approle\n    type: approle\n    roles:")
    for number, name in enumerate(role_names()):
        text.append(
            f"      - name: {name}\n        token_policies: [{policy_names()[number]}]\n        token_ttl: 10m"
        )
    text.append("auditDevices:\n  - path: file\n    type: file\n    options: { file_path: audit.log }")
    text.append(f"secrets:\n  - fixtures: fixtures.json\n    mode: {mode}")
    return "\n".join(text) + "\n"


def write(folder, secrets, mode="create-only"):
    """Writes a desired state and its fixtures; the documents that every contender in this folder works from."""
    folder = Path(folder)
    folder.joinpath("desired-state.yaml").write_text(desired_state(mode))
    folder.joinpath("fixtures.json").write_text(json.dumps(fixtures(secrets), indent=1) + "\n")


def reads(secrets):
    """The paths a steady tick reads: what is there has to be looked at. Sign-in and sign-out come on top."""
    paths = ["sys/seal-status", "sys/health", "sys/policies/acl/vault-bootstrap", "sys/audit"]
    paths += [f"sys/policies/acl/{name}" for name in policy_names()]
    paths += ["sys/mounts", "sys/auth"]
    paths += [f"auth/approle/role/{name}" for name in role_names()]
    # Whether the engine takes secrets at all.
    paths.append(f"sys/internal/ui/mounts/{MOUNT}")
    paths += [f"{MOUNT}/data/{name}" for name in fixtures(secrets)]
    # Once more, by the step that decides whether a snapshot is due.
    paths.append("sys/seal-status")
    return paths


BULK_BYTES = 700_000
BULK_PASSWORD = "bench"
SMALL_STATE = 1
LARGE_STATE = 1_560


def bulk(number):
    """A large value, the same for every number but for its beginning."""
    return f"{number:05d}" + "x" * (BULK_BYTES - 5)


def write_bulk(folder):
    """A desired state with a place for large values, and somebody who may write them."""
    (Path(folder) / "desired-state.yaml").write_text(
        "policies:\n"
        """  - { name: bulk, rules: 'path "bulk/*" { capabilities = ["create", "update"] }' }\n"""
        "secretEngines:\n"
        """  - { path: bulk, type: kv, options: { version: "1" } }\n"""
        "authMethods:\n"
        "  - path: people\n"
        "    type: userpass\n"
        "    roles:\n"
        f"      - {{ name: bench, password: {BULK_PASSWORD}, token_policies: [bulk] }}\n"
    )
