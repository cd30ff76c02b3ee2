"""Rules of an identity: written as a draft, published as a version, switched off, removed, brought back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import Field

from governance.errors import BadInput, Conflict, NotThere
from governance.people.models import Identity
from governance.registry.actions import Effect, Params, action
from governance.rules.contents import FIELDS, RuleContent, checked_content, latest_of
from governance.rules.models import Rule, RuleVersion
from governance.rules.policies import may_rule
from governance.uow import UnitOfWork

MOST_RULES = 40  # that stand: each act asks all that are in force
MOST_KEPT = 400  # removed ones included

CREATE, UPDATE, PUBLISH = "governance.rule.create", "governance.rule.update", "governance.rule.publish"
DISABLE, REMOVE, RESTORE = "governance.rule.disable", "governance.rule.remove", "governance.rule.restore"


@action(CREATE, Effect.CONFIGURE, params=RuleContent, policy=may_rule, label=gettext_lazy("Write a rule"))
def create(uow: UnitOfWork, params: RuleContent) -> Rule:
    """A draft: it holds once it is published."""
    content = checked_content(params)
    check_room(uow, content["name"])
    row = Rule(**content, version=0, enabled=False, draft=content, tightens=params.tightens)
    row.author_id, row.identity_id = uow.actor.person_id, uow.actor.identity_id
    row.updated_at = timezone.now()
    uow.add(row)
    about(uow, row, after=content)
    return row


def check_room(uow: UnitOfWork, name: str, but: UUID | None = None) -> None:
    """One name, one rule, and not too many of them; looked at by one act at a time."""
    Identity.objects.select_for_update(no_key=True).get(pk=uow.actor.identity_id)
    others = list(Rule.objects.values_list("pk", "name", "removed_at")[: MOST_KEPT + 1])
    if any(other == name and pk != but for pk, other, _removed in others):
        raise BadInput(errors={"name": [_("Another rule has this name.")]})
    if but is None:
        check_few(len(others), sum(removed is None for _pk, _name, removed in others))


def check_few(kept: int, standing: int) -> None:
    if standing >= MOST_RULES or kept >= MOST_KEPT:
        raise Conflict("too_many_rules", _("Forty rules at most. Remove one first."))


def about(uow: UnitOfWork, row: Rule, **more: Any) -> None:
    """What the entry says besides its parameters."""
    uow.tell(name=row.name, state=row.state.value, **more)
    uow.announce("rule.changed", row.pk, state=row.state.value)


class OneRule(Params):
    rule: UUID


class UpdateRule(RuleContent):
    rule: UUID


@action(UPDATE, Effect.CONFIGURE, params=UpdateRule, policy=may_rule, label=gettext_lazy("Change the draft of a rule"))
def update(uow: UnitOfWork, params: UpdateRule) -> Rule:
    """Writes the draft anew; what is in force stays as it is until that is published."""
    row = standing(uow, params.rule)
    before = latest_of(row)
    content = checked_content(params.model_copy(update={"tightens": row.tightens}))
    check_room(uow, content["name"], row.pk)
    row.draft = content
    if row.version == 0:
        take(row, content)
    save(uow, row, "draft", *FIELDS)
    about(uow, row, before=before, after=content)
    return row


def standing(uow: UnitOfWork, pk: UUID) -> Rule:
    """The rule, locked. Raises Conflict for a removed one."""
    row = uow.lock(Rule, pk)
    if row.removed_at is not None:
        raise Conflict("rule_removed", _("This rule was removed. Bring it back first."))
    return row


def take(row: Rule, content: dict[str, Any]) -> None:
    for name in FIELDS:
        setattr(row, name, content[name])


def save(uow: UnitOfWork, row: Rule, *columns: str) -> None:
    row.updated_at = timezone.now()
    uow.change(row, *columns, "updated_at")


class PublishRule(OneRule):
    """`draft_of`: the version on which the draft that was looked at is based; another one is refused."""

    draft_of: int | None = Field(default=None, ge=0)


@action(PUBLISH, Effect.CONFIGURE, params=PublishRule, policy=may_rule, label=gettext_lazy("Put a rule into force"))
def publish(uow: UnitOfWork, params: PublishRule) -> Rule:
    """The draft becomes the next version and holds from this commit on; without a draft the last one holds again."""
    row = standing(uow, params.rule)
    if params.draft_of is not None and params.draft_of != row.version:
        raise Conflict("rule_changed", _("Somebody has published this rule meanwhile. Look at it again."))
    if row.draft is None and row.enabled:
        raise Conflict("nothing_to_publish", _("What is written is in force already."))
    if row.draft is not None:
        before = latest_of(row) if row.version == 0 else {name: getattr(row, name) for name in FIELDS}
        content = checked_content(RuleContent(**row.draft, tightens=row.tightens))
        check_room(uow, content["name"], row.pk)
        take(row, content)
        row.version, row.draft, row.author_id = row.version + 1, None, uow.actor.person_id
        uow.add(version_of(row, content, uow.actor.person_id))
        uow.tell(before=before, after=content)
    row.enabled = True
    save(uow, row, "enabled", "version", "draft", "author_id", *FIELDS)
    about(uow, row, version=row.version)
    return row


def version_of(row: Rule, content: dict[str, Any], author_id: UUID) -> RuleVersion:
    kept = RuleVersion(rule_id=row.pk, version=row.version, content=content, author_id=author_id)
    kept.identity_id = row.identity_id
    return kept


@action(DISABLE, Effect.CONFIGURE, params=OneRule, policy=may_rule, label=gettext_lazy("Switch a rule off"))
def disable(uow: UnitOfWork, params: OneRule) -> Rule:
    """It holds no more; harmless to repeat."""
    row = standing(uow, params.rule)
    if row.enabled:
        row.enabled = False
        save(uow, row, "enabled")
        about(uow, row)
    return row


@action(REMOVE, Effect.DELETE, params=OneRule, policy=may_rule, label=gettext_lazy("Remove a rule"))
def remove(uow: UnitOfWork, params: OneRule) -> Rule:
    """It holds no more and is shown no more; its versions stay, since verdicts name them. Harmless to repeat."""
    row = uow.lock(Rule, params.rule)
    if row.removed_at is None:
        row.enabled, row.removed_at = False, timezone.now()
        save(uow, row, "enabled", "removed_at")
        about(uow, row)
    return row


class RestoreRule(OneRule):
    """`version`: the one whose text becomes the draft; without it, as it was left."""

    version: int | None = Field(default=None, ge=1)


@action(RESTORE, Effect.CONFIGURE, params=RestoreRule, policy=may_rule, label=gettext_lazy("Bring a rule back"))
def restore(uow: UnitOfWork, params: RestoreRule) -> Rule:
    """An earlier version as the draft of the next one, a removed rule as a switched off one: nothing holds by it."""
    row = uow.lock(Rule, params.rule)
    if row.removed_at is not None:
        Identity.objects.select_for_update(no_key=True).get(pk=uow.actor.identity_id)
        check_few(0, Rule.objects.standing().count())
        row.removed_at = None
    if params.version is not None:
        kept = RuleVersion.objects.filter(rule_id=row.pk, version=params.version).first()
        if kept is None:
            raise NotThere()
        check_room(uow, kept.content["name"], row.pk)
        row.draft = kept.content
    save(uow, row, "removed_at", "draft")
    about(uow, row)
    return row
