"""Permission-filtered search by words: latency and ranking, beside bm25s and Lucene's BM25 over the same texts.

What counts as best is exact BM25 with the statistics of the whole tenant, over what the asker may see: bm25s, an array of every chunk's score. A passage is
rightly found where its score there is no lower than the tenth best. bm25s has its mask of what the asker sees for nothing; Sluice's time is of the
whole answer, from the claims to the text. Cranfield's judgements, where ../shared/data has them, tell how good a ranking is.

    FULL=1    besides, a million chunks
"""

from __future__ import annotations

import argparse
import math
import os
import re
import shutil
import statistics
import time
from pathlib import Path

import numpy as np

from corpus import LIMIT, Case, Corpus, made, write
from harness import ROOT, SHARED, percentile, report, say
from peers import Process, Turn, load_sluice, sluice, timed

LUCENE, CRANFIELD = SHARED / "peers/lucene", SHARED / "data/cranfield"
BOUND_MILLISECONDS = {100_000: 15, 1_000_000: 50}
# BM25's usual constants, and Lucene's.
K1, B = 1.2, 0.75


class BM25S:
    """Scores of all chunks, the asker's kept by a mask."""

    def __init__(self, corpus: Corpus):
        import bm25s
        import Stemmer

        started = time.monotonic()
        self._corpus, self._groups = corpus, corpus.groups
        self._tokenize, self._stemmer = bm25s.tokenize, Stemmer.Stemmer("english")
        self._index = bm25s.BM25(k1=K1, b=B)
        self._index.index(bm25s.tokenize(corpus.texts(), stemmer=self._stemmer, show_progress=False), show_progress=False)
        say(f"  bm25s: indexed in {time.monotonic() - started:.0f} s")

    def ask(self, case: int) -> Turn:
        masks = [self._mask(groups) for groups in self._corpus.principals(case)]
        return timed(list(zip(self._corpus.words(case), masks, strict=True)), self._best)

    def scores(self, case: int) -> list[np.ndarray]:
        """Per query, of every chunk that its asker sees."""
        pairs = zip(self._corpus.words(case), self._corpus.principals(case), strict=True)
        return [self._index.get_scores(self._terms(question), weight_mask=self._mask(groups)) for question, groups in pairs]

    def _mask(self, groups: list[int]) -> np.ndarray:
        return np.isin(self._groups, groups).astype(np.float32)

    def _terms(self, question: str) -> list[str]:
        return list(dict.fromkeys(self._tokenize([question], stemmer=self._stemmer, return_ids=False, show_progress=False)[0]))

    def _best(self, question: str, mask: np.ndarray) -> list[int]:
        numbers, scores = self._index.retrieve([self._terms(question)], k=min(LIMIT, len(mask)), weight_mask=mask, show_progress=False)
        return [int(number) for number, score in zip(numbers[0], scores[0], strict=True) if score > 0]


def lucene(corpus: Corpus) -> Process | None:
    if not LUCENE.is_dir() or shutil.which("java") is None:
        say("  Lucene: skipped, ../shared/peers/lucene or Java 17 is not here")
        return None
    started = time.monotonic()
    index = ROOT / ".dev/bench-lucene"
    process = Process(["java", "-cp", f"{LUCENE}/libs/*", ROOT / "Benchmarks/WordSearch.java", corpus.folder, index, K1, B], "bench-lucene.log")
    process.wait_ready()
    say(f"  Lucene: indexed in {time.monotonic() - started:.0f} s")
    return process


def agreement(found: list[int], scores: np.ndarray) -> tuple[float, bool]:
    """The part of the best that was found, ties counting for either, and whether the answer is short."""
    matching = min(LIMIT, int(np.count_nonzero(scores > 0)))
    if not matching:
        return 1.0, False
    # Single precision differs in its last digits by the order of the terms.
    threshold = np.partition(scores, -matching)[-matching] * (1 - 1e-5)
    return sum(bool(scores[number] >= threshold) for number in set(found[:LIMIT])) / matching, len(found) < matching


def measure(corpus: Corpus, tenant: str, given: argparse.Namespace) -> None:
    load_sluice(corpus, tenant)
    exact = BM25S(corpus)
    ours, java = sluice(corpus, tenant), lucene(corpus) if "lucene" in given.engines else None
    engines = {"Sluice": lambda case: ours.ask("lexical", case)}
    if "bm25s" in given.engines:
        engines["bm25s"] = exact.ask
    if java:
        engines["Lucene"] = lambda case: java.ask("lexical", case)
    title = f"{corpus.chunks:,} chunks"
    rows = [f"\n{title}, limit {LIMIT}, {corpus.queries} queries, medians of {given.turns} turns",
            f"  {'case':<32} {'engine':<8} {'top-10':>7} {'short':>6} {'p50 ms':>8} {'p95 ms':>8} {'ours/theirs':>11}"]
    for number, case in enumerate(corpus.cases):
        turns = {name: [] for name in engines}
        for _ in range(given.turns):
            for name, ask in engines.items():
                turns[name].append(ask(number))
        truth = exact.scores(number)
        ours95 = [percentile(turn.milliseconds, 0.95) for turn in turns["Sluice"]]
        for name, answered in turns.items():
            found = [agreement(hits, scores) for hits, scores in zip(answered[0].hits, truth, strict=True)]
            top, short = statistics.mean(one for one, _ in found), sum(is_short for _, is_short in found)
            p50, p95 = (statistics.median(percentile(turn.milliseconds, share) for turn in answered) for share in (0.5, 0.95))
            rows.append(f"  {str(case):<32} {name:<8} {top:>7.3f} {short:>6} {p50:>8.2f} {p95:>8.2f} "
                        + (f"{statistics.median(ours95) / p95:>11.2f}" if name != "Sluice" else ""))
            if name == "Sluice":
                report("words", f"{title}, {case}: p95", ours95, "ms", higher_is_better=False, bound=BOUND_MILLISECONDS.get(corpus.chunks), p50=p50)
                report("words", f"{title}, {case}: top-10 of exact BM25", [top], "", higher_is_better=True, short=short)
            else:
                report("words", f"{title}, {case}: p95", ours95, "ms", higher_is_better=False, peer=name,
                       peer_values=[percentile(turn.milliseconds, 0.95) for turn in answered], peer_top_10=top, peer_short=short)
    for process in (ours, java):
        if process:
            process.close()
    say("\n".join(rows))


# --- Cranfield ---


def cranfield(given: argparse.Namespace) -> None:
    """nDCG@10 over all 225 queries, an abstract a document of one chunk; grades 1 (best) to 4 gain 4 to 1."""
    if not CRANFIELD.is_dir():
        say("Cranfield: skipped, ../shared/data/cranfield is not here")
        return
    texts = [" ".join(fields.get(name, "") for name in "TW") for fields in _records("cran.all.1400")]
    questions = [fields["W"] for fields in _records("cran.qry")]
    judgements: list[dict[int, int]] = [{} for _ in questions]
    for line in (CRANFIELD / "cranqrel").read_text().splitlines():
        query, document, grade = map(int, line.split())  # by its place, not its number
        if 1 <= grade <= 4:
            judgements[query - 1][document - 1] = 5 - grade
    # The two that are empty keep their numbers: no chunk may be empty, no question asks for this word.
    texts = [text if text.strip() else "empty" for text in texts]
    corpus = Corpus(ROOT / ".dev/bench-corpus/cranfield", len(texts), [Case(1)], len(questions))
    write(corpus, texts=texts, words=[questions])
    load_sluice(corpus, "cranfield")
    ours, java = sluice(corpus, "cranfield"), lucene(corpus) if "lucene" in given.engines else None
    engines = {"Sluice": ours.ask("lexical", 0), "bm25s": BM25S(corpus).ask(0)}
    if java:
        engines["Lucene"] = java.ask("lexical", 0)
    values = {name: statistics.mean(ndcg(hits, judged) for hits, judged in zip(turn.hits, judgements, strict=True)) for name, turn in engines.items()}
    for name, value in values.items():
        if name != "Sluice":
            report("words", "Cranfield: nDCG@10", [values["Sluice"]], "", higher_is_better=True, peer=name, peer_values=[value], goal=1.0)
    for process in (ours, java):
        if process:
            process.close()


def _records(name: str) -> list[dict[str, str]]:
    """SMART's format: `.I` begins a record, `.T` and the like a field of it."""
    records: list[dict[str, str]] = []
    for part in re.split(r"^\.I +\d+\s*$", (CRANFIELD / name).read_text(encoding="latin1"), flags=re.M)[1:]:
        fields = re.split(r"^\.([A-Z])\s*$", part, flags=re.M)
        records.append(dict(zip(fields[1::2], fields[2::2], strict=True)))
    return records


def ndcg(found: list[int], judged: dict[int, int]) -> float:
    def gained(gains: list[int]) -> float:
        return sum(gain / math.log2(place + 2) for place, gain in enumerate(gains[:10]))

    ideal = gained(sorted(judged.values(), reverse=True))
    return gained([judged.get(number, 0) for number in found]) / ideal if ideal else 0.0


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--chunks", type=int, default=100_000)
    arguments.add_argument("--shape", default="10", help="chunks a document")
    arguments.add_argument("--queries", type=int, default=60, help="of each case")
    arguments.add_argument("--turns", type=int, default=3)
    arguments.add_argument("--engines", nargs="*", default=["bm25s", "lucene"], choices=["bm25s", "lucene"])
    given = arguments.parse_args()
    root = ROOT / ".dev/bench-corpus"
    cranfield(given)
    measure(made(root, given.chunks, given.shape, given.queries), "words", given)
    if os.environ.get("FULL") == "1":
        measure(made(root, 1_000_000, given.shape, given.queries), "words-million", given)


if __name__ == "__main__":
    main()
