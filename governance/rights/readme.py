"""The read-me of an archive, in French and in English."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import override

from governance.isolation.models import Scoped
from governance.rights.sources import exempt, sources

NAMES = {"fr": "LISEZMOI.txt", "en": "README.txt"}


NOT_OF_THE_LOG = {"identity.json", "people.json", "files/", "outbox/"}


def read_me(language: str) -> str:
    """What each file is, and how to check the archive without the program."""
    with override(language):
        lines = [
            _("Archive of one identity of CHE·NU"),
            "",
            _(
                "Everything this installation kept for the identity when the archive was made. The files are "
                "plain text (JSON, UTF-8): any editor shows them, no program of ours is needed."
            ),
            "",
            *(f"{name}: {told}" for name, told in _places()),
            "",
            *(f"data/{source.name}.json: {source.title}" for source in sources()),
            "",
            _(
                "One row is one line. Ids (UUID) connect the files: “thread_id” of a message is “id” of a "
                "thread. Times are UTC. Amounts ending in _pico_usd are millionths of a millionth of a US "
                "dollar; bytes are written as hexadecimal digits."
            ),
            "",
            _chained(),
            "",
            _("Not in the archive, because they are secrets or digests that say nothing:"),
            *(f"- {model._meta.label}: {reason}" for model, reason in sorted_exempt()),
            "",
        ]
    return "\n".join(lines)


def read_me_log(language: str) -> str:
    """The same for an archive of the log alone."""
    with override(language):
        lines = [
            _("Archive of the log of one identity of CHE·NU"),
            "",
            _(
                "The entries that were asked for, as they were written, with everything they tell. Of the others "
                "there are the hashes only: enough to show that nothing was taken out in between."
            ),
            "",
            *(f"{name}: {told}" for name, told in _places() if name.split(",")[0] not in NOT_OF_THE_LOG),
            "data/governance/verdicts.json: " + _("the verdicts that these entries name"),
            "data/governance/rule_versions.json: " + _("the rules of the identity that these verdicts name"),
            "",
            _chained(),
            "",
        ]
    return "\n".join(lines)


def _chained() -> str:
    return _(
        "How the log is chained: hash = SHA-256(“chenu.audit.v1” ‖ id of the chain (16 bytes) ‖ number "
        "(8 bytes, big-endian) ‖ hash before it ‖ SHA-256(body)); the first entry follows 32 zero bytes."
        " “commit” in a body is SHA-256(salt ‖ payload)."
    )


def _places() -> tuple[tuple[str, str], ...]:
    return (
        ("identity.json", _("the identity itself")),
        ("people.json", _("its members; of a personal identity, the whole profile")),
        ("files/, media/", _("files, as they were brought along")),
        ("outbox/", _("e-mails as they left, for any mail program")),
        ("data/governance/log.json", _("the log, to be read")),
        ("data/governance/system_rules.json", _("the rules of the installation, former versions too")),
        ("audit/chain.jsonl, audit/head.json", _("the same log byte for byte, with every hash")),
        ("audit/signed.jsonl, audit/keys.json", _("its signed heads, and the public keys that check them")),
        ("manifest.json, manifest.sig", _("the SHA-256 digest of every file, and the signature of the list")),
        ("verify.py", _("checks all digests, the chain of the log and every signature (python3 verify.py)")),
        ("replay.py", _("finds every verdict again from the rules beside it (python3 replay.py)")),
    )


def sorted_exempt() -> list[tuple[type[Scoped], str]]:
    """Tables that stay out, by name; those whose content is in audit/ are not missing."""
    found = [(model, reason) for model, reason in exempt().items() if "audit/" not in reason or "secret" in reason]
    return sorted(found, key=lambda pair: pair[0]._meta.label)
