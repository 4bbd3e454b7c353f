"""Made corpora for search and words: one folder that every engine reads, made in pieces, so that a million chunks need no more memory than a few.

The vectors are those of `../shared/peers/filtered_search.py`: 384 dimensions, 2,000 clusters, and 1,000 access groups whose sizes follow Zipf's law. The folder
has what its `--dump` writes, so that `lucene/FilteredSearch.java` reads it, and besides:

    documents.i32     [documents + 1]: where each document's chunks begin; all chunks of a document are of one group
    texts.txt         a line of text a chunk; lines.i64 [chunks + 1]: where each begins
    words-C.txt       a line of two to eight words a query
    cases.json        what each case is
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from made_texts import MadeTexts

DIMENSION, CLUSTERS, GROUPS, LIMIT = 384, 2_000, 1_000, 10
# As in filtered_search.py: its vectors come out of this seed.
SEED, SPREAD = 7, 0.9
# What a chunk of up to 200 tokens of a model has of words (prototypes/lexical-search.md).
TOKENS_A_CHUNK = 122
# Half as long to half as long again, so that ranking has to mind lengths.
SHORTEST, LONGEST = TOKENS_A_CHUNK // 2, TOKENS_A_CHUNK * 3 // 2
VOCABULARY = 100_000
# The most frequent words, which people leave out of questions: two of five words of a text.
STOP_WORDS = 50
PIECE = 50_000


@dataclass(frozen=True)
class Case:
    """What its askers see of the tenant, and how many principals each has; nothing: the groups alone that let them."""

    visible: float
    principals: int | None = None

    def __str__(self) -> str:
        return f"{self.visible * 100:g} % visible" + (f", {self.principals:,} principals" if self.principals else "")


CASES = [Case(share) for share in (1, 0.5, 0.2, 0.1, 0.01, 0.001, 0.0001)] + [Case(share, principals=1_000) for share in (0.1, 0.01, 0.001)]


@dataclass(frozen=True)
class Corpus:
    folder: Path
    chunks: int
    cases: list[Case]
    queries: int

    @property
    def vectors(self) -> np.ndarray:
        return np.memmap(self.folder / "vectors.f32", "<f4", "r", shape=(self.chunks, DIMENSION))

    @property
    def groups(self) -> np.ndarray:
        return np.fromfile(self.folder / "groups.i32", "<i4")

    def texts(self) -> list[str]:
        with (self.folder / "texts.txt").open(encoding="utf8") as lines:
            return [line.rstrip("\n") for line in lines]

    def questions(self, case: int) -> np.ndarray:
        return np.fromfile(self.folder / f"queries-{case}.f32", "<f4").reshape(self.queries, DIMENSION)

    def principals(self, case: int) -> list[list[int]]:
        return self._numbers(f"principals-{case}.txt")

    def truth(self, case: int) -> list[list[int]]:
        """The nearest that the asker may see, by brute force."""
        return self._numbers(f"truth-{case}.txt")

    def words(self, case: int) -> list[str]:
        return (self.folder / f"words-{case}.txt").read_text().splitlines()

    def _numbers(self, name: str) -> list[list[int]]:
        return [[int(number) for number in line.split()] for line in (self.folder / name).read_text().splitlines()]


def made(root: Path, chunks: int, shape: str, queries: int) -> Corpus:
    """The corpus of so many chunks, made unless it stands below `root`.

    - shape: chunks a document: "1", "10", or "1-19", evenly.
    """
    corpus = Corpus(root / f"{chunks}-{shape}-{queries}", chunks, CASES, queries)
    if not corpus.folder.exists():
        unfinished = corpus.folder.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        _make(Corpus(unfinished, chunks, CASES, queries), shape)
        unfinished.rename(corpus.folder)
    return corpus


def write(corpus: Corpus, *, texts: list[str], words: list[list[str]]) -> None:
    """A corpus of given texts, each a document that the one group 0 sees; its vectors are of chance."""
    corpus.folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(SEED)
    _unit(rng.normal(size=(corpus.chunks, DIMENSION)).astype("<f4")).tofile(corpus.folder / "vectors.f32")
    np.zeros(corpus.chunks, "<i4").tofile(corpus.folder / "groups.i32")
    np.arange(corpus.chunks + 1, dtype="<i4").tofile(corpus.folder / "documents.i32")
    _write_lines(corpus, [[" ".join(text.split()) for text in texts]])
    for number, questions in enumerate(words):
        np.zeros((corpus.queries, DIMENSION), "<f4").tofile(corpus.folder / f"queries-{number}.f32")
        (corpus.folder / f"principals-{number}.txt").write_text("0\n" * corpus.queries)
        (corpus.folder / f"words-{number}.txt").write_text("".join(f"{' '.join(question.split())}\n" for question in questions))
    _write_meta(corpus)


def _make(corpus: Corpus, shape: str) -> None:
    rng = np.random.default_rng(SEED)
    centres = rng.normal(size=(CLUSTERS, DIMENSION)).astype(np.float32)
    labels = rng.integers(0, CLUSTERS, corpus.chunks)
    with (corpus.folder / "vectors.f32").open("wb") as file:
        for start in range(0, corpus.chunks, PIECE):
            piece = centres[labels[start : start + PIECE]]
            _unit(piece + SPREAD * rng.normal(size=piece.shape).astype(np.float32)).astype("<f4").tofile(file)
    starts = _document_starts(corpus.chunks, shape)
    starts.astype("<i4").tofile(corpus.folder / "documents.i32")
    sizes = 1 / np.arange(1, GROUPS + 1)
    groups = np.repeat(rng.choice(GROUPS, len(starts) - 1, p=sizes / sizes.sum()), np.diff(starts))
    groups.astype("<i4").tofile(corpus.folder / "groups.i32")

    principals = [[_principal(case, groups, rng) for _ in range(corpus.queries)] for case in corpus.cases]
    questions = centres[rng.integers(0, CLUSTERS, (len(corpus.cases), corpus.queries))]
    questions = _unit(questions + SPREAD * rng.normal(size=questions.shape).astype(np.float32))
    truth = _truth(corpus, groups, principals, questions)
    _write_texts(corpus)
    for number, case in enumerate(corpus.cases):
        (corpus.folder / f"fraction-{number}.txt").write_text(f"{case.visible}")
        questions[number].astype("<f4").tofile(corpus.folder / f"queries-{number}.f32")
        for name, lines in (("principals", principals[number]), ("truth", truth[number])):
            (corpus.folder / f"{name}-{number}.txt").write_text("".join(" ".join(map(str, line)) + "\n" for line in lines))
    _write_words(corpus, rng)
    _write_meta(corpus)


def _write_meta(corpus: Corpus) -> None:
    (corpus.folder / "cases.json").write_text(json.dumps([str(case) for case in corpus.cases]))
    (corpus.folder / "meta.txt").write_text(f"{corpus.chunks} {DIMENSION} {len(corpus.cases)} {corpus.queries} {LIMIT}")


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def _document_starts(chunks: int, shape: str) -> np.ndarray:
    """Apart from the vectors' source of randomness: these are the same, whatever the shape."""
    if shape == "1-19":
        starts = np.concatenate([[0], np.cumsum(np.random.default_rng(SEED).integers(1, 20, chunks))])
        return np.append(starts[starts < chunks], chunks)
    return np.append(np.arange(0, chunks, int(shape)), chunks)


def _principal(case: Case, groups: np.ndarray, rng: np.random.Generator) -> list[int]:
    """Groups in a random order, as long as they let see no more than 1.15 of the share, until they let see 0.85 of it."""
    sizes, wanted = np.bincount(groups, minlength=GROUPS), case.visible * len(groups)
    chosen, seen = [], 0
    for group in rng.permutation(GROUPS):
        if case.visible == 1 or seen + sizes[group] <= wanted * 1.15:
            chosen.append(int(group))
            seen += sizes[group]
        if case.visible < 1 and seen >= wanted * 0.85:
            break
    if not seen:  # no group is that small
        chosen = [int(np.argmin(np.where(sizes > 0, sizes, len(groups))))]
    # Groups that own nothing.
    return chosen + list(range(GROUPS, GROUPS + (case.principals or 0) - len(chosen)))


def _truth(corpus: Corpus, groups: np.ndarray, principals: list[list[list[int]]], questions: np.ndarray) -> list[list[list[int]]]:
    asked = questions.reshape(-1, DIMENSION)
    sees = np.zeros((len(asked), GROUPS), bool)
    for row, groups_of_one in enumerate(one for case in principals for one in case):
        sees[row, [group for group in groups_of_one if group < GROUPS]] = True
    best = np.full((len(asked), LIMIT), -np.inf, np.float32)
    found = np.full((len(asked), LIMIT), -1)
    for start in range(0, corpus.chunks, PIECE):
        piece = slice(start, min(corpus.chunks, start + PIECE))
        scores = np.where(sees[:, groups[piece]], asked @ np.asarray(corpus.vectors[piece]).T, -np.inf)
        scores = np.concatenate([best, scores], axis=1)
        numbers = np.concatenate([found, np.broadcast_to(np.arange(piece.start, piece.stop), (len(asked), piece.stop - piece.start))], axis=1)
        top = np.argpartition(-scores, LIMIT - 1, axis=1)[:, :LIMIT]
        best, found = np.take_along_axis(scores, top, 1), np.take_along_axis(numbers, top, 1)
    order = np.argsort(-best, axis=1)
    best, found = np.take_along_axis(best, order, 1), np.take_along_axis(found, order, 1)
    lines = [[int(number) for number, score in zip(*row) if score > -np.inf] for row in zip(found, best)]
    return [lines[start : start + corpus.queries] for start in range(0, len(lines), corpus.queries)]


def _write_texts(corpus: Corpus) -> None:
    vocabulary = np.array(MadeTexts(SEED, VOCABULARY).vocabulary, object)
    cumulative = np.cumsum(1 / np.arange(1, VOCABULARY + 1))
    rng = np.random.default_rng(SEED)

    def pieces():
        for start in range(0, corpus.chunks, PIECE):
            lengths = rng.integers(SHORTEST, LONGEST + 1, min(PIECE, corpus.chunks - start))
            words = vocabulary[np.searchsorted(cumulative, rng.random(lengths.sum()) * cumulative[-1])]
            yield [" ".join(row) for row in np.split(words, np.cumsum(lengths)[:-1])]

    _write_lines(corpus, pieces())


def _write_lines(corpus: Corpus, pieces) -> None:
    starts, end = [np.zeros(1, "<i8")], 0
    with (corpus.folder / "texts.txt").open("wb") as file:
        for piece in pieces:
            lines = [f"{line}\n".encode() for line in piece]
            ends = end + np.cumsum([len(line) for line in lines], dtype="<i8")
            file.writelines(lines)
            starts.append(ends)
            end = int(ends[-1])
    np.concatenate(starts).tofile(corpus.folder / "lines.i64")


def _write_words(corpus: Corpus, rng: np.random.Generator) -> None:
    """Words of one chunk of chance each, but for the most frequent ones."""
    stop_words = set(MadeTexts(SEED, VOCABULARY).vocabulary[:STOP_WORDS])
    lines = np.fromfile(corpus.folder / "lines.i64", "<i8")
    with (corpus.folder / "texts.txt").open("rb") as file:
        for number in range(len(corpus.cases)):
            questions = []
            for chunk in rng.integers(0, corpus.chunks, corpus.queries):
                file.seek(lines[chunk])
                words = sorted(set(file.read(lines[chunk + 1] - lines[chunk]).decode().split()) - stop_words)
                questions.append(" ".join(rng.choice(words, rng.integers(2, 9), replace=False)))
            (corpus.folder / f"words-{number}.txt").write_text("".join(f"{question}\n" for question in questions))
