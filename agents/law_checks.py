"""Do the runs keep the laws? Each has its verdict and its encoding, and called the model it was bound to."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agents.llm.models import Attempt
from agents.llm.registry.models import Model
from agents.pipeline.models import Run
from governance.laws.checks import Finding, none_of, register_check

LATELY = timedelta(days=1)
UNJUDGED = """
SELECT count(*) FROM agents_run r WHERE r.created_at > now() - make_interval(secs => %s)
AND EXISTS (SELECT 1 FROM agents_attempt a WHERE a.identity_id = r.identity_id AND a.run_id = r.id)
AND NOT EXISTS (SELECT 1 FROM agents_laneresult l
    JOIN governance_verdict v ON v.identity_id = l.identity_id AND v.id = (l.output ->> 'verdict')::uuid
    WHERE l.identity_id = r.identity_id AND l.run_id = r.id AND l.lane = 'D')
"""
# What an approval names is in its envelope, as “provider/model”.
UNAPPROVED = """
SELECT count(*) FROM agents_attempt a WHERE a.started_at > now() - make_interval(secs => %s)
AND EXISTS (SELECT 1 FROM governance_checkpoint c WHERE c.identity_id = a.identity_id AND c.run_id = a.run_id
    AND c.status IN ('approved', 'executed') AND jsonb_array_length(c.envelope -> 'models') > 0
    AND NOT c.envelope -> 'models' ? (a.provider || '/' || a.model))
"""


def that_called() -> QuerySet:
    """The runs of the last day that have called a model."""
    mine = Attempt.objects.filter(identity_id=OuterRef("identity_id"), run_id=OuterRef("pk"))
    return Run.objects.filter(Exists(mine), created_at__gte=timezone.now() - LATELY)


def runs_without_verdict() -> Finding:
    """Runs that called a model though there is no verdict that lane D names for them."""
    with connection.cursor() as cursor:
        cursor.execute(UNJUDGED, [LATELY.total_seconds()])
        return none_of(cursor.fetchone()[0], "runs without a verdict")


def runs_without_encoding() -> Finding:
    """Runs that called a model before it was written down how they were understood."""
    return none_of(that_called().filter(encoding_digest="").count(), "runs without an encoding")


def calls_elsewhere() -> Finding:
    """Calls that went to another model or provider than the run was bound to, or than a person has approved."""
    wrong = {
        "calls of a model the run was not bound to": other_models(),
        "calls of a provider whose model it is not": other_providers(),
        "calls that no approval of their run names": unapproved(),
    }
    found = [f"{number} {what}" for what, number in wrong.items() if number]
    return Finding(not found, "; ".join(found))


def lately() -> QuerySet:
    """The calls of runs within the last day."""
    return Attempt.objects.filter(started_at__gte=timezone.now() - LATELY, run_id__isnull=False)


def other_models() -> int:
    """Calls of another model than the one that stands in the run."""
    bound = Run.objects.filter(identity_id=OuterRef("identity_id"), pk=OuterRef("run_id")).exclude(
        model=OuterRef("model")
    )
    return lately().filter(Exists(bound)).count()


def other_providers() -> int:
    """Calls of a model that is known, at somebody whose it is not. Wire and host follow from the provider."""
    pairs = lately().order_by().values_list("provider", "model").annotate(number=Count("id"))
    has = set(Model.objects.values_list("provider_id", "model_id"))
    known = {model for _provider, model in has}
    return sum(number for provider, model, number in pairs if model in known and (provider, model) not in has)


def unapproved() -> int:
    """Calls of runs for which a person approved other providers and models than the one that was called."""
    with connection.cursor() as cursor:
        cursor.execute(UNAPPROVED, [LATELY.total_seconds()])
        return int(cursor.fetchone()[0])


def register() -> None:
    register_check("L5", "audit.verdicts", _("No run went on without a verdict"), runs_without_verdict)
    register_check("L6", "encoding.kept", _("How each run was understood is written down"), runs_without_encoding)
    register_check(
        "L4", "levels.model", _("Every run called the model it was bound to, at its provider"), calls_elsewhere
    )
