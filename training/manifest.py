"""models/manifest.json: which graphs there are, with their digests, where they come from and how good they are."""
import hashlib
import json
import os
from pathlib import Path

CONTRACT = 2
TERMS = "MIT"


def write(path: Path, content: bytes) -> None:
    """Whole or not at all."""
    beside = path.with_name(path.name + ".new")
    beside.write_bytes(content)
    os.replace(beside, path)


def entry(name: str, graph: str, file: str, content: bytes, version: str, sizes: list[list[int]], data: str) -> dict:
    return {"name": name, "graph": graph, "file": file, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content),
            "contract": CONTRACT, "version": version, "sizes": sizes, "data": data, "licence": TERMS, "evaluation": {}}


def read(folder: Path) -> list[dict]:
    path = folder / "manifest.json"
    return json.loads(path.read_text())["models"] if path.exists() else []


def enter(folder: Path, entries: list[dict]) -> None:
    """Put entries beside the others, or in the places of those with the same names and graphs."""
    def key(e: dict) -> tuple[str, str]:
        return e["name"], e["graph"]
    merged = {key(e): e for e in [*read(folder), *entries]}
    book = {"contract": CONTRACT, "models": [merged[k] for k in sorted(merged)]}
    write(folder / "manifest.json", (json.dumps(book, indent=2) + "\n").encode())
