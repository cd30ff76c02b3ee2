"""Says every verdict of an archive of CHE·NU again, without CHE·NU: Python 3.9 or later and nothing else.

    python3 replay.py                    in the folder the archive was unpacked into
    python3 replay.py archive.zip        the archive as it was downloaded

A verdict keeps the facts it was given and names each rule with its version. The rules lie beside it: the
installation's (data/governance/system_rules.json, former versions too) and the identity's own
(data/governance/rule_versions.json). From these each verdict is found anew and compared byte for byte with the record.
A pattern that only the engine's own regular expressions know is told, never guessed. That nothing was altered since
the archive was made is what verify.py checks.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

try:
    from re import _constants as codes  # type: ignore[attr-defined]
    from re import _parser as parser  # type: ignore[attr-defined]
except ImportError:  # before 3.11
    import sre_constants as codes  # type: ignore[no-redef]
    import sre_parse as parser  # type: ignore[no-redef]

Row = dict[str, Any]
Rules = dict[tuple[str, int], Row]
BROKEN = (OSError, ValueError, KeyError, TypeError, AttributeError, zipfile.BadZipFile, zlib.error, EOFError)
VERDICTS, SYSTEM, OWN = (f"data/governance/{name}.json" for name in ("verdicts", "system_rules", "rule_versions"))
LEVELS = ("low", "medium", "high", "critical")
ASKING, ORDERED = {"checkpoint", "escalate"}, {"gt", "gte", "lt", "lte"}
KEYS = (
    "actor.kind", "actor.role", "channel", "action", "effect", "sphere", "target_sphere", "crosses_sphere",
    "crosses_identity", "agent.code", "agent.level", "sensitivity", "permanent", "estimated_tokens",
    "estimated_cost_pico_usd", "over_intent_budget", "budget_used_percent", "hour", "weekday", "recipient_domain",
    "resource_type", "elevated", "deciders",
)  # fmt: skip
LATE = {"budget_used_percent", "hour", "weekday", "deciders"}  # looked up only when a rule asked
DEFAULTS = {
    "SEND": ("external_communication", "medium"), "DELETE": ("destructive_action", "medium"),
    "TRANSFER": ("cross_sphere", "high"), "PAYMENT": ("financial", "critical"),
}  # fmt: skip
KIND_BY_RULE = {
    "sphere_boundary": "cross_sphere", "token_budget": "budget_approval", "identity_isolation": "identity_boundary",
    "data_sensitivity": "data_access",
}  # fmt: skip


class Untold(Exception):
    """What cannot be said again, and why."""


class Unreadable(ValueError):
    """A file of the archive is not what it should be."""


class Folder:
    """An unpacked archive."""

    def __init__(self, path: str) -> None:
        self.path = Path(path)

    def read(self, name: str) -> bytes:
        return (self.path / name).read_bytes()


class Archive:
    """The archive as one file."""

    def __init__(self, path: str) -> None:
        self.zip = zipfile.ZipFile(path)

    def read(self, name: str) -> bytes:
        return self.zip.read(name)


Source = Any  # Folder or Archive


def faults(source: Source, notes: list[str]) -> Iterator[str]:
    """Every verdict that does not come out as it was recorded; notes how many did."""
    rules = rules_of(source)
    suspects: set[tuple[str, int]] = set()
    cleared: set[tuple[str, int]] = set()
    same, seen = 0, {}
    for row in rows_of(source, VERDICTS):
        seen[row["id"]] = row["action"]
        named = {(each["rule"], each.get("version", 0)) for each in row["document"]["rules"]}
        try:
            fault = fault_of(row, rules)
        except Untold as reason:
            notes.append(f"verdict {row['id']} ({row['action']}): cannot be said again here: {reason}")
            continue
        except BROKEN as error:
            fault = f"it cannot be said again ({error if isinstance(error, Unreadable) else type(error).__name__})"
        if fault:
            yield f"verdict {row['id']} ({row['action']}): {fault}"
            suspects |= named
        else:
            same, cleared = same + 1, cleared | named
    for code, version in sorted(suspects - cleared):
        yield f"rule {code}, version {version}: no verdict that names it comes out as it was recorded"
    yield from unnamed(source, seen)
    notes.append(f"{same} of {len(seen)} verdicts come out as they were recorded")


def fault_of(row: Row, rules: Rules) -> str:
    """Why the verdict is not what the rules say; '' when it is."""
    document = row["document"]
    named = [(seen["rule"], seen.get("version", 0)) for seen in document["rules"]]
    lacking = [f"{code} version {version}" for code, version in named if (code, version) not in rules]
    if lacking:
        return f"it names rules that are not in the archive: {', '.join(lacking)}"
    for column, said in (("decision", document["decision"]), ("rule_set", document["rule_set"])):
        if row[column] != said:
            return f"its column {column} differs from its document"
    if row["action"] != document["facts"].get("action"):
        return "it is about another action than its facts"
    again = evaluate([rules[each] for each in named], Facts(document["facts"]))
    if "grant" in document:
        again.update(decision="allow", kind=None, level=None, grant=document["grant"])
    if canonical(again) == canonical(document):
        return ""
    parts = [name for name in sorted({*again, *document}) if again.get(name) != document.get(name)]
    return f"the rules say otherwise ({', '.join(parts) or 'types'}): {short(again)}, recorded {short(document)}"


def unnamed(source: Source, seen: dict[str, str]) -> Iterator[str]:
    """Yields the verdicts that entries of the log name, and that are not here, or about something else."""
    for text in source.read("audit/chain.jsonl").splitlines():
        entry = json.loads(text)
        told = json.loads(entry["body"]) if entry.get("body") is not None else {}
        if not told.get("verdict"):
            continue
        if told["verdict"] not in seen:
            yield f"verdict {told['verdict']}: entry {entry['seq']} of the log names it, and it is not in the archive"
        elif seen[told["verdict"]] != told["action"]:
            yield f"verdict {told['verdict']}: entry {entry['seq']} of the log names it for another action"


def rules_of(source: Source) -> Rules:
    """All rules by code and version; the same one twice is refused."""
    found: Rules = {}
    own = ({**row["content"], "code": f"rule.{row['rule_id']}", "version": row["version"]}
           for row in rows_of(source, OWN))  # fmt: skip
    for rule in (*rows_of(source, SYSTEM), *own):
        if found.setdefault((rule["code"], rule["version"]), rule) is not rule:
            raise Unreadable(f"{rule['code']} version {rule['version']} is there twice")
    return found


def rows_of(source: Source, name: str) -> list[Row]:
    try:
        rows: list[Row] = json.loads(source.read(name))
    except BROKEN as error:
        raise Unreadable(f"{name} cannot be read ({type(error).__name__})") from error
    return rows


# --- the engine --------------------------------------------------------------------------------------------
class Facts(dict):  # type: ignore[type-arg]
    """The facts a verdict kept; what nobody looked up is not known."""

    def __missing__(self, key: str) -> Any:
        if key not in KEYS or key in LATE:
            raise Unreadable(f"it asks for {key}, which it does not keep")
        return None


def evaluate(rules: list[Row], facts: Facts) -> Row:
    """deny > checkpoint > allow; between questions the highest level and the largest quorum."""
    ordered = sorted(rules, key=lambda rule: (-rule["priority"], rule["code"]))
    trail = [examined(rule, facts) for rule in ordered]
    matched = [rule for rule, seen in zip(ordered, trail) if seen["matched"]]  # noqa: B905 (Python 3.9)
    effects = {rule["effect"] for rule in matched}
    decision = "deny" if "deny" in effects else "checkpoint" if effects & ASKING else "allow"
    kind, level = asked(matched, str(facts["effect"]))
    return {
        "decision": decision,
        "kind": kind if decision == "checkpoint" else None,
        "level": level if decision == "checkpoint" else None,
        "quorum": max((rule["quorum"] for rule in matched if rule["effect"] in ASKING), default=1),
        "rule_set": rule_set(rules),
        "rules": trail,
        "nearest": nearest(matched, decision, facts),
        "facts": {key: facts[key] for key in KEYS if facts.get(key) is not None},
    }


def examined(rule: Row, facts: Facts) -> Row:
    values: Row = {}
    matched = True
    for condition in rule["conditions"]:
        values[condition["key"]] = facts[condition["key"]]
        if not holds(condition, facts):
            matched = False
            break
    kept = {"rule": rule["code"], "version": rule["version"], "effect": rule["effect"]}
    return {**kept, "matched": matched, "values": values}


def holds(condition: Row, facts: Facts) -> bool:
    actual, op, value = facts[condition["key"]], condition["op"], condition["value"]
    if actual is None:
        return op in {"ne", "not_in"}
    if op == "regex":
        return searched(value, actual)
    if op in ORDERED:
        return {"gt": actual > value, "gte": actual >= value, "lt": actual < value, "lte": actual <= value}[op]
    if op in {"eq", "ne"}:
        return bool((actual == value) == (op == "eq"))
    if op in {"in", "not_in"}:
        return (actual in value) == (op == "in")
    if op == "contains":
        return value in actual
    raise Unreadable(f"unknown operator {op}")


def asked(matched: list[Row], effect: str) -> tuple[str, str]:
    """Kind and level of what the matching rules ask for together."""
    asking = [rule for rule in matched if rule["effect"] in ASKING]
    kind, usual = DEFAULTS.get(effect, ("execution_approval", "low"))
    level = max((LEVELS.index(rule["level"] or usual) for rule in asking), default=LEVELS.index(usual))
    if any(rule["effect"] == "escalate" for rule in asking):
        level = min(level + 1, len(LEVELS) - 1)
    if effect not in DEFAULTS and asking:
        kind = KIND_BY_RULE.get(asking[0]["kind"], kind)
    if any(rule["code"] == "system.elevation" for rule in asking):
        kind = "scope_elevation"
    return kind, LEVELS[level]


def nearest(matched: list[Row], decision: str, facts: Facts) -> list[Row]:
    """For each rule that stood in the way, the one condition whose change alone would let it pass."""
    found = []
    for rule in matched if decision != "allow" else []:
        if rule["effect"] not in {"allow", "log"} and rule["conditions"]:
            easy = [each for each in rule["conditions"] if each["op"] in ORDERED] or rule["conditions"]
            unless = {name: easy[-1][name] for name in ("key", "op", "value")}
            found.append({"rule": rule["code"], "actual": facts[easy[-1]["key"]], "unless": unless})
    return found


def rule_set(rules: list[Row]) -> str:
    names = ("code", "effect", "level", "priority", "quorum", "exclude_requester", "version", "conditions")
    listed = [{name: rule[name] for name in names} for rule in sorted(rules, key=lambda rule: str(rule["code"]))]
    return hashlib.sha256(b"chenu.rules.v1\x00" + canonical(listed)).hexdigest()


def canonical(value: Any) -> bytes:
    """RFC 8785 for what a verdict holds: texts, whole numbers and keys of ASCII."""
    return json.dumps(exact(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def exact(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: exact(item) for key, item in value.items()}
    if isinstance(value, list):
        return [exact(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**53:
        return str(value)
    return value


def short(document: Row) -> str:
    return f"{document.get('decision')} {hashlib.sha256(canonical(document)).hexdigest()[:16]}"


# --- patterns: RE2's meaning, by sets of places, so that no pattern can take forever --------------------------
WORD = set("0123456789_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
SETS = {"DIGIT": set("0123456789"), "SPACE": set("\t\n\f\r "), "WORD": WORD}


def searched(pattern: str, text: str) -> bool:
    """Whether the pattern is found in the text. Raises Untold for what the two dialects read differently."""
    if "[:" in pattern or "{," in pattern:
        raise Untold(f"the pattern {pattern!r} is in the engine's own dialect")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            tree = parser.parse(pattern)
    except (re.error, Warning, OverflowError, RecursionError) as error:
        raise Untold(f"the pattern {pattern!r} is in the engine's own dialect") from error
    return bool(after(tree, set(range(len(text) + 1)), text, tree.state.flags))


def after(parts: Any, places: set[int], text: str, flags: int) -> set[int]:
    """Where one may stand in the text once all parts have been read, from any of the places."""
    for code, told in parts:
        places = one(str(code), told, places, text, flags) if places else places
    return places


def one(code: str, told: Any, places: set[int], text: str, flags: int) -> set[int]:
    if code in {"LITERAL", "NOT_LITERAL", "ANY", "IN"}:
        return {at + 1 for at in places if at < len(text) and fits(code, told, text[at], flags)}
    if code == "BRANCH":
        return {at for each in told[1] for at in after(each, places, text, flags)}
    if code == "SUBPATTERN":
        return after(told[3], places, text, (flags | told[1]) & ~told[2])
    if code in {"MAX_REPEAT", "MIN_REPEAT"}:
        return repeated(told, places, text, flags)
    if code == "AT":
        return {at for at in places if stands(str(told), at, text, flags)}
    raise Untold(f"a pattern uses {code.lower()}")


def repeated(told: Any, places: set[int], text: str, flags: int) -> set[int]:
    least, most, inside = told
    for _ in range(least):
        places = after(inside, places, text, flags)
    found, fresh, times = set(places), places, least
    while fresh and (most is codes.MAXREPEAT or times < most):
        fresh, times = after(inside, fresh, text, flags) - found, times + 1
        found |= fresh
    return found


def fits(code: str, told: Any, char: str, flags: int) -> bool:
    if code == "ANY":
        return char != "\n" or bool(flags & re.DOTALL)
    looks = {char, char.lower(), char.upper()} if flags & re.IGNORECASE else {char}
    if code in {"LITERAL", "NOT_LITERAL"}:
        wanted = {chr(told), chr(told).lower(), chr(told).upper()} if flags & re.IGNORECASE else {chr(told)}
        return bool(looks & wanted) == (code == "LITERAL")
    negated = str(told[0][0]) == "NEGATE"
    return any(among(str(kind), value, looks) for kind, value in told[negated:]) != negated


def among(kind: str, value: Any, looks: set[str]) -> bool:
    if kind == "LITERAL":
        folded = {chr(value).lower(), chr(value).upper()} if len(looks) > 1 else set()
        return not looks.isdisjoint({chr(value)} | folded)
    if kind == "RANGE":
        return any(value[0] <= ord(each) <= value[1] for each in looks)
    name = str(value).replace("CATEGORY_", "")
    return any(each in SETS[name.replace("NOT_", "")] for each in looks) != name.startswith("NOT_")


def stands(where: str, at: int, text: str, flags: int) -> bool:
    lines = bool(flags & re.MULTILINE)
    if where in {"AT_BEGINNING", "AT_BEGINNING_STRING"}:
        return at == 0 or (lines and where == "AT_BEGINNING" and text[at - 1] == "\n")
    if where == "AT_END":
        return at == len(text) or (lines and text[at] == "\n")
    if where in {"AT_BOUNDARY", "AT_NON_BOUNDARY"}:
        before, behind = at > 0 and text[at - 1] in WORD, at < len(text) and text[at] in WORD
        return (before != behind) == (where == "AT_BOUNDARY")
    raise Untold(f"a pattern uses {where.lower()}")


def main(arguments: list[str]) -> int:
    place = arguments[0] if arguments else str(Path(__file__).resolve().parent)
    notes: list[str] = []
    try:
        found = list(faults(Folder(place) if Path(place).is_dir() else Archive(place), notes))
    except BROKEN as error:
        found = [str(error) if isinstance(error, Unreadable) else f"{place}: cannot be read ({type(error).__name__})"]
    for line in [*found, *notes]:
        print(line)
    print("the same" if not found else f"{len(found)} faults")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
