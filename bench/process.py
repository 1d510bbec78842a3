"""Runs of one process each, with what they cost."""

import os
import shutil
import statistics
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path


class Failed(Exception):
    """A run that did not end as it must; its message is for people."""


@dataclass(frozen=True)
class Cost:
    """Of one run: seconds of wall and CPU time, and KiB of peak resident memory, of the largest process in it."""

    wall: float
    cpu: float
    resident: int


@dataclass(frozen=True)
class Contender:
    """Something that does the task of a scenario. Secrets go into its environment or its files, never its arguments."""

    name: str
    command: list
    environment: dict = field(default_factory=dict)


def environment(extra):
    """Nothing of the caller's environment but what every program needs."""
    return {"PATH": os.environ["PATH"], "HOME": os.environ["BENCH_WORK"], "LANG": "C.UTF-8", **extra}


def has_gnu_time():
    time_command = shutil.which("time") or ""
    return time_command and subprocess.run(
        [time_command, "-f", "%M", "true"], capture_output=True, check=False
    ).stderr.strip().isdigit()


def run(contender, folder, timeout=600):
    """Runs to the end and returns what it cost and what it wrote to stdout."""
    folder = Path(folder)
    log, usage = folder / "stdout.log", folder / "usage.log"
    # What a process used before exec counts for its peak, and that is this interpreter when it starts the process
    # itself. time is small.
    command = [shutil.which("time"), "-q", "-f", "%M", "-o", str(usage)] if has_gnu_time() else []
    with open(log, "wb") as stdout, open(folder / "stderr.log", "wb") as stderr:
        started = time.monotonic()
        process = subprocess.Popen(
            command + [str(part) for part in contender.command],
            cwd=folder,
            env=environment(contender.environment),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
        )
        try:
            _, status, resources = wait(process.pid, started + timeout)
        except BaseException:
            os.killpg(process.pid, 9)
            process.wait()
            raise
        wall = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        words = (folder / "stderr.log").read_text(errors="replace").strip().splitlines()[-3:]
        words += log.read_text(errors="replace").strip().splitlines()[-3:]
        raise Failed(f"{contender.name} ended with exit code {process.returncode}: " + " | ".join(words))
    resident = int(usage.read_text()) if command else resources.ru_maxrss
    return Cost(wall, resources.ru_utime + resources.ru_stime, resident), log.read_text()


def wait(pid, deadline):
    """wait4 with a limit. The pauses are too short to show in a figure."""
    pause = 0.0005
    while True:
        ended, status, resources = os.wait4(pid, os.WNOHANG)
        if ended:
            return ended, status, resources
        if time.monotonic() > deadline:
            raise Failed(f"process {pid} did not end in time")
        time.sleep(pause)
        pause = min(pause * 2, 0.002)


def interleaved(contenders, rounds, once):
    """
    Costs by name of the contender. Every round runs each of them once, beginning with another one each time, so that
    what else happens on the machine hits all of them. One round before the first is not counted.
    """
    costs = {contender.name: [] for contender in contenders}
    for number in range(-1, rounds):
        shift = number % len(contenders)
        for contender in contenders[shift:] + contenders[:shift]:
            cost = once(contender)
            if number >= 0:
                costs[contender.name].append(cost)
    return costs


def spread(values, unit="{:.2f}"):
    """The median, with the smallest and the largest."""
    median, low, high = statistics.median(values), min(values), max(values)
    return f"{unit} ({unit}–{unit})".format(median, low, high)


def rows(costs, base, cpu=False):
    """Lines of a Markdown table. A ratio is the median over the rounds of that round's own ratio; `cpu` adds that of CPU."""
    ratios = ["wall", "cpu"] if cpu else ["wall"]
    heads = {"wall": f"wall ÷ {base}", "cpu": f"CPU ÷ {base}"}
    lines = [
        f"| what | wall, s | CPU, s | peak resident, MB | {' | '.join(heads[ratio] for ratio in ratios)} |",
        "| --- | --- | --- | --- |" + " --- |" * len(ratios),
    ]
    for name, samples in costs.items():
        cells = [
            name,
            spread([sample.wall for sample in samples]),
            spread([sample.cpu for sample in samples]),
            spread([sample.resident / 1024 for sample in samples], "{:.0f}"),
        ]
        for ratio in ratios:
            of_rounds = [getattr(one, ratio) / getattr(other, ratio) for one, other in zip(samples, costs[base])]
            cells.append(f"{statistics.median(of_rounds):.{2 if cpu else 1}f}")
        lines.append(f"| {' | '.join(cells)} |")
    return lines
