"""Rows a second through Sluice's own write path, beside raw `COPY … (FORMAT binary)` of the very rows it left.

Both sides fill the same indexed tables, in turns, over one connection each. Sluice's is a generation's whole transaction but for its position and
outbox: names locked, facts and versions merged, content, chunks, terms, vectors and cached embeddings written. COPY finds all of that done: it has
the rows from a file the server reads itself, terms parsed already, in one transaction with one statement a table. It runs as a superuser, since row-level
security refuses COPY FROM to every role Sluice works as.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess

from harness import ROOT, report, say

DRIVER = os.environ.get("BENCH_DRIVER", str(ROOT / ".build/release/sluice-bench"))
# Chunks a document, documents a turn, and documents a transaction: some 3,000 chunks a turn, and a transaction of what workers gather.
CASES = [(1, 2000, 64), (10, 300, 32), (100, 40, 8), (1000, 4, 1)]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--turns", type=int, default=7)
    given = arguments.parse_args()
    for chunks, documents, transaction in CASES:
        command = [DRIVER, "upsert", "--chunks", chunks, "--documents", documents, "--transaction", transaction, "--turns", given.turns + 1]
        output = subprocess.run([str(part) for part in command], check=True, stdout=subprocess.PIPE, text=True).stdout
        # The first turn opens connections and prepares statements.
        turns = [json.loads(line) for line in output.splitlines()][1:]
        rows = turns[0]["rows"]
        processor = {side: statistics.median(turn[f"{side}_processor_seconds"] for turn in turns) for side in ("sluice", "copy")}
        report(
            "upsert", f"{chunks} chunk{'s' if chunks > 1 else ''} a document", [rows / turn["sluice_seconds"] for turn in turns], "rows/s",
            higher_is_better=True, peer="COPY", peer_values=[rows / turn["copy_seconds"] for turn in turns], goal=0.6,
            documents_per_second=round(documents / statistics.median(turn["sluice_seconds"] for turn in turns), 1),
            server_processor_ratio=round(processor["copy"] / processor["sluice"], 3),
            copies={table: round(statistics.median(turn["copies"][table] for turn in turns), 4) for table in turns[0]["copies"]},
        )
        say(f"  the server's processor time: {processor['sluice']:.2f} s, COPY: {processor['copy']:.2f} s, ratio {processor['copy'] / processor['sluice']:.2f}")


if __name__ == "__main__":
    main()
