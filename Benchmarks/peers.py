"""Search engines a user would pick instead, on a made corpus: each loaded once, then asked case by case, for the numbers of the chunks alone."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from corpus import DIMENSION, LIMIT, Corpus
from harness import ROOT, say

DRIVER = os.environ.get("BENCH_DRIVER", str(ROOT / ".build/release/sluice-bench"))
# As `sluice-bench ask` does.
WARM_UP = 8


@dataclass(frozen=True)
class Turn:
    """One case asked once: how long each query took, and the chunks it found, best first."""

    milliseconds: list[float]
    hits: list[list[int]]


def timed(queries: Sequence[tuple], ask: Callable[..., list[int]]) -> Turn:
    for query in queries[:WARM_UP]:
        ask(*query)
    turn = Turn([], [])
    for query in queries:
        started = time.perf_counter()
        found = ask(*query)
        turn.milliseconds.append((time.perf_counter() - started) * 1000)
        turn.hits.append([int(number) for number in found])
    return turn


class Process:
    """An engine in a process of its own that answers `MODE CASE` on its input with a line of JSON."""

    def __init__(self, command: Sequence[object], log: str):
        self._log = (ROOT / ".dev/log" / log).open("a", encoding="utf8")
        self._process = subprocess.Popen(
            [str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True, bufsize=1)

    def ask(self, mode: str, case: int) -> Turn:
        assert self._process.stdin
        self._process.stdin.write(f"{mode} {case}\n")
        self._process.stdin.flush()
        return Turn(**json.loads(self._line()))

    def wait_ready(self) -> None:
        """For an engine that says so with a line of its own."""
        self._line()

    def _line(self) -> str:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"{self._process.args[0]} ended: see {self._log.name}")
        return line

    def close(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(60)
        self._log.close()


def load_sluice(corpus: Corpus, tenant: str) -> None:
    started = time.monotonic()
    subprocess.run([DRIVER, "load", "--corpus", corpus.folder, "--tenant", tenant], check=True)
    say(f"  sluice: {corpus.chunks:,} chunks loaded in {time.monotonic() - started:.0f} s")


def sluice(corpus: Corpus, tenant: str, security: str = "policies") -> Process:
    return Process([DRIVER, "ask", "--corpus", corpus.folder, "--tenant", tenant, "--security", security], "bench-ask.log")


class Pgvector:
    """HNSW with its iterative scan over a row a chunk, its groups as an array, in the same server as Sluice. The planner may prefer the groups' GIN index."""

    def __init__(self, corpus: Corpus):
        import psycopg
        from pgvector.psycopg import register_vector

        self._corpus = corpus
        self._database = psycopg.connect(os.environ["SLUICE_DATABASE_URL"], autocommit=True)
        register_vector(self._database)
        started = time.monotonic()
        self._database.execute("drop table if exists peer")
        self._database.execute(f"create table peer (id int primary key, allow text[], embedding vector({DIMENSION}))")
        vectors, groups = corpus.vectors, corpus.groups
        with self._database.cursor() as cursor, cursor.copy("copy peer from stdin with (format binary)") as copy:
            copy.set_types(["int4", "text[]", "vector"])
            for number in range(corpus.chunks):
                copy.write_row((number, [f"group:{groups[number]}"], np.asarray(vectors[number])))
        self._database.execute("set maintenance_work_mem = '2GB'")
        self._database.execute("create index on peer using hnsw (embedding vector_cosine_ops)")
        self._database.execute("create index on peer using gin (allow)")
        self._database.execute("vacuum analyze peer")
        self._database.execute("set hnsw.iterative_scan = 'relaxed_order'")
        say(f"  pgvector: loaded and indexed in {time.monotonic() - started:.0f} s")

    def ask(self, case: int) -> Turn:
        queries = [
            ([f"group:{group}" for group in groups], vector)
            for groups, vector in zip(self._corpus.principals(case), self._corpus.questions(case), strict=True)
        ]
        return timed(queries, self._nearest)

    def _nearest(self, groups: list[str], vector: np.ndarray) -> list[int]:
        rows = self._database.execute(
            f"select id from peer where allow && %s order by embedding <=> %s limit {LIMIT}", (groups, vector), prepare=False)
        return [row[0] for row in rows]


class LanceDB:
    """IVF_HNSW_SQ with the groups' scalar index as a prefilter; the nearest fifty are measured again with whole vectors."""

    def __init__(self, corpus: Corpus, folder: Path):
        import lancedb
        import pyarrow as pa

        self._corpus = corpus
        started = time.monotonic()

        def pieces():
            for start in range(0, corpus.chunks, 50_000):
                piece = slice(start, min(corpus.chunks, start + 50_000))
                vectors = pa.FixedSizeListArray.from_arrays(pa.array(np.asarray(corpus.vectors[piece]).ravel()), DIMENSION)
                columns = {"id": np.arange(piece.start, piece.stop, dtype=np.int32), "grp": corpus.groups[piece].astype(np.int32)}
                yield pa.RecordBatch.from_arrays([*map(pa.array, columns.values()), vectors], [*columns, "vector"])

        fields = [pa.field("id", pa.int32()), pa.field("grp", pa.int32()), pa.field("vector", pa.list_(pa.float32(), DIMENSION))]
        self._table = lancedb.connect(str(folder)).create_table("peer", pieces(), schema=pa.schema(fields), mode="overwrite")
        self._table.create_index(metric="cosine", index_type="IVF_HNSW_SQ")
        self._table.create_scalar_index("grp")
        say(f"  LanceDB: loaded and indexed in {time.monotonic() - started:.0f} s")

    def ask(self, case: int) -> Turn:
        queries = [
            (f"grp in ({','.join(map(str, groups))})", vector)
            for groups, vector in zip(self._corpus.principals(case), self._corpus.questions(case), strict=True)
        ]
        return timed(queries, self._nearest)

    def _nearest(self, visible: str, vector: np.ndarray) -> list[int]:
        search = self._table.search(vector).distance_type("cosine").where(visible, prefilter=True).limit(LIMIT).refine_factor(5)
        return search.to_arrow()["id"].to_pylist()
