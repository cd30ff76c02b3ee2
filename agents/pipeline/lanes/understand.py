"""Lane A for a run: the words, in the person's day and language, and what is asked back (design 4.1, 6.3)."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _

from agents.pipeline.intent.analyse import Intent, analyse
from agents.pipeline.intent.kinds import Effect
from agents.pipeline.lanes.encode import Encoded
from governance.people.models import User


def understand(text: str, sphere: str, person: User) -> Intent:
    """The intent of a request, by lexicon and grammar alone."""
    today = timezone.now().astimezone(ZoneInfo(person.timezone)).date()
    return analyse(text, default_language=person.language, today=today, sphere=sphere)


def question_back(intent: Intent, encoded: Encoded) -> str:
    """What must be asked before going on, in the reader's language; '' when nothing must.

    READ intents run on their preset; only an effect, or an encoding that a person wrote, is asked about.
    """
    asked = intent.needs_clarification
    if asked is not None:
        return str(asked.message) % asked.message_values
    if encoded.quality.is_below_threshold and (encoded.edited or intent.effect is not Effect.READ):
        return _("This encoding scores %(score)d of 100. What should be narrower, or clearer?") % {
            "score": encoded.quality.score
        }
    return ""
