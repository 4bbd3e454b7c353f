"""Texts out of a made vocabulary: the same on every machine, and with the long tail that real words have."""

from __future__ import annotations

import itertools
import random

SYLLABLES = [first + second for first, second in itertools.product("bdfgklmnprstvz", ["a", "e", "i", "o", "u", "an", "er", "il"])]


class MadeTexts:
    """Deterministic by its seed."""

    def __init__(self, seed: int, words: int = 20_000):
        self._random = random.Random(seed)
        made: dict[str, None] = {}
        while len(made) < words:
            made["".join(self._random.choices(SYLLABLES, k=self._random.randint(2, 4)))] = None
        self._words = list(made)
        # Zipf's law: the n-th most frequent word is n times rarer than the first.
        self._weights = list(itertools.accumulate(1 / rank for rank in range(1, words + 1)))

    @property
    def vocabulary(self) -> list[str]:
        """Every word, the most frequent first."""
        return list(self._words)

    def words(self, count: int) -> list[str]:
        return self._random.choices(self._words, cum_weights=self._weights, k=count)

    def sentences(self, count: int) -> str:
        return " ".join(" ".join(self.words(self._random.randint(8, 16))).capitalize() + "." for _ in range(count))

    def short_words(self, count: int) -> str:
        """One syllable each, so that many take few bytes."""
        return " ".join(self._random.choices(SYLLABLES, k=count))

    def question(self) -> str:
        """Five words, the most frequent ones left out, as people leave them out."""
        return " ".join(self._random.choices(self._words[50:], k=5))
