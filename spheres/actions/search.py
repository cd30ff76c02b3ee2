"""Searching, as an act that agents may perform too."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from pydantic import Field, field_validator

from governance.people.policies import may_read
from governance.registry.actions import Effect, Params, action
from governance.registry.fields import one_of
from governance.uow import UnitOfWork
from spheres.facts import SphereSlug
from spheres.search import MOST_RESULTS, Found, Question, kinds, search


class Search(Params):
    """Searches everything the identity keeps, in French and English, accents or not."""

    q: str = Field(min_length=1, max_length=200, description='The words; "a phrase", -without and or are understood.')
    sphere: SphereSlug | None = Field(default=None, description="Only in this sphere.")
    kind: str = Field(default="", max_length=20, description="Only this kind of result, such as item.")
    limit: int = Field(default=20, ge=1, le=MOST_RESULTS, description="How many results at most.")

    @field_validator("kind")
    @classmethod
    def known_kind(cls, value: str) -> str:
        if value and value not in kinds():
            raise one_of(kinds())
        return value

    def question(self, **place: Any) -> Question:
        return Question(self.q, self.sphere or "", self.limit, **place)


@action("spheres.search", Effect.READ, params=Search, policy=may_read, label=_("Search"))
def search_everything(uow: UnitOfWork, params: Search) -> list[Found]:
    return search(params.question(), params.kind)
