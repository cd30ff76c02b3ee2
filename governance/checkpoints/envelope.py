"""The envelope: what an approval is bound to, to the byte (design 3.4).

SHA-256 with a domain prefix over canonical JSON. Execution rebuilds it from the database and refuses
on any difference.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from governance.canonical import canonical, exact
from governance.isolation.context import IdentityContext
from governance.registry.actions import Action, Params

ENVELOPE_VERSION = 2  # 2: `untrusted`
DOMAIN = b"chenu.envelope.v1\x00"
PREVIEW_DOMAIN = b"chenu.preview.v1\x00"
REQUEST_DOMAIN = b"chenu.request.v1\x00"


@dataclass(frozen=True, slots=True)
class Binding:
    """What an approval is bound to besides the act itself; a run fills it from its own frozen rows.

    `untrusted`: what the run has read that others wrote, as the person who decides is told it. `resume_job`: what is
    woken by the answer; '' where whoever asked will ask again.
    """

    sphere: str = ""
    thread: UUID | None = None
    lane: str = ""
    agent_version: str = ""
    snapshot_digest: str = ""
    encoding_digest: str = ""
    models: tuple[str, ...] = ()
    max_tokens: int = 0
    price_version: str = ""
    untrusted: tuple[str, ...] = ()
    resume_job: str = "governance.checkpoint.execute"


def digest(domain: bytes, value: Any) -> str:
    """SHA-256 of the canonical form of `value`, separated by purpose."""
    return hashlib.sha256(domain + canonical(value)).hexdigest()


def preview_digest(preview: Mapping[str, Any]) -> str:
    return digest(PREVIEW_DOMAIN, dict(preview))


def request_digest(actor: IdentityContext, action: Action, params: Params) -> str:
    """The same person asking for the same act in the same run twice is one question."""
    return digest(
        REQUEST_DOMAIN,
        {
            "person": actor.person_id,
            "agent": actor.agent,
            "run": actor.run_id,
            "action": action.name,
            "params": params.model_dump(mode="json"),
        },
    )


def envelope(
    action: Action,
    actor: IdentityContext,
    params: Params,
    preview: Mapping[str, Any],
    rule_set: str,
    binding: Binding,
    terms: Mapping[str, Any],
) -> dict[str, Any]:
    """The envelope as JSON. `terms`: nonce, not_before and expires_at, fixed when it is made."""
    bound = asdict(binding)
    bound.pop("resume_job")
    return exact(
        {
            "version": ENVELOPE_VERSION,
            "person": actor.person_id,
            "identity": actor.identity_id,
            "agent": actor.agent,
            "run": actor.run_id,
            **{name: list(value) if isinstance(value, tuple) else value for name, value in bound.items()},
            "action": action.name,
            "params": params.model_dump(mode="json"),
            "resources": preview.get("resources", []),
            "rule_set": rule_set,
            "preview": preview_digest(preview),
            "nonce": terms["nonce"],
            "not_before": terms["not_before"],
            "expires_at": terms["expires_at"],
        }
    )


def envelope_digest(value: Mapping[str, Any]) -> str:
    return digest(DOMAIN, dict(value))
