"""Makes a suite for `sluice eval` of the Cranfield collection: cranfield.py suite COLLECTION SUITE; and says of a report of it how the queries with
odd and with even positions did: cranfield.py halves REPORT.

COLLECTION holds cran.all.1400, cran.qry and cranqrel in the SMART format. Three things about them are easily got wrong: cranqrel names a query by its
position, not by its .I number; grades run from 1 (best) to 4, and -1 is not relevant (gains here: 4 to 1); two documents are empty.

Everybody may see everything: this measures the ranking alone. Constants are chosen on odd positions and reported on even ones.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from statistics import fmean
from typing import Iterator

FIGURES = ("ndcg", "recall", "precision", "reciprocalRank")


def records(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Each record's .I number and its fields by their letter."""
    for part in re.split(r"(?m)^\.I +", path.read_text(encoding="ascii"))[1:]:
        number, _, rest = part.partition("\n")
        pieces = re.split(r"(?m)^\.([A-Z]) *\n", rest)
        yield number.strip(), dict(zip(pieces[1::2], pieces[2::2]))


def one_line(text: str) -> str:
    return " ".join(text.split())


def gains(path: Path) -> dict[int, dict[str, int]]:
    """By the query's position, from 1: how good each relevant document is."""
    judged: dict[int, dict[str, int]] = {}
    for line in path.read_text(encoding="ascii").splitlines():
        if not line.strip():
            continue
        query, document, grade = map(int, line.split())
        if grade > 0:
            judged.setdefault(query, {})[str(document)] = 5 - grade
    return judged


def make_suite(collection: Path, suite: Path) -> None:
    suite.mkdir(parents=True, exist_ok=True)

    def write(name: str, rows: list[dict[str, object]]) -> None:
        (suite / name).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf8")

    documents = [
        {"document": number, "title": one_line(fields.get("T", "")) or None, "text": fields.get("W", "").strip("\n"), "container": "abstracts"}
        for number, fields in records(collection / "cran.all.1400")
    ]
    judged = gains(collection / "cranqrel")
    queries = [
        {"id": str(position), "text": one_line(fields["W"]), "asker": "reader", "judgements": judged.get(position, {})}
        for position, (_, fields) in enumerate(records(collection / "cran.qry"), start=1)
    ]
    write("corpus.jsonl", documents)
    write("permissions.jsonl", [{"subject": "abstracts", "allow": ["everyone"]}])
    write("queries.jsonl", queries)
    settings = {"name": "cranfield", "tenant": "eval-cranfield", "source": "cranfield", "askers": {"reader": {"user": "user:reader"}}}
    (suite / "suite.json").write_text(json.dumps(settings) + "\n", encoding="utf8")


def print_halves(report: Path) -> None:
    cases = json.loads(report.read_text(encoding="utf8"))["cases"]
    print(f"{'mode':8} {'queries':8}", *(f"{name:>14}" for name in FIGURES))
    for mode in dict.fromkeys(case["mode"] for case in cases):
        for half, remainders in (("odd", (1,)), ("even", (0,)), ("all", (0, 1))):
            chosen = [case for case in cases if case["mode"] == mode and int(case["query"]) % 2 in remainders]
            means = (fmean(case[name] for case in chosen if name in case) for name in FIGURES)
            print(f"{mode:8} {half:8}", *(f"{mean:14.4f}" for mean in means))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = arguments.add_subparsers(required=True)
    suite = commands.add_parser("suite")
    suite.add_argument("collection", type=Path)
    suite.add_argument("suite", type=Path)
    suite.set_defaults(run=lambda given: make_suite(given.collection, given.suite))
    halves = commands.add_parser("halves")
    halves.add_argument("report", type=Path)
    halves.set_defaults(run=lambda given: print_halves(given.report))
    given = arguments.parse_args()
    given.run(given)


if __name__ == "__main__":
    main()
