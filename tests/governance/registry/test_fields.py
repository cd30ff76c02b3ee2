"""What is wrong with a field is said in the reader's language, whoever found it."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

import pytest
from django.utils import translation
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from governance.errors import BadInput
from governance.registry.actions import all_actions
from governance.registry.fields import SENTENCES, by_field, one_of
from tests.cast import Person


class Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(default="x", min_length=1, max_length=3, pattern="^[a-z%]*$")
    count: int = Field(default=1, ge=1, lt=5)
    kind: Literal["a", "b"] = "a"
    owner: UUID | None = None
    words: list[str] = []
    role: str = "viewer"

    @field_validator("role")
    @classmethod
    def known(cls, value: str) -> str:
        if value != "viewer":
            raise one_of(["viewer"])
        return value


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"name": ""}, "Trop court : longueur minimale 1."),
        ({"name": "abcd"}, "Trop long : longueur maximale 3."),
        ({"name": "É"}, "N’a pas la forme attendue (^[a-z%]*$)."),
        ({"name": 3}, "Écrivez un texte."),
        ({"count": 0}, "Doit valoir 1 ou plus."),
        ({"count": 5}, "Doit valoir moins de 5."),
        ({"count": "x"}, "Écrivez un nombre entier."),
        ({"kind": "c"}, "Au choix : a, b."),
        ({"owner": "x"}, "Donnez un UUID."),
        ({"words": "x"}, "Donnez une liste."),
        ({"role": "king"}, "Au choix : viewer."),
        ({"other": 1}, "Il n’y a pas de tel champ ici."),
    ],
)
def test_each_finding_has_its_sentence_in_french(given: dict[str, Any], sentence: str) -> None:
    with translation.override("fr"), pytest.raises(ValidationError) as found:
        Asked.model_validate(given)
    with translation.override("fr"):
        assert list(by_field(found.value).values()) == [[sentence]]


def test_the_api_answers_in_the_readers_language(alice: Person) -> None:
    def told(language: str) -> Any:
        answer = alice.api.post("tasks/", {"due_on": "mardi"}, HTTP_ACCEPT_LANGUAGE=language)
        return answer.json()["errors"]

    assert told("fr")["due_on"] == ["Écrivez un jour sous la forme AAAA-MM-JJ."]
    assert told("en")["due_on"] == ["Write a day as YYYY-MM-DD."]


def test_an_address_that_is_none_is_said_to_be_none(alice: Person) -> None:
    answer = alice.api.post(
        "governance/messages/", {"to": ["paul"], "subject": "x", "body": "x"}, HTTP_ACCEPT_LANGUAGE="fr"
    )
    assert answer.json()["errors"] == {"to.0": ["Ce n’est pas une adresse de courriel."]}


def test_no_field_of_an_action_is_left_without_a_sentence() -> None:
    """Wrong values of every shape for every parameter: nothing falls back on the general sentence."""
    wrong: list[Any] = [object(), "\u2603" * 300_000, -(10**30), [], {}, None, 1.5, True, ["x"], {"x": 1}]
    unsaid = set()
    for action in all_actions().values():
        for name in action.params.model_fields:
            for value in wrong:
                unsaid |= findings(action.params, {name: value})
    assert not unsaid


def findings(params: Any, given: dict[str, Any]) -> set[str]:
    try:
        params.model_validate(given)
    except ValidationError as error:
        by_field(error)
        return {
            item["type"] for item in error.errors() if not isinstance(item.get("ctx", {}).get("error"), Exception)
        } - SENTENCES.keys()
    except BadInput:
        pass  # it has said so itself
    return set()
