"""`manage.py staff [ADDRESS] [--off]`: who may enter the admin."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from governance.access.stepup import has_second_factor
from governance.errors import GovernanceError
from governance.isolation.context import bind
from governance.people.models import User
from governance.perform import perform
from governance.staff.actions.people import GRANT, WITHDRAW
from governance.staff.contexts import machine_context


class Command(BaseCommand):
    help = "Takes a person into the staff (with --off: dismisses them); without an address lists the staff."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address", nargs="?", help="the e-mail address of an existing account")
        parser.add_argument("--off", action="store_true", help="dismiss the person from the staff")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["address"]:
            if options["off"]:
                raise CommandError("Whom? Name an e-mail address.")
            return self.list_staff()
        person = User.objects.filter(email=options["address"].strip().lower()).first()
        if person is None:
            raise CommandError(f"Nobody has an account with {options['address']}.")
        try:
            with bind(machine_context()):
                perform(WITHDRAW if options["off"] else GRANT, {"person": person.pk})
        except GovernanceError as refusal:
            raise CommandError(str(refusal.detail or refusal.title)) from refusal
        self.stdout.write(self.said(person, options["off"]))

    def said(self, person: User, off: bool) -> str:
        if off:
            return f"{person.email} does not belong to the staff any more."
        if has_second_factor(person):
            return f"{person.email} belongs to the staff: the admin is at /admin/."
        return f"{person.email} belongs to the staff; /admin/ opens with a second factor (/accounts/security/)."

    def list_staff(self) -> None:
        for person in User.objects.filter(is_staff=True).order_by("email"):
            factor = "second factor" if has_second_factor(person) else "no second factor yet"
            self.stdout.write(f"{person.email}  {factor}{'' if person.is_active else ', suspended'}")
