"""Archives harmed in every way somebody could: a byte, a line, an end, a file; and records changed with care."""

from __future__ import annotations

import hashlib
import json
import random
from typing import Any

Files = dict[str, bytes]
KINDS = ("flip", "insert", "delete", "cut", "swap", "gone", "more")
CHAIN, VERDICTS, MANIFEST = "audit/chain.jsonl", "data/governance/verdicts.json", "manifest.json"


def mutated(files: Files, dice: random.Random) -> tuple[str, Files]:
    """(name, files): one file with a byte, a line or its end changed, or gone, or one too many."""
    name = dice.choice(sorted(files))
    raw, kind = files[name], dice.choice(KINDS)
    at = dice.randrange(len(raw))
    lines = raw.splitlines(keepends=True)
    if kind == "swap" and len(lines) > 1:
        one = dice.randrange(len(lines) - 1)
        lines[one], lines[one + 1] = lines[one + 1], lines[one]
        raw = b"".join(lines)
    elif kind == "gone":
        return name, {other: text for other, text in files.items() if other != name}
    elif kind == "more":
        return f"{name}.new", {**files, f"{name}.new": raw}
    elif kind == "cut":
        raw = raw[:at]
    elif kind == "insert":
        raw = raw[:at] + bytes([dice.randrange(256)]) + raw[at:]
    elif kind == "delete":
        raw = raw[:at] + raw[at + 1 :]
    if raw == files[name]:
        raw = raw[:at] + bytes([raw[at] ^ (1 << dice.randrange(8))]) + raw[at + 1 :]
    return name, {**files, name: raw}


def stated(files: Files) -> Files:
    """With the manifest that somebody who changed the files would write; only the signature is missing."""
    manifest = json.loads(files[MANIFEST])
    for name, facts in manifest["files"].items():
        facts["sha256"] = hashlib.sha256(files[name]).hexdigest()
    return {**files, MANIFEST: json.dumps(manifest, indent=1).encode()}


def entry_changed(files: Files, dice: random.Random) -> tuple[str, Files]:
    """(how it must be named, files): what one entry tells, or its payload, is another; the manifest fits."""
    lines = files[CHAIN].splitlines(keepends=True)
    at = dice.choice([place for place, line in enumerate(lines) if json.loads(line)["body"]])
    entry: dict[str, Any] = json.loads(lines[at])
    part = dice.choice(["body", "payload", "hash", "salt"])
    text = entry[part]
    place = dice.randrange(len(text))
    entry[part] = text[:place] + ("0" if text[place] != "0" else "1") + text[place + 1 :]
    lines[at] = json.dumps(entry).encode() + b"\n"
    return f"entry {entry['seq']} ", stated({**files, CHAIN: b"".join(lines)})


def verdict_changed(files: Files, dice: random.Random) -> tuple[str, Files]:
    """(how it must be named, files): one verdict says something else than the rules; the manifest fits."""
    rows = json.loads(files[VERDICTS])
    row = dice.choice(rows)
    document = row["document"]
    said = "deny" if document["decision"] != "deny" else "allow"
    changes: list[dict[str, Any]] = [
        {"decision": said}, {"quorum": 7}, {"rule_set": "0" * 64}, {"rules": document["rules"][1:]}, {"level": "low"},
        {"facts": {**document["facts"], "crosses_identity": True}},
    ]  # fmt: skip
    document.update(dice.choice([change for change in changes if {**document, **change} != document]))
    return f"verdict {row['id']} ", stated({**files, VERDICTS: json.dumps(rows).encode()})
