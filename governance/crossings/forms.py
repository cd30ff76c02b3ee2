"""What the pages of crossings ask."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from governance.access.showing import ActionForm
from governance.crossings.kinds import spheres
from governance.crossings.models import Crossing
from governance.people.models import Membership


class TransferForm(ActionForm):
    """Where to, how, and why."""

    to = forms.ChoiceField(label=_("Where to"))
    form = forms.ChoiceField(
        label=_("How"),
        choices=[
            (Crossing.Form.COPY, _("A copy: it is theirs from then on, and says where it came from")),
            (Crossing.Form.REFERENCE, _("A reference: read only, and you can withdraw it")),
        ],
        initial=Crossing.Form.COPY,
        widget=forms.RadioSelect,
    )
    note = forms.CharField(label=_("Why"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, here: str, others: list[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        inside = [(f"sphere:{slug}", name) for slug, name in spheres().items() if slug != here]
        mine = [(f"identity:{one.identity_id}", one.identity.name) for one in others]
        groups: list[Any] = [(_("Another sphere of this identity"), inside)]
        to: Any = self.fields["to"]
        to.choices = [("", "—"), *groups, *([(_("Another of your identities"), mine)] if mine else [])]

    def params(self) -> dict[str, Any]:
        """What the action takes: a sphere or an identity."""
        where, _colon, which = self.cleaned_data["to"].partition(":")
        return {f"to_{where}": which, "form": self.cleaned_data["form"], "note": self.cleaned_data["note"]}

    def field_for(self, name: str) -> str | None:
        """Either place is asked in one field."""
        return "to" if name in {"to_sphere", "to_identity"} else super().field_for(name)


class AcceptForm(ActionForm):
    """Into which sphere."""

    sphere = forms.ChoiceField(label=_("Into which sphere"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sphere: Any = self.fields["sphere"]
        sphere.choices = list(spheres().items())
