"""Measures the packaged application beside other ways to the same end. Called by bench/run."""

import argparse
import concurrent.futures
import contextlib
import datetime
import json
import os
import platform
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import documents
import s3
from node import Authority, Node
from process import Contender, Failed, interleaved, rows, run, spread

WORK = Path(os.environ["BENCH_WORK"])
BAO = os.environ["BENCH_SERVER"]
JAVA = Path(os.environ["JAVA_HOME"]) / "bin" / "java"
HERE = Path(__file__).parent
S3MOCK = HERE.parent / "target" / "servers" / "s3mock.jar"

C1 = "-XX:TieredStopAtLevel=1"
PARALLEL = 16
MANY = 10_000
FIXED_HEAP = "-Xmx128m"
SNAPSHOT_HEAP = "-Xmx64m"

AS_DOCUMENTED = "vault-bootstrap, jar, C1"
CURL = "curl"
SAVE_AND_COPY = "bao save, cp"
SAVE_COPY_AND_HASH = "bao save, cp, sha256sum"
JAVA_FLOOR = "plain Java client"


def say(text):
    print(text, file=sys.stderr, flush=True)


class Application:
    """The application with its custody, snapshots and documents in one folder, for one node or those of a cluster."""

    def __init__(self, nodes, folder):
        self.folder = Path(folder)
        self.environment = {
            "QUARKUS_PROFILE": "local",
            "BOOTSTRAP_VAULT_ADDRESSES": ",".join(node.address for node in nodes),
            "BOOTSTRAP_DESIRED_STATE_FILE": str(self.folder / "desired-state.yaml"),
            "BOOTSTRAP_CUSTODY_FILE_FOLDER": str(self.folder / "custody"),
            "BOOTSTRAP_SNAPSHOT_TARGETS_LOCAL_FOLDER": str(self.folder / "snapshots"),
        }
        if nodes[0].authority:
            self.environment["BOOTSTRAP_VAULT_TLS_CA_FILE"] = str(nodes[0].authority.file)

    def java(self, name, *options, jar=WORK / "app" / "quarkus-run.jar", arguments=("run",)):
        command = [JAVA, *options, "-jar", jar, *arguments, "--output", "json"]
        return Contender(name, command, self.environment)

    def native(self, name="vault-bootstrap, native", arguments=("run",)):
        binaries = list((WORK / "native").glob("*-runner"))
        return [Contender(name, [binary, *arguments, "--output", "json"], self.environment) for binary in binaries]

    def tick(self, contender=None, changed=None, timeout=600):
        """Runs a tick that must converge, with or without changes, and returns its cost and its report."""
        contender = contender or self.java(AS_DOCUMENTED, C1)
        cost, stdout = run(contender, self.folder, timeout)
        report = json.loads(stdout)
        changes = sum(len(step["changes"]) for step in report["steps"])
        if changed is not None and changed != (changes > 0):
            raise Failed(f"{contender.name} made {changes} changes")
        return cost, report


def archives(application):
    """Makes what speeds up the start of a JVM by running a steady tick once: a CDS archive and an AOT cache."""
    cds, aot = WORK / "app.jsa", WORK / "app.aot"
    # Not parsed as a report: the JVM writes about what it leaves out to stdout.
    if not cds.exists():
        run(application.java("CDS training", C1, f"-XX:ArchiveClassesAtExit={cds}"), application.folder)
    # A JDK below 25 does not know the option.
    if not aot.exists() and java_version() >= 25:
        run(application.java("AOT training", C1, f"-XX:AOTCacheOutput={aot}"), application.folder)
    return cds, aot


def java_version():
    text = subprocess.run([JAVA, "-version"], capture_output=True, text=True, check=True).stderr
    return int(re.search(r'version "(\d+)', text)[1])


def variants(application):
    """The application as it can be run, beginning with how its documentation runs it."""
    cds, aot = archives(application)
    found = [
        application.java(AS_DOCUMENTED, C1),
        application.java("vault-bootstrap, jar, no JVM options"),
        application.java("vault-bootstrap, jar, C1, CDS archive", C1, f"-XX:SharedArchiveFile={cds}"),
    ]
    if aot.exists():
        found.append(application.java("vault-bootstrap, jar, C1, AOT cache", C1, f"-XX:AOTCache={aot}"))
        found.append(application.java("vault-bootstrap, jar, AOT cache", f"-XX:AOTCache={aot}"))
    return found + application.native()


def curl(node, folder, paths, token):
    config = Path(folder) / "curl.conf"
    lines = ["silent", "show-error", "fail", "no-progress-meter", "parallel", f"parallel-max = {PARALLEL}"]
    lines.append(f'header = "X-Vault-Token: {token}"')
    if node.authority:
        lines.append(f'cacert = "{node.authority.file}"')
    for path in paths:
        url = path if "://" in path else f"{node.address}/v1/{path}"
        lines += [f'url = "{url}"', 'output = "/dev/null"']
    config.touch(mode=0o600)
    config.write_text("\n".join(lines) + "\n")
    return Contender(CURL, ["curl", "--disable", "--config", config])


def java_floor(node, folder, paths, token, *options):
    file = Path(folder) / "paths.txt"
    file.write_text("\n".join(paths) + "\n")
    command = [JAVA, C1, *options, "-cp", WORK / "floor", "Floor", node.address, PARALLEL, file]
    return Contender(JAVA_FLOOR, command, {"FLOOR_TOKEN": token})


def shell(node, script, **extra):
    return Contender(
        "shell script around bao",
        ["bash", HERE / script],
        {
            "BAO": BAO,
            "BAO_ADDR": node.address,
            "POLICIES": " ".join(documents.policy_names()),
            "ROLES": " ".join(documents.role_names()),
            "MOUNT": documents.MOUNT,
            **extra,
        },
    )


def steady(rounds):
    """5 policies, 3 roles, 50 secrets, and nothing to change."""
    with Node() as node, tempfile.TemporaryDirectory(dir=WORK) as folder:
        documents.write(folder, documents.STEADY_SECRETS)
        application = Application([node], folder)
        application.tick(changed=True)
        _, report = application.tick(changed=False)
        paths = documents.reads(documents.STEADY_SECRETS)
        same_reads(report, paths)
        token = node.token(application.folder / "custody")
        ours = variants(application)
        others = [
            curl(node, folder, paths, token),
            java_floor(node, folder, paths, token),
            shell(
                node, "steady.sh", BAO_TOKEN=token, SECRETS=" ".join(documents.fixtures(documents.STEADY_SECRETS))
            ),
        ]

        def once(contender):
            if contender in ours:
                return application.tick(contender, changed=False)[0]
            return run(contender, folder)[0]

        costs = interleaved(ours + others, rounds, once)
        return [
            "## Steady tick",
            "",
            f"{documents.POLICIES} policies, {documents.ROLES} roles, {documents.STEADY_SECRETS} secrets on the node as"
            f" desired. {rounds} rounds. Each way reads the same {len(paths)} things; vault-bootstrap also signs in and"
            " gives its token back.",
            "",
            *rows(costs, CURL),
            "",
            "### Requests of a steady tick, by step",
            "",
            *requests_by_step(report),
        ]


def ha(rounds):
    """Three nodes behind TLS, the same desired state, and nothing to change."""
    with Authority() as authority, contextlib.ExitStack() as stack, tempfile.TemporaryDirectory(dir=WORK) as folder:
        nodes = [stack.enter_context(Node(f"127.0.0.{last}", authority)) for last in (2, 3, 4)]
        documents.write(folder, documents.STEADY_SECRETS)
        application = Application(nodes, folder)
        application.tick(changed=True)
        _, report = application.tick(changed=False)
        # The first node was initialized and leads; the application asks it first who is active.
        paths = documents.reads(documents.STEADY_SECRETS) + ["sys/storage/raft/autopilot/state"]
        paths += [f"{node.address}/v1/sys/seal-status" for node in nodes[1:]]
        same_reads(report, paths)
        ours = variants(application)
        others = [curl(nodes[0], folder, paths, nodes[0].token(application.folder / "custody"))]

        def once(contender):
            return application.tick(contender, changed=False)[0] if contender in ours else run(contender, folder)[0]

        costs = interleaved(ours + others, rounds, once)
        return [
            "## Steady tick of a cluster",
            "",
            f"Three nodes behind TLS on loopback, the same desired state as above. {rounds} rounds. curl makes the same"
            f" {len(paths)} reads; vault-bootstrap also signs in and gives its token back.",
            "",
            *rows(costs, CURL),
            "",
            "### Requests of a steady tick of a cluster, by step",
            "",
            *requests_by_step(report),
        ]


def same_reads(report, paths):
    """The floor is one only if it reads as much."""
    if report["requests"]["reads"] != len(paths):
        raise Failed(f"a tick makes {report['requests']['reads']} reads, the floor {len(paths)}: mend documents.reads")


def requests_by_step(report):
    lines = ["| step | reads | writes | sign-in and sign-out |", "| --- | --- | --- | --- |"]
    for step in report["steps"]:
        count = step["requests"]
        lines.append(f"| {step['name']} | {count['reads']} | {count['writes']} | {count['sessions']} |")
    total = report["requests"]
    return lines + [f"| all | {total['reads']} | {total['writes']} | {total['sessions']} |"]


def first(rounds):
    """From an empty server to configured and seeded, a new server each time."""
    server_only = "the server's own part"
    names = [AS_DOCUMENTED, "vault-bootstrap, jar, C1, AOT cache", "shell script around bao", server_only]
    if not (WORK / "app.aot").exists():
        with Node() as node, tempfile.TemporaryDirectory(dir=WORK) as folder:
            documents.write(folder, 1)
            application = Application([node], folder)
            application.tick(changed=True)
            if not archives(application)[1].exists():
                names.remove("vault-bootstrap, jar, C1, AOT cache")
    reports = []

    def once(contender):
        with Node() as node, tempfile.TemporaryDirectory(dir=WORK) as folder:
            documents.write(folder, documents.STEADY_SECRETS)
            if contender.name == server_only:
                return run(Contender(server_only, ["bash", HERE / "init.sh"], {"ADDRESS": node.address}), folder)[0]
            if contender.name.startswith("shell"):
                return run(first_by_shell(node, folder), folder)[0]
            application = Application([node], folder)
            if contender.name == AS_DOCUMENTED:
                cost, report = application.tick(application.java(contender.name, C1), changed=True)
                reports.append(report)
                return cost
            contender = application.java(contender.name, C1, f"-XX:AOTCache={WORK / 'app.aot'}")
            return application.tick(contender, changed=True)[0]

    costs = interleaved([Contender(name, []) for name in names], rounds, once)
    total = reports[-1]["requests"]
    return [
        "## First tick",
        "",
        f"A new, empty node each time; the same desired state. {rounds} rounds. The first tick made {total['reads']}"
        f" reads and {total['writes']} writes, and took a snapshot that the script does not take. The server's own part"
        " is init, unseal and the wait until it serves, with curl.",
        "",
        *rows(costs, server_only),
    ]


def first_by_shell(node, folder):
    folder = Path(folder)
    (folder / "policies").mkdir()
    for number, name in enumerate(documents.policy_names()):
        (folder / "policies" / f"{name}.hcl").write_text(documents.policy_rules(number))
    (folder / "secrets").mkdir()
    for name, data in documents.fixtures(documents.STEADY_SECRETS).items():
        data = data if isinstance(data, dict) else {"value": data}
        (folder / "secrets" / f"{name}.json").write_text(json.dumps(data))
    return shell(node, "first.sh")


def many(rounds):
    """Seeds and then compares 1,000 and 10,000 secrets."""
    requests, seeded, lines = [], [], []
    for count in (MANY // 10, MANY):
        with Node() as node, tempfile.TemporaryDirectory(dir=WORK) as folder:
            documents.write(folder, count)
            application = Application([node], folder)
            say(f"  seeding {count} secrets")
            cost, report = application.tick(application.java("seed", C1, FIXED_HEAP), changed=True)
            seeded.append((count, cost, report))
            tick = application.java(AS_DOCUMENTED, C1, FIXED_HEAP)
            _, report = application.tick(tick, changed=False)
            requests.append((count, report["requests"]["reads"], report["requests"]["writes"]))
            paths = documents.reads(count)
            same_reads(report, paths)
            if count == MANY:
                token = node.token(application.folder / "custody")
                lines = compared_many(rounds, node, application, tick, paths, token)
                lines += ["", "### The smallest heap", "", *heaps(application)]
    return [
        f"## {MANY:,} secrets",
        "",
        f"Seeded by a first tick on an empty node with a heap of {FIXED_HEAP}, {PARALLEL} at a time:",
        "",
        "| secrets | wall, s | CPU, s | peak resident, MB | reads | writes |",
        "| --- | --- | --- | --- | --- | --- |",
        *(
            f"| {count:,} | {cost.wall:.1f} | {cost.cpu:.1f} | {cost.resident / 1024:.0f}"
            f" | {report['requests']['reads']:,} | {report['requests']['writes']:,} |"
            for count, cost, report in seeded
        ),
        "",
        "Requests of a steady tick, which grow by one read a secret:",
        "",
        "| secrets | reads | writes | reads − secrets |",
        "| --- | --- | --- | --- |",
        *(f"| {count:,} | {reads:,} | {writes} | {reads - count} |" for count, reads, writes in requests),
        "",
        *lines,
    ]


def compared_many(rounds, node, application, tick, paths, token):
    verify = application.java("vault-bootstrap verify, jar, C1", C1, FIXED_HEAP, arguments=("verify",))
    others = [
        curl(node, application.folder, paths, token),
        java_floor(node, application.folder, paths, token, FIXED_HEAP),
    ]

    def once(contender):
        say(f"  {contender.name}")
        if contender in (tick, verify):
            return application.tick(contender, changed=False)[0]
        return run(contender, application.folder)[0]

    costs = interleaved([tick, verify] + others, rounds, once)
    return [
        f"A steady tick and `verify` over {MANY:,} secrets, with a heap of {FIXED_HEAP}, beside plain clients that send"
        f" the same {len(paths):,} reads, {PARALLEL} at a time, and drop the answers. {rounds} rounds.",
        "",
        *rows(costs, CURL),
    ]


def heaps(application):
    """Steady ticks with ever smaller heaps, down to the one that is not enough."""
    lines = ["| heap | steady tick | wall, s | CPU, s | peak resident, MB |", "| --- | --- | --- | --- | --- |"]
    for megabytes in (128, 64, 48, 32, 24, 20, 16, 12):
        say(f"  heap of {megabytes} MB")
        contender = application.java("heap", C1, f"-Xmx{megabytes}m", "-XX:+ExitOnOutOfMemoryError")
        try:
            cost, _ = application.tick(contender, changed=False, timeout=120)
        except Failed as failure:
            # A heap that is a little too small ends in collecting garbage for ever.
            if "OutOfMemoryError" not in str(failure) and "in time" not in str(failure):
                raise
            lines.append(f"| {megabytes} MB | not enough | | | |")
            break
        lines.append(
            f"| {megabytes} MB | unchanged | {cost.wall:.1f} | {cost.cpu:.1f} | {cost.resident / 1024:.0f} |"
        )
    return lines


def snapshot(rounds):
    """Takes snapshots of 1 MB and of more than 1 GB, with the same small heap."""
    by_size = [taken(rounds, values) for values in (documents.SMALL_STATE, documents.LARGE_STATE)]
    lines = []
    for size, costs in by_size:
        lines += [
            "",
            f"### An archive of {size / 1e6:,.0f} MB",
            "",
            *rows(costs, SAVE_COPY_AND_HASH, cpu=True),
        ]
        # Of a small one, the start of the process is all.
        if size > 100e6:
            lines += [
                "",
                "| what | MB/s |",
                "| --- | --- |",
                *(
                    f"| {name} | {spread([size / 1e6 / sample.wall for sample in samples], '{:.0f}')} |"
                    for name, samples in costs.items()
                ),
            ]
    return [
        "## Snapshots",
        "",
        f"`snapshot take` with a heap of {SNAPSHOT_HEAP}, whatever the size, beside `bao operator raft snapshot save`, `cp`,"
        f" and `sha256sum` of the copy. {rounds} rounds. All on one disk, mostly in the page cache. vault-bootstrap also"
        " signs in, writes the canary, verifies the archive as it comes, reads back what it has stored, writes a"
        " manifest and deletes the snapshot before it. The S3 server is S3Mock on loopback, on the same cores; what it"
        " costs there is mostly its own.",
        *lines,
    ]


def taken(rounds, values):
    """Size of an archive of so many large values, and costs by name of the contender."""
    with Node() as node, s3.Bucket(S3MOCK) as bucket, tempfile.TemporaryDirectory(dir=WORK) as folder:
        documents.write_bulk(folder)
        application = Application([node], folder)
        application.tick(changed=True)
        say(f"  writing {values} values of {documents.BULK_BYTES} bytes")
        fill(node, values)
        application.environment |= {
            "BOOTSTRAP_SNAPSHOT_SPOOL_FOLDER": str(application.folder / "spool"),
            "BOOTSTRAP_SNAPSHOT_TARGETS_LOCAL_KEEP_NEWEST": "1",
            "BOOTSTRAP_SNAPSHOT_TARGETS_OFFSITE_KEEP_NEWEST": "1",
            "BOOTSTRAP_SNAPSHOT_TARGETS_OFFSITE_S3_BUCKET": bucket.name,
            "BOOTSTRAP_SNAPSHOT_TARGETS_OFFSITE_S3_ENDPOINT": bucket.address,
        }
        for name in ("access-key-id", "secret-access-key"):
            file = application.folder / name
            file.write_text("any\n")
            key = name.upper().replace("-", "_")
            application.environment[f"BOOTSTRAP_SNAPSHOT_TARGETS_OFFSITE_S3_{key}_FILE"] = str(file)

        def take(target, name, *options):
            heap = (SNAPSHOT_HEAP, "-XX:+ExitOnOutOfMemoryError")
            return application.java(name, *options, *heap, arguments=("snapshot", "take", "--target", target))

        def take_native(target, name):
            return application.native(name, arguments=("snapshot", "take", "--target", target))

        ours = [
            take("local", "vault-bootstrap, to a folder"),
            take("local", "vault-bootstrap, to a folder, C1", C1),
            *take_native("local", "vault-bootstrap, native, to a folder"),
            take("offsite", "vault-bootstrap, to S3"),
            *take_native("offsite", "vault-bootstrap, native, to S3"),
        ]
        asked = {"BAO": BAO, "BAO_ADDR": node.address}
        others = [
            Contender(SAVE_AND_COPY, ["bash", HERE / "snapshot.sh"], asked),
            Contender(SAVE_COPY_AND_HASH, ["bash", HERE / "snapshot.sh"], {**asked, "CHECKSUM": "1"}),
        ]

        def once(contender):
            say(f"  {contender.name}")
            if contender in others:
                # A token each, since one lives for minutes only, and a round may take as long.
                token = node.token(application.folder / "custody")
                contender = Contender(contender.name, contender.command, {**contender.environment, "BAO_TOKEN": token})
            return run(contender, folder)[0]

        costs = interleaved(ours + others, rounds, once)
        return (application.folder / "kept.snap").stat().st_size, costs


def fill(node, values):
    token = node.call("POST", "auth/people/login/bench", {"password": documents.BULK_PASSWORD})["auth"]["client_token"]

    def write(number):
        # Encrypted as it is stored, it cannot be compressed whatever it is.
        node.call("PUT", f"bulk/value-{number:05d}", {"value": documents.bulk(number)}, token)

    with concurrent.futures.ThreadPoolExecutor(4) as threads:
        for _ in threads.map(write, range(values)):
            pass


SCENARIOS = {
    "steady": (steady, 7),
    "ha": (ha, 7),
    "first": (first, 5),
    "many": (many, 3),
    "snapshot": (snapshot, 3),
}


def revision():
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False, cwd=HERE
    )
    return described.stdout.strip() or "unknown"


def preamble(measured, load):
    with Node() as node:
        server = node.version()
    java = subprocess.run([JAVA, "-version"], capture_output=True, text=True, check=True).stderr.splitlines()
    curl_version = subprocess.run(["curl", "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    now = datetime.datetime.now(datetime.timezone.utc)
    return [
        "# Results",
        "",
        "Written by `make bench`; [README.md](README.md) says what the rows mean. Medians, with the smallest and the"
        " largest in brackets.",
        "",
        f"- {now:%Y-%m-%d}, revision {measured}",
        f"- {platform.system()} {platform.machine()}, {len(os.sched_getaffinity(0))} cores"
        f" ({model[1] if model else 'unknown'}), {memory:.0f} GiB",
        f"- {java[1] if len(java) > 1 else java[0]}",
        # The benchmark itself keeps about two processes busy.
        f"- load average over five minutes: {load:.1f} before, {os.getloadavg()[1]:.1f} after",
        f"- OpenBao {server}, Raft storage, file audit device, on loopback, one node and plain HTTP unless said otherwise; curl {curl_version}",
        "",
    ]


def main():
    parser = argparse.ArgumentParser(prog="bench/run")
    parser.add_argument("scenarios", nargs="*", metavar="|".join(SCENARIOS), help="which to measure; all by default")
    parser.add_argument("--rounds", type=int, help="instead of each scenario's own number")
    parser.add_argument("--results", type=Path, default=HERE / "results.md")
    arguments = parser.parse_args()
    unknown = set(arguments.scenarios) - set(SCENARIOS)
    if unknown:
        parser.error(f"no scenario {', '.join(sorted(unknown))}")
    # SIGTERM has to end the servers too, as an interrupt does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    measured, load = revision(), os.getloadavg()[1]
    lines = []
    for name in arguments.scenarios or SCENARIOS:
        scenario, rounds = SCENARIOS[name]
        say(f"measuring: {name}")
        lines += scenario(arguments.rounds or rounds) + [""]
    text = "\n".join(preamble(measured, load) + lines)
    arguments.results.write_text(text)
    print(text)


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        sys.exit(f"bench: {failure}")
