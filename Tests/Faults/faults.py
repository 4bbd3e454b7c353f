"""Injects faults into real workers, a real broker and a real database, and says what came of it.

Each case has a stack of its own. An oracle knows what was published, reads topics and database, and holds three promises against them:
L  every acknowledged event has ended in a final outcome or a dead letter, and what is to be seen is seen;
D  of every document exactly one version lives, whole, and it is the one in force;
P  no position, applied or committed, has ever passed a record that had not ended.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cases_brokers  # noqa: F401  each registers its cases
import cases_canaries  # noqa: F401
import cases_crashes  # noqa: F401
import cases_flow  # noqa: F401
import cases_generations  # noqa: F401
import cases_letters  # noqa: F401
import cases_members  # noqa: F401
import cases_order  # noqa: F401
import cases_references  # noqa: F401
import cases_tenants  # noqa: F401
import cases_tokens  # noqa: F401
import cases_transactions  # noqa: F401
from stack import Stack, Trouble
from world import CASES, Case, Skipped, World, Wrong

# As many lines as tell what is wrong; a case that loses one record often loses hundreds.
MOST_LINES = 12
HARNESS = "harness"


@dataclass
class Result:
    case: Case
    repetitions: int
    events: int
    verdict: str
    seconds: float
    wrong: list[str]
    notes: list[str]


class Runner:
    def __init__(self, folder: Path, sluice: Path, broker: str, seed: int, full: bool):
        self._folder, self._sluice, self._broker, self._seed, self._full = folder, sluice, broker, seed, full
        self._output = threading.Lock()
        self._worlds: set[World] = set()

    def clear(self) -> None:
        """What a run that was killed has left."""
        for left in self._folder.glob("*"):
            Stack(left, self._sluice).down()
        shutil.rmtree(self._folder, ignore_errors=True)

    def end(self) -> None:
        """Everything at once, whatever it is at."""
        for world in list(self._worlds):
            try:
                world.down()
            except Exception as error:  # noqa: BLE001  the others are to be ended too
                self.say(f"{world.case.name}: {error}")

    def say(self, text: str) -> None:
        with self._output:
            print(text, file=sys.stderr, flush=True)

    def run(self, chosen: Case) -> Result:
        begun = time.monotonic()
        folder = self._folder / chosen.name
        repetitions = chosen.full if self._full else chosen.short
        try:
            world = World(chosen, folder, self._sluice, self._broker, self._seed, self._full, lambda text: self.say(f"  {chosen.name}: {text}"))
        except Skipped as reason:
            self.say(f"skipped {chosen.name}: {reason}")
            return Result(chosen, 0, 0, "skipped", 0, [], [])
        wrong = self._judge(world, repetitions)
        events = len(world.publisher.sent) if hasattr(world, "publisher") else 0
        try:
            world.down()
        except Trouble as error:
            wrong.append(f"{HARNESS}: {error}")
        self._worlds.discard(world)
        # Where only the harness failed nothing is known of the workers; that is no success either.
        verdict = "held" if not wrong else "BROKEN" if any(not line.startswith(HARNESS) for line in wrong) else "FAILED"
        if verdict == "held":
            shutil.rmtree(folder, ignore_errors=True)
        result = Result(chosen, repetitions, events, verdict, time.monotonic() - begun, wrong, world.notes)
        self.say(f"{verdict:<8}{chosen.name}: {events} events, {result.seconds:.0f} s" + (f", logs in {folder}" if wrong else ""))
        for line in wrong[:MOST_LINES]:
            self.say(f"    {line}")
        if len(wrong) > MOST_LINES:
            self.say(f"    and {len(wrong) - MOST_LINES} more")
        return result

    def _judge(self, world: World, repetitions: int) -> list[str]:
        """All that was wrong."""
        self._worlds.add(world)
        try:
            world.up()
            world.case.run(world, repetitions)
            return world.verify()
        except Wrong as error:
            return [f"L  {error}"]
        except Trouble as error:
            return [f"{HARNESS}: {error}"]
        except Exception as error:  # noqa: BLE001  one case's end is not the others'
            return [f"{HARNESS}: {type(error).__name__}: {error}"]


def table(results: list[Result]) -> str:
    rows = [("FAULT", "WHAT", "TIMES", "EVENTS", "VERDICT", "SECONDS")]
    rows += [(one.case.faults, one.case.what, str(one.repetitions), str(one.events), one.verdict, f"{one.seconds:.0f}") for one in results]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [text.ljust(width) if column in (0, 1, 4) else text.rjust(width) for column, (text, width) in enumerate(zip(row, widths))]
        lines.append("  ".join(cells).rstrip())
    lines += [f"{one.case.name}: {note}" for one in results for note in one.notes]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sluice", type=Path, required=True, help="the program, a release build")
    parser.add_argument("--folder", type=Path, required=True, help="where the cases' stacks and logs go")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="cases whose names contain one of these")
    parser.add_argument("--list", action="store_true", help="what there is")
    parser.add_argument("--broker", choices=("tansu", "apache"), default="tansu", help="what cases run on that do not need another")
    parser.add_argument("--seed", type=int, help="of what is drawn; moments of processes are their own")
    parser.add_argument("--full", action="store_true", help="the long tier")
    # Cases mostly wait for session timeouts; more at once than this and two cores are what they wait for.
    parser.add_argument("--jobs", type=int, default=4, help="cases at once")
    arguments = parser.parse_args()
    chosen = [one for one in CASES if not arguments.only or any(part in one.name for part in arguments.only)]
    if arguments.list:
        for one in CASES:
            print(f"{one.name:<28} {one.faults:<8} {one.what}; ×{one.short}, long ×{one.full}")
        return 0
    if not chosen:
        parser.error("no case of that name; --list tells them")
    seed = arguments.seed if arguments.seed is not None else random.SystemRandom().randrange(1 << 32)
    runner = Runner(arguments.folder.resolve(), arguments.sluice.resolve(), arguments.broker, seed, arguments.full)
    runner.say(f"seed {seed}, {len(chosen)} cases, {arguments.jobs} at once")
    # An exception, so that processes are ended too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    runner.clear()
    begun = time.monotonic()
    pool = ThreadPoolExecutor(arguments.jobs)
    try:
        results = list(pool.map(runner.run, sorted(chosen, key=lambda one: not one.slow)))
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        runner.end()
        # The cases' threads would go on waiting for what is gone.
        os._exit(1)
    print(table(results))
    broken = sum(bool(one.wrong) for one in results)
    events, skipped = sum(one.events for one in results), sum(one.verdict == "skipped" for one in results)
    print(f"{len(results)} cases: {broken} broken, {skipped} skipped; {events} events, {time.monotonic() - begun:.0f} s, seed {seed}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
