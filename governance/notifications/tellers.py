"""What people are told of the acts of governance: each teller follows an act or news of the same name (uow.py)."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac

from governance.access.opened.reading import device
from governance.audit.entries import Draft, News
from governance.checkpoints.models import Checkpoint
from governance.checkpoints.pace import HASTE
from governance.delegations.models import Delegation
from governance.ledger.sharing import SHARE
from governance.ledger.warning import FULL, WARN
from governance.members.invitations import JOIN
from governance.memory.models import MemoryItem
from governance.memory.policies import OF_ALL
from governance.notifications import own
from governance.notifications.models import Notification
from governance.notifications.people import People, deciders, everybody, managers, owners, requester_of, these
from governance.notifications.telling import settle, tell
from governance.people.models import Identity, Membership, User
from governance.people.policies import WRITERS
from governance.registry.actions import get_action
from governance.rights.actions import KEPT
from governance.rights.models import Erasure
from governance.uow import UnitOfWork, tell_of
from governance.webhooks.models import Webhook

FEW_CODES = 3


@tell_of("checkpoint.created")
def question_waits(uow: UnitOfWork, news: News) -> None:
    """All who may decide; the row is the one that this unit has just written."""
    row: Checkpoint = uow.mine[Checkpoint, _id(news)]
    people = deciders(get_action(row.action).deciders)
    people = people.but(row.requester_id) if row.exclude_requester else people
    source = Notification.Source.AGENT if row.agent else ""
    link, ends = _question(row.pk), row.expires_at
    tell(uow, own.WAITING, people, about=row.pk, link=link, source=source, expires_at=ends)


@tell_of("checkpoint.escalated")
def question_was_raised(uow: UnitOfWork, news: News) -> None:
    """All who may decide, once for each level it reaches."""
    row = Checkpoint.objects.get(pk=_id(news))
    people = deciders().but(row.requester_id) if row.exclude_requester else deciders()
    facts = {"who": name_of(uow), "at": row.expires_at.isoformat()}
    about = f"{row.pk}-{row.level}"
    tell(uow, own.RAISED, people, about=about, facts=facts, link=_question(row.pk), expires_at=row.expires_at)


@tell_of(*(f"checkpoint.{status}" for status in ("approved", "rejected", "expired", "cancelled", "superseded")))
def question_is_over(uow: UnitOfWork, news: News) -> None:
    """It waits for nobody any more, and who asked hears what became of it."""
    settle(uow, _id(news), own.WAITING, own.REMINDER)
    status = news.kind.partition(".")[2]
    who, link = requester_of(news.object_id), _question(_id(news))
    if status in own.DECISIONS:
        tell(uow, own.DECIDED, who, about=_id(news), link=link, facts={"who": name_of(uow), "decision": status})
    elif status == "expired":
        tell(uow, own.EXPIRED, who, about=_id(news), link=link)


@tell_of("governance.checkpoint.decide")
def has_voted(uow: UnitOfWork, draft: Draft) -> None:
    """It may wait for others, no longer for who has voted."""
    for person_id in {uow.actor.person_id, UUID(draft.payload["voter"])}:
        settle(uow, draft.payload["params"]["checkpoint"], own.WAITING, own.REMINDER, person_id=person_id)


@tell_of(HASTE)
def decides_quickly(uow: UnitOfWork, draft: Draft) -> None:
    """The person, and the other owners of the identity."""
    person_id, link = UUID(draft.payload["params"]["person"]), reverse("approval-pace")
    tell(uow, own.HASTY, these(person_id), link=link)
    tell(uow, own.HASTY_MEMBER, owners().but(person_id), facts={"who": name_of(uow)}, link=link)


@tell_of("governance.memory.create")
def memory_is_proposed(uow: UnitOfWork, draft: Draft) -> None:
    """Who decides it: the person it is of; of what is for all, whoever manages. An agent's asks by its question."""
    row: MemoryItem = uow.mine[MemoryItem, cast(UUID, draft.resource_id)]
    if row.status != MemoryItem.Status.PROPOSED:
        return
    people = managers() if row.type in OF_ALL else these(row.person_id)
    tell(uow, own.REMEMBER, people, about=row.pk, link=reverse("memory-detail", args=[row.pk]))


@tell_of("delegation.granted")
def delegation_granted(uow: UnitOfWork, news: News) -> None:
    """Both: whoever gave it may not have been at their own screen."""
    row = Delegation.objects.get(pk=_id(news))
    facts = {"from": row.from_name, "to": row.to_name, "at": row.until.isoformat()}
    tell(uow, own.DELEGATED, _both(row), about=row.pk, facts=facts, link=reverse("delegations"))


@tell_of("delegation.revoked")
def delegation_revoked(uow: UnitOfWork, news: News) -> None:
    row = Delegation.objects.get(pk=_id(news))
    facts = {"from": row.from_name, "to": row.to_name}
    tell(uow, own.UNDELEGATED, _both(row), about=row.pk, facts=facts, link=reverse("delegations"))


def _both(row: Delegation) -> People:
    return these(row.from_person_id, row.to_person_id)


@tell_of("checkpoint.pending_effect")
def outcome_is_unknown(uow: UnitOfWork, news: News) -> None:
    tell(uow, own.UNKNOWN, requester_of(news.object_id), about=_id(news), link=_question(_id(news)))


@tell_of(JOIN)
def somebody_joined(uow: UnitOfWork, draft: Draft) -> None:
    facts = {"who": name_of(uow), "role": draft.payload["role"]}
    there = UUID(draft.payload["identity"])
    tell(uow, own.JOINED, managers(), about=draft.resource_id, facts=facts, link=reverse("team"), identity_id=there)


@tell_of("governance.member.leave", "governance.member.remove")
def member_left(uow: UnitOfWork, draft: Draft) -> None:
    """Who manages the members; and who was removed, where they still are."""
    facts = {"who": draft.payload["member"]}
    tell(uow, own.LEFT, managers(), about=draft.resource_id, facts=facts, link=reverse("team"))
    removed = UUID(draft.payload["person"])
    if removed != uow.actor.person_id:
        facts = {"name": Identity.objects.values_list("name", flat=True).get(pk=uow.actor.identity_id)}
        tell(uow, own.REMOVED, these(removed), about=draft.resource_id, facts=facts, identity_id=home_of(removed))


@tell_of("governance.member.change_role")
def role_changed(uow: UnitOfWork, draft: Draft) -> None:
    """Who has another role now; what they may no longer decide waits for them no more."""
    role = draft.payload["params"]["role"]
    if role == draft.payload["before"]:
        return
    person_id = Membership.objects.values_list("user_id", flat=True).get(pk=_of(draft.resource_id))
    if role not in WRITERS:
        mine = Notification.objects.filter(person_id=person_id, event__in=[own.WAITING, own.REMINDER])
        mine.unread().update(read_at=timezone.now(), mail_at=None)
    tell(uow, own.ROLE, these(person_id), facts={"role": role}, link=reverse("team"))


def forget(uow: UnitOfWork, person_id: UUID) -> None:
    """Who leaves an identity keeps nothing of what they were told there."""
    Notification.objects.filter(person_id=person_id).delete()


@tell_of(SHARE)
def credits_shared(uow: UnitOfWork, draft: Draft) -> None:
    credits = draft.payload["params"]["credits"]
    there = UUID(draft.payload["to"])
    tell(uow, own.SHARED, managers(), facts={"credits": credits}, link=reverse("budgets"), identity_id=there)


@tell_of(WARN)
def budget_runs_out(uow: UnitOfWork, draft: Draft) -> None:
    """Who can raise it."""
    params = draft.payload["params"]
    facts: dict[str, Any] = {"budget": draft.payload["kind"], "cap": f"{params['unit']} {params['period']}"}
    link = f"{reverse('budgets')}?account={params['account']}"
    full = params["percent"] == FULL
    more = {} if full else {"percent": params["percent"]}
    key = own.BLOCKED if full else own.WARNED
    tell(uow, key, managers(), about=draft.resource_id, facts={**facts, **more}, link=link)


@tell_of("export.ready", "export.failed")
def archive_is_over(uow: UnitOfWork, news: News) -> None:
    """Who asked for it."""
    who = People("m.user_id = (SELECT e.person_id FROM governance_dataexport e WHERE e.id = %s)", (news.object_id,))
    ready = news.kind == "export.ready"
    until = timezone.now() + KEPT
    facts = {"at": until.isoformat()} if ready else {}
    key = own.EXPORT_READY if ready else own.EXPORT_FAILED
    ends = until if ready else None
    tell(uow, key, who, about=_id(news), facts=facts, link=reverse("settings-data"), expires_at=ends)


@tell_of("identity.erasure_requested", "account.deletion_requested")
def erasure_planned(uow: UnitOfWork, news: News) -> None:
    """Everybody whom it concerns, also who asked for it: it may not have been them."""
    row = Erasure.objects.get(pk=_id(news))
    facts = {"name": _erased(uow, row), "at": row.due_at.isoformat()}
    link, there = reverse("settings-data"), _where(row)
    tell(uow, own.ERASURE, everybody(), about=row.pk, facts=facts, link=link, identity_id=there)


@tell_of("identity.erasure_undone", "account.deletion_undone")
def erasure_undone(uow: UnitOfWork, news: News) -> None:
    row = Erasure.objects.get(pk=_id(news))
    link, there = reverse("settings-data"), _where(row)
    settle(uow, row.pk, own.ERASURE, identity_id=there)
    facts = {"name": _erased(uow, row)}
    tell(uow, own.KEPT, everybody(), about=row.pk, facts=facts, link=link, identity_id=there)


@tell_of("webhook.off")
def webhook_is_off(uow: UnitOfWork, news: News) -> None:
    hook = uow.mine[Webhook, _id(news)]
    facts, link = {"name": hook.name, "why": news.data["reason"]}, reverse("webhook-detail", args=[hook.pk])
    tell(uow, own.HOOK_OFF, managers(), facts=facts, link=link)


def _where(row: Erasure) -> UUID:
    return home_of(row.target_id) if row.kind == Erasure.Kind.ACCOUNT else row.target_id


def _erased(uow: UnitOfWork, row: Erasure) -> str:
    if row.kind == Erasure.Kind.ACCOUNT:
        return str(uow.person)
    return Identity.objects.values_list("name", flat=True).get(pk=row.target_id)


def stranger_refused(uow: UnitOfWork, target: object) -> None:
    """The owners of an identity that somebody else's id was asked of: once a day, without who or what (design 3.2)."""
    if isinstance(target, UUID):
        people = owners().unless_member(uow.actor.person_id)
        tell(uow, own.CROSSED, people, about=f"{timezone.now():%Y-%m-%d}", identity_id=target)


@tell_of("governance.session.open")
def signed_in(uow: UnitOfWork, draft: Draft) -> None:
    """A device in a network that was not seen for a while; the very first one is only remembered."""
    params = draft.payload["params"]
    agent, network = params["user_agent"], _network(params["ip"] or "")
    place = salted_hmac("governance.notifications.place", f"{agent}\n{network}", algorithm="sha256").hexdigest()[:40]
    mine = Notification.objects.filter(person_id=uow.actor.person_id, event=own.SIGNED_IN)
    facts, link = {"device": device(agent) or "?"}, reverse("sign-ins")
    _tell_oneself(uow, own.SIGNED_IN, about=place, facts=facts, link=link, known=not mine.exists())
    _few_codes(uow, params["method"])


@tell_of("governance.session.confirm")
def confirmed(uow: UnitOfWork, draft: Draft) -> None:
    _few_codes(uow, draft.payload["params"]["method"])


def _few_codes(uow: UnitOfWork, method: str) -> None:
    if Authenticator.Type.RECOVERY_CODES not in method:
        return
    codes = Authenticator.objects.filter(user_id=uow.actor.person_id, type=Authenticator.Type.RECOVERY_CODES).first()
    left = len(RecoveryCodes(codes).get_unused_codes()) if codes is not None else 0
    if codes is not None and left <= FEW_CODES:
        _tell_oneself(uow, own.CODES_LOW, about=f"{codes.pk}-{left}", facts={"n": left}, link=reverse("security"))


@tell_of("governance.factor.add")
def factor_added(uow: UnitOfWork, draft: Draft) -> None:
    kind = draft.payload["params"]["type"]
    _tell_oneself(uow, own.FACTOR_ADDED, facts={"kind": kind}, link=reverse("security"))


@tell_of("governance.factor.remove")
def factor_removed(uow: UnitOfWork, draft: Draft) -> None:
    _tell_oneself(uow, own.FACTOR_REMOVED, link=reverse("security"))


@tell_of("governance.factor.renew_codes")
def codes_renewed(uow: UnitOfWork, draft: Draft) -> None:
    _tell_oneself(uow, own.CODES_RENEWED, link=reverse("security"))


@tell_of("governance.person.password")
def password_changed(uow: UnitOfWork, draft: Draft) -> None:
    _tell_oneself(uow, own.PASSWORD, link=reverse("security"))


@tell_of("governance.person.confirm_email")
def address_changed(uow: UnitOfWork, draft: Draft) -> None:
    if draft.payload["before"] != draft.payload["after"]:
        _tell_oneself(uow, own.ADDRESS, link=reverse("account_email"))


@tell_of("governance.token.create")
def token_made(uow: UnitOfWork, draft: Draft) -> None:
    facts = {"name": draft.payload["params"]["name"]}
    _tell_oneself(uow, own.TOKEN, about=draft.payload["token"], facts=facts, link=reverse("api-keys"))


def _tell_oneself(uow: UnitOfWork, key: str, **more: Any) -> None:
    """About one's account: told in one's personal identity."""
    person_id = uow.actor.person_id
    tell(uow, key, these(person_id), identity_id=home_of(person_id), **more)


def home_of(person_id: UUID) -> UUID:
    """The personal identity of a person."""
    return Identity.objects.values_list("pk", flat=True).get(owner_id=person_id, kind=Identity.Kind.PERSONAL)


def name_of(uow: UnitOfWork) -> str:
    """The name of who acts, as it is now."""
    return uow.actor.name or str(User.objects.get(pk=uow.actor.person_id))


def _network(ip: str) -> str:
    """The neighbourhood of an address: telephones change theirs all day."""
    sign, parts = (":", 2) if ":" in ip else (".", 2)
    return sign.join(ip.split(sign)[:parts])


def _id(news: News) -> UUID:
    return _of(news.object_id)


def _of(pk: UUID | None) -> UUID:
    assert pk is not None
    return pk


def _question(pk: UUID) -> str:
    return reverse("approval-detail", args=[pk])
