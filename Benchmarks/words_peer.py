"""bm25s on made-up passages like those of `sluice-bench words`: rates of processor time, latencies by the clock.

    .dev/venv-bench/bin/python Benchmarks/words_peer.py PASSAGES
"""

import random
import sys
import time

import bm25s
import Stemmer
from made_texts import MadeTexts

STOP_WORDS = "the of and to in a is that for it as was with be by on not this are or".split()
QUERIES = 200


def main() -> None:
    count = int(sys.argv[1])
    made, chance = MadeTexts(1), random.Random(1)

    def prose(words: int) -> str:
        return " ".join(chance.choice(STOP_WORDS) if chance.random() < 0.4 else word for word in made.words(words))

    def tokens(texts: list[str], **options):
        return bm25s.tokenize(texts, stopwords=None, stemmer=Stemmer.Stemmer("english"), show_progress=False, **options)

    texts = [prose(140) for _ in range(count)]
    start = time.process_time()
    analysed = tokens(texts)
    analysis = time.process_time() - start
    index = bm25s.BM25()
    start = time.process_time()
    index.index(analysed, show_progress=False)
    print(f"analysis {sum(map(len, texts)) / 1e6 / analysis:.1f} MB/s, index {count / (time.process_time() - start):.0f} passages/s")
    latencies = []
    for number in range(QUERIES):
        query = prose(2 + number % 7)
        start = time.perf_counter()
        index.retrieve(tokens([query], return_ids=False), k=10, show_progress=False, n_threads=0)
        latencies.append((time.perf_counter() - start) * 1e3)
    latencies.sort()
    print(f"p50 {latencies[QUERIES // 2]:.2f} ms, p95 {latencies[QUERIES * 95 // 100]:.2f} ms")


if __name__ == "__main__":
    main()
