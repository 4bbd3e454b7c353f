"""Texts a second through the embedding model, beside sentence-transformers in full precision and in bf16.

Both read the same 400 texts of some 148 tokens. Loading is left out on both sides: the peer measures itself from the second
call on; `sluice embed` is run with one text as well, and the difference is what counts.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from harness import PEER_PYTHON, SLUICE, report, say
from made_texts import MadeTexts

TEXTS = 400
# Made words are about four tokens long: with these many, texts have some 148 tokens. The peer counts them.
WORDS = 36


def peer() -> None:
    """The other side, run by the peers' Python: reads JSON texts, prints texts a second, and the mean of tokens."""
    import torch
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(os.environ["SLUICE_MODEL_DIR"], device="cpu")
    texts = json.loads(Path(sys.argv[2]).read_text(encoding="utf8"))
    tokens = sum(len(model.tokenizer.encode(text)) for text in texts) / len(texts)
    figures: dict[str, float] = {"tokens": tokens}
    for precision in ("fp32", "bf16"):
        with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bf16"):
            model.encode(texts[:32], batch_size=32)
            start = time.perf_counter()
            model.encode(texts, batch_size=32, normalize_embeddings=True)
            figures[precision] = len(texts) / (time.perf_counter() - start)
    print(json.dumps(figures))


def run_peer(file: Path) -> dict[str, float]:
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    output = subprocess.run([PEER_PYTHON, __file__, "--peer", file], env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(output.splitlines()[-1])


def seconds(texts: list[str]) -> float:
    start = time.perf_counter()
    done = subprocess.run([SLUICE, "embed"], input="\n".join(texts) + "\n", text=True, stdout=subprocess.PIPE, check=True)
    elapsed = time.perf_counter() - start
    if len(done.stdout.splitlines()) != len(texts):
        raise SystemExit("sluice embed did not answer every line")
    return elapsed


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--runs", type=int, default=3)
    given = arguments.parse_args()
    if subprocess.run([SLUICE, "embed", "--help"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
        say("embed: skipped, this sluice has no such command")
        return
    made = MadeTexts(seed=6)
    texts = [" ".join(made.words(WORDS)) for _ in range(TEXTS)]
    ours: list[float] = []
    theirs: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "texts.json"
        file.write_text(json.dumps(texts), encoding="utf8")
        for run in range(given.runs):
            ours.append((TEXTS - 1) / (seconds(texts) - seconds(texts[:1])))
            theirs.append(run_peer(file))
            say(f"  run {run + 1}: sluice {ours[-1]:.1f} texts/s, peer {theirs[-1]}")
    for precision in ("fp32", "bf16"):
        report(
            "embed", f"{TEXTS} texts, peer in {precision}", ours, "texts/s", higher_is_better=True, peer=f"sentence-transformers {precision}",
            peer_values=[one[precision] for one in theirs], tokens=round(theirs[0]["tokens"], 1))


if __name__ == "__main__":
    peer() if sys.argv[1:2] == ["--peer"] else main()
