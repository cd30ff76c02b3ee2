"""What is wrong with a field, in the reader's language: pydantic finds it, the sentence is ours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import ValidationError

OTHERWISE = gettext_lazy("This value does not fit here.")
TEXT = gettext_lazy("Write a text.")
WHOLE, NUMBER = gettext_lazy("Write a whole number."), gettext_lazy("Write a number.")
DAY, MOMENT = gettext_lazy("Write a day as YYYY-MM-DD."), gettext_lazy("Write a date and time as ISO 8601 says.")
LIST, OBJECT = gettext_lazy("Give a list."), gettext_lazy("Give an object with named fields.")
YES_NO, IDENTIFIER = gettext_lazy("Say true or false."), gettext_lazy("Give a UUID.")

SENTENCES: Mapping[str, Promise] = {
    "value_error": gettext_lazy("This is not an e-mail address."),  # the one such finding that is not ours
    "missing": gettext_lazy("This field is needed."),
    "extra_forbidden": gettext_lazy("There is no such field here."),
    "none_required": gettext_lazy("Nothing may stand here."),
    "greater_than": gettext_lazy("Must be more than %(gt)s."),
    "greater_than_equal": gettext_lazy("Must be %(ge)s or more."),
    "less_than": gettext_lazy("Must be less than %(lt)s."),
    "less_than_equal": gettext_lazy("Must be %(le)s or less."),
    "multiple_of": gettext_lazy("Must be a multiple of %(multiple_of)s."),
    "too_short": gettext_lazy("Give at least %(min_length)s."),
    "too_long": gettext_lazy("Give at most %(max_length)s."),
    "string_too_short": gettext_lazy("Too short: the minimum length is %(min_length)s."),
    "string_too_long": gettext_lazy("Too long: the maximum length is %(max_length)s."),
    "string_pattern_mismatch": gettext_lazy("Not in the expected form (%(pattern)s)."),
    "enum": gettext_lazy("One of: %(expected)s."),
    "literal_error": gettext_lazy("One of: %(expected)s."),
    "string_type": TEXT,
    "string_unicode": TEXT,
    "int_type": WHOLE,
    "int_parsing": WHOLE,
    "int_parsing_size": WHOLE,
    "int_from_float": WHOLE,
    "float_type": NUMBER,
    "float_parsing": NUMBER,
    "finite_number": NUMBER,
    "decimal_type": NUMBER,
    "decimal_parsing": NUMBER,
    "bool_type": YES_NO,
    "bool_parsing": YES_NO,
    "uuid_type": IDENTIFIER,
    "uuid_parsing": IDENTIFIER,
    "date_type": DAY,
    "date_parsing": DAY,
    "date_from_datetime_parsing": DAY,
    "date_from_datetime_inexact": DAY,
    "datetime_type": MOMENT,
    "datetime_parsing": MOMENT,
    "datetime_from_date_parsing": MOMENT,
    "datetime_object_invalid": MOMENT,
    "timezone_aware": gettext_lazy("Name the time zone, such as Z or +02:00."),
    "list_type": LIST,
    "tuple_type": LIST,
    "set_type": LIST,
    "frozen_set_type": LIST,
    "dict_type": OBJECT,
    "model_type": OBJECT,
    "model_attributes_type": OBJECT,
    "mapping_type": OBJECT,
}


def by_field(error: ValidationError) -> dict[str, list[str]]:
    """pydantic's findings as {field: [sentence, …]}; `__all__` is the whole."""
    found: dict[str, list[str]] = {}
    for item in error.errors(include_url=False, include_input=False):
        found.setdefault(".".join(str(part) for part in item["loc"]) or "__all__", []).append(_sentence(item))
    return found


def one_of(values: Iterable[Any]) -> ValueError:
    """What a validator raises for a value that is none of these."""
    return ValueError(_("One of: %(expected)s.") % {"expected": ", ".join(str(value) for value in values)})


def _sentence(item: Mapping[str, Any]) -> str:
    """A validator of ours has said it itself; what pydantic found is looked up by its kind."""
    context: Mapping[str, Any] = item.get("ctx", {})
    if isinstance(context.get("error"), Exception):
        return str(context["error"])
    if named := re.findall(r"'([^']*)'", str(context.get("expected", ""))):  # 'a', 'b' or 'c': without the English
        context = {**context, "expected": ", ".join(named)}
    return str(SENTENCES.get(item["type"], OTHERWISE)) % context
