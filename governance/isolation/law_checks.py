"""Are the walls deployed?"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from governance.isolation.inspect import findings
from governance.laws.checks import Finding, register_check


def walls() -> Finding:
    """The database as it is, compared with what the models promise (`check_isolation`)."""
    found = findings()
    return Finding(not found, "; ".join(f"{each.where}: {each.what}" for each in found))


def register() -> None:
    register_check("L9", "isolation.walls", _("The walls stand in the database itself"), walls, across=False)
