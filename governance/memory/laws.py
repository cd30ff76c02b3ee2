"""The ten laws of memory in words, each with what holds it (design 3.7). Tests prove each: tests/governance/memory."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class MemoryLaw:
    """`says` is the law, `enforced` what makes it so."""

    number: int
    title: str | Promise
    says: str | Promise
    enforced: str | Promise


LAWS = (
    MemoryLaw(
        1,
        _("Nothing hidden"),
        _("Everything that is remembered stands on this page, with where it came from and what used it."),
        _("Runs are given memory from this one table only, and each gift is a row that this page reads."),
    ),
    MemoryLaw(
        2,
        _("Approval before long-term storage"),
        _("What lasts is kept only when a person has agreed to its exact words."),
        _("The database refuses a lasting row that nobody approved; an approval names the words by their digest."),
    ),
    MemoryLaw(
        3,
        _("Identity scope"),
        _("Each memory belongs to one identity."),
        _("The row carries its identity, and the database joins it to nothing of another one."),
    ),
    MemoryLaw(
        4,
        _("No cross-identity read"),
        _("No identity reads what another remembers, even of the same person."),
        _("Three walls: the query, the lookup that records who reached across, and row-level security."),
    ),
    MemoryLaw(
        5,
        _("True forgetting"),
        _("What is forgotten is gone: from lists, search, questions and what former runs were shown."),
        _("The words stand in one row only. All else names them by a digest whose salt is wiped with them."),
    ),
    MemoryLaw(
        6,
        _("Every operation logged"),
        _("Who kept, changed, used or forgot what, and when, is on record for good."),
        _("Each act writes its entry in the same commit, or does not happen. The log never holds the words."),
    ),
    MemoryLaw(
        7,
        _("No self-directed learning"),
        _("An agent remembers nothing by itself. It proposes, a person decides."),
        _("The only act that agents may perform makes a proposal; no run is shown one, and no rule can lift that."),
    ),
    MemoryLaw(
        8,
        _("Domain aware"),
        _("What belongs to one sphere is not used in another."),
        _("A memory has the sphere of its place, and a run is shown its own sphere only."),
    ),
    MemoryLaw(
        9,
        _("Persistent memory lives in a DataSpace"),
        _("What lasts lives in a place that you chose, and rests with it."),
        _("The database refuses a lasting row without a DataSpace; one in the trash gives nothing to runs."),
    ),
    MemoryLaw(
        10,
        _("The person controls the lifespan"),
        _("You say how long: until a day, until you sign out, until you forget it."),
        _("What is past its end is read by nothing from that moment, and swept; no rule can keep you from forgetting."),
    ),
)
