"""Records a second out of one partition with many keys, beside Confluent's Parallel Consumer.

Both sides read the same records of the same topic on Apache Kafka, in turns, a fresh process each: 50,000 records of 1 KiB over 5,000 keys, 64 records of
distinct keys at once, each with the same pause for its work. Both clocks run from the first record taken up to the last one done. Sluice's side is the
workers' own loop with its lanes and, in Postgres, its claims and positions; every record is a wave of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess

from harness import BOOTSTRAP, ROOT, SHARED, report, say

DRIVER = os.environ.get("BENCH_DRIVER", str(ROOT / ".build/release/sluice-bench"))
PEER = SHARED / "peers/parallel_consumer"
WORK_MICROSECONDS = [0, 1_000, 10_000]


def figures(command: list[object], log: str) -> dict:
    path = ROOT / ".dev/log" / log
    with path.open("a", encoding="utf8") as warnings:
        done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=warnings, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{command[0]} failed: see {path}")
    return json.loads(done.stdout.splitlines()[-1])


def run_peer(topic: str, given: argparse.Namespace, work: int) -> dict:
    """Makes the topic and fills it, too."""
    return figures(
        ["java", "-cp", f"{PEER}/libs/*", PEER / "KeyedWork.java", BOOTSTRAP, topic, given.records, given.keys, given.concurrency, work], "bench-keyed-peer.log")


def run_sluice(topic: str, given: argparse.Namespace, work: int) -> dict:
    return figures(
        [DRIVER, "keyed", "--topic", topic, "--records", given.records, "--concurrency", given.concurrency, "--work", work], "bench-keyed.log")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("--records", type=int, default=50_000)
    arguments.add_argument("--keys", type=int, default=5_000)
    arguments.add_argument("--concurrency", type=int, default=64)
    arguments.add_argument("--work", type=int, nargs="+", default=WORK_MICROSECONDS, help="microseconds for each record")
    given = arguments.parse_args()
    if not PEER.is_dir():
        say(f"keyed: skipped, {PEER.relative_to(ROOT.parent)} is not here")
        return
    for work in given.work:
        sluice: list[dict] = []
        peer: list[dict] = []
        for run in range(given.runs):
            topic = f"keyed-{work}-{run}"
            peer.append(run_peer(topic, given, work))
            sluice.append(run_sluice(topic, given, work))
            say(
                f"  run {run + 1}: sluice {sluice[-1]['records_per_s']:.0f} records/s ({sluice[-1]['processor_us_per_record']:.0f} µs of processor a record), "
                f"peer {peer[-1]['records_per_s']:.0f}")
            if sluice[-1]["order_violations"]:
                raise SystemExit(f"{sluice[-1]['order_violations']} records came before an earlier one of their key")
        report(
            "keyed", f"{work / 1000:g} ms of work, {given.concurrency} at once", [one["records_per_s"] for one in sluice], "rec/s", higher_is_better=True,
            peer="Parallel Consumer", peer_values=[one["records_per_s"] for one in peer], goal=1.0, records=given.records, keys=given.keys,
            ideal=round(given.concurrency / work * 1e6) if work else None,
            processor_us_per_record=round(statistics.median(one["processor_us_per_record"] for one in sluice), 1))


if __name__ == "__main__":
    main()
