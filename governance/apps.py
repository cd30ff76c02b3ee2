from __future__ import annotations

from django.apps import AppConfig


class GovernanceConfig(AppConfig):
    name = "governance"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from governance.access import (
            accounts,  # noqa: F401 (connects the sign-in signal)
            settling,  # noqa: F401
        )
        from governance.access import actions as access  # noqa: F401 (declares the actions)
        from governance.access.apitokens import actions as apitokens  # noqa: F401
        from governance.access.contact import actions as contact  # noqa: F401
        from governance.access.factors import actions as factors  # noqa: F401
        from governance.access.outside import actions as outside  # noqa: F401
        from governance.audit import checking as audit_checking  # noqa: F401
        from governance.checkpoints import actions as checkpoints  # noqa: F401
        from governance.checkpoints import editing, escalating, resolving  # noqa: F401
        from governance.checkpoints.forms import register_edit_form
        from governance.checkpoints.leaving import end_questions
        from governance.checkpoints.words import register_form
        from governance.crossings import following, lapsing, telling  # noqa: F401
        from governance.crossings.ending import end_crossings, end_from
        from governance.delegations import actions as delegations
        from governance.elevate import actions as elevations
        from governance.elevate import following as elevating
        from governance.elevate import telling as elevation_news  # noqa: F401
        from governance.elevate.forms import ElevationForm
        from governance.grants import actions as grants
        from governance.isolation import checks  # noqa: F401 (registers the system checks)
        from governance.jobs.leaving import end_jobs
        from governance.kills import actions as kills  # noqa: F401
        from governance.kills import everywhere  # noqa: F401
        from governance.laws import actions as law_actions  # noqa: F401
        from governance.laws import own as laws
        from governance.ledger import caps, raising, sharing, statement_views, warning  # noqa: F401
        from governance.limits.kinds import EXECUTION, register_limit
        from governance.members import actions as members  # noqa: F401
        from governance.members import guarding, invitations  # noqa: F401
        from governance.members.departures import register_departure
        from governance.memory import actions as memory  # noqa: F401
        from governance.memory import forgetting, questions
        from governance.memory import settling as proposals
        from governance.notices.counting import forget, recount
        from governance.notifications import actions as notification_actions  # noqa: F401
        from governance.notifications import own as notifications
        from governance.notifications import stopping, tellers
        from governance.orders import actions as orders  # noqa: F401
        from governance.orders import drafting, ending, exporting, paying, submitting  # noqa: F401
        from governance.orders import telling as order_telling
        from governance.outbox import actions as outbox  # noqa: F401
        from governance.people import actions as people  # noqa: F401
        from governance.people import owning  # noqa: F401
        from governance.rights import actions as rights  # noqa: F401
        from governance.rights import ending as rights_ending  # noqa: F401
        from governance.rights import own
        from governance.rights.erasing import register_farewell
        from governance.rules import actions as rules  # noqa: F401
        from governance.rules import whatif  # noqa: F401
        from governance.rules.system import ELEVATE
        from governance.staff import looks
        from governance.staff.actions import glass, stops, upkeep  # noqa: F401
        from governance.staff.actions import people as staff  # noqa: F401
        from governance.uow import listen, react_to
        from governance.webhooks import actions as webhooks  # noqa: F401
        from governance.webhooks import attempts, own_events  # noqa: F401
        from governance.webhooks import outbox as webhook_outbox

        register_form(questions.FORM, proposals.told)
        register_edit_form(ELEVATE, ElevationForm)
        elevating.register()
        own.register()
        own_events.register()
        listen(webhook_outbox.note)
        notifications.register()
        stopping.register()
        telling.register()
        order_telling.register()
        looks.register()
        laws.register()
        register_limit(EXECUTION, r"/(api/v2|connections)/webhooks/[^/]+/test/?")  # each may wait for ten seconds
        register_departure(end_jobs)
        register_departure(end_questions)
        register_departure(delegations.end_delegations)
        register_departure(grants.end_grants)
        register_departure(elevations.end_elevations)
        register_departure(forgetting.forget_person)
        register_departure(end_crossings)
        register_farewell(end_from)
        register_departure(forget)
        register_departure(tellers.forget)
        react_to("checkpoint", questions.follow_refusal)
        react_to("checkpoint", recount)
        react_to("member", recount)
