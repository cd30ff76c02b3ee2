"""One row of the isolation matrix: a URL, how to make Alice's object for it, and what may be sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.cast import Person

MARK = "zzq-secret-of-alice"  # in what belongs to her personal identity
NAME = "zzq-name-of-alice"  # in what belongs to the person: her other identities may show it, strangers not


@dataclass(frozen=True)
class Case:
    """`name`: the URL name (with its namespace). `make(alice)` creates Alice's object and returns the URL's
    kwargs; put MARK into its texts, so that a leak in a list, search or page is seen.

    `methods` are all that the view accepts; `body` is a valid JSON body or form. `public`: reachable by
    anybody. `whole`: no object in the URL: a stranger gets their own (empty) answer, without MARK.
    `body` may be a function of Alice and the kwargs, where it depends on the object. `answers`: what Alice
    herself gets besides 2xx and 3xx, such as 423 where a person must approve first. `of_person`: about the
    person, not an identity: from her other identities she reaches it as well. `staff`: a page of the admin, which is
    404 for everybody of the matrix; tests/governance/staff asks it as staff.
    """

    name: str
    methods: tuple[str, ...] = ("GET",)
    make: Callable[[Person], dict[str, Any]] = field(default=lambda alice: {})
    body: dict[str, Any] | Callable[[Person, dict[str, Any]], dict[str, Any]] = field(default_factory=dict)
    public: bool = False
    whole: bool = False
    answers: tuple[int, ...] = ()
    of_person: bool = False
    staff: bool = False

    def sent(self, alice: Person, kwargs: dict[str, Any]) -> dict[str, Any]:
        """The body for the object that `make` made."""
        return self.body(alice, kwargs) if callable(self.body) else self.body


def code_of(answer: Any) -> str:
    """The stable name of a refusal: of a problem document, or inside the error of the gateway's wires."""
    told = answer.json()
    return str(told.get("error", told)["code"])
