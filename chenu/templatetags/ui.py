"""Template tags of the screen (design 11, C5): icons, fields, surfaces, figures, and localised formats.

Nothing here writes a `style` attribute or a script: the content security policy forbids both. A tag that
gets an unknown argument, icon, size or tone raises TemplateSyntaxError instead of drawing something else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from babel.dates import format_date, format_timedelta
from django import forms, template
from django.forms.boundfield import BoundField
from django.template.context import Context
from django.template.defaulttags import CsrfTokenNode
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext

register = template.Library()

SPRITE = Path(__file__).resolve().parents[2] / "static" / "icons.svg"
PICO_PER_USD = 10**12
NBSP = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"

ICON_SIZES = ("", "sm", "lg", "inline")
STATUS_TONES = ("ok", "warn", "bad", "wait", "live", "off")
CARD_TONES = ("", "await", "quiet", "flush")
BAR_TONES = ("", "water", "warn")
AVATAR_KINDS = ("person", "org", "agent", "nova")
AVATAR_ICONS = {"agent": "bot", "nova": "sparkle"}
EPOCH = template.Variable("shell.epoch")


def _one_of(what: str, value: object, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise template.TemplateSyntaxError(f"{what} must be one of {', '.join(map(repr, allowed))}, not {value!r}")
    return str(value)


def _integer(what: str, value: object) -> int:
    # bool is an int in Python, but a truth shown as money or tokens is always a mistake.
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{what} expects an integer, not {type(value).__name__}")
    return value


def _in_french() -> bool:
    return (get_language() or "fr").startswith("fr")


def _babel_locale() -> str:
    return "fr_CA" if _in_french() else "en_CA"


# --- Icons ------------------------------------------------------------------------------------------
@cache
def icon_names() -> frozenset[str]:
    """The names the sprite holds; an unknown one would be drawn as an empty box, unnoticed."""
    return frozenset(re.findall(r'<symbol id="([^"]+)"', SPRITE.read_text(encoding="utf-8")))


@register.simple_tag
def icon_href(name: str) -> str:
    """Address of one symbol, for `<use href>` inside a hand-made SVG."""
    if name not in icon_names():
        raise template.TemplateSyntaxError(f"icon {name!r} is not in static/icons.svg")
    return f"{static('icons.svg')}#{name}"


@register.simple_tag
def icon(name: str, size: str = "", label: str = "") -> SafeString:
    """One icon. Without a label it is decoration and hidden from assistive technology."""
    modifier = f" icon--{size}" if _one_of("icon size", size, ICON_SIZES) else ""
    voice = format_html('role="img" aria-label="{}"', label) if label else SafeString('aria-hidden="true"')
    return format_html('<svg class="icon{}" {}><use href="{}"/></svg>', modifier, voice, icon_href(name))


# --- Forms ------------------------------------------------------------------------------------------
def _control_kind(widget: forms.Widget) -> str:
    if widget.is_hidden:
        return "hidden"
    if isinstance(widget, forms.CheckboxInput):
        return "check"
    return "choices" if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple) else "control"


def _counter_limit(bound: BoundField, kind: str) -> int | None:
    limit = bound.field.widget.attrs.get("maxlength")
    return int(limit) if limit and kind == "control" and isinstance(bound.field.widget, forms.Textarea) else None


def _widget_attrs(bound: BoundField, kind: str, described: list[str], autocomplete: str) -> dict[str, Any]:
    # An address or a password needs no example: the visible label says it already.
    attrs: dict[str, Any] = {"placeholder": False}
    own, widget = bound.field.widget.attrs, bound.field.widget
    if own.get("placeholder") and getattr(widget, "input_type", "") not in ("email", "password"):
        attrs.pop("placeholder")
    if kind == "control":
        attrs["class"] = f"input {own.get('class', '')}".strip()
    if described:
        attrs["aria-describedby"] = " ".join(described)
    if autocomplete:
        attrs["autocomplete"] = autocomplete
    return attrs


@register.inclusion_tag("components/field.html")
def field(
    bound: BoundField,
    *,
    label: str = "",
    help: str | None = None,
    autocomplete: str = "",
    aside_url: str = "",
    aside_label: str = "",
    mark_optional: bool = True,
) -> dict[str, Any]:
    """A form field with visible label, help, errors and, for a limited text area, a counter.

    `help` replaces the field's own help text (empty: none); `aside_url` and `aside_label` put a link beside
    the label. Raises TemplateSyntaxError for anything that is not a bound field with an id: a mistyped field
    name would otherwise vanish from the page.
    """
    if not isinstance(bound, BoundField) or not bound.auto_id:
        raise template.TemplateSyntaxError(f"field expects a bound form field with an id, not {bound!r}")
    kind = _control_kind(bound.field.widget)
    help_text = bound.help_text if help is None else help
    limit = _counter_limit(bound, kind)
    parts = (("helptext", help_text), ("error", bound.errors), ("counter", limit))
    described = [f"{bound.auto_id}_{name}" for name, present in parts if present]
    return {
        "bound": bound,
        "kind": kind,
        "control": bound.as_widget(attrs=_widget_attrs(bound, kind, described, autocomplete)),
        "label": label or bound.label,
        "help": help_text,
        "limit": limit,
        "described": " ".join(described),
        "aside_url": aside_url,
        "aside_label": aside_label,
        "optional": mark_optional and not bound.field.required and kind != "check",
    }


@register.inclusion_tag("components/form_errors.html")
def form_errors(form: forms.BaseForm) -> dict[str, Any]:
    """The errors that belong to no single field, announced at once."""
    return {"errors": form.non_field_errors()}


@register.simple_tag(takes_context=True)
def guard(context: Context) -> SafeString:
    """The two proofs of every POST form: the CSRF token and, when known, the session epoch (2.2, M3)."""
    token = CsrfTokenNode().render(context)
    try:
        epoch = EPOCH.resolve(context)
    except template.VariableDoesNotExist:
        epoch = ""
    return format_html('{}<input type="hidden" name="epoch" value="{}">', token, epoch) if epoch else SafeString(token)


# --- Surfaces and marks -----------------------------------------------------------------------------
@register.filter
def of(names: Mapping[Any, str], key: Any) -> str:
    """What a mapping holds for a key, '' when it holds nothing: `{% icon icons|of:item.type %}`."""
    return names.get(key, "")


@register.simple_block_tag
def card(content: str, *, title: str = "", tone: str = "", notch: bool = False, level: int = 2) -> str:
    """A surface; `notch` cuts the stepped corner of primary cards; `level` is that of the title, 2 to 4."""
    if level not in (2, 3, 4):
        raise template.TemplateSyntaxError(f"card level must be 2, 3 or 4, not {level!r}")
    values = {"title": title, "tone": _one_of("card tone", tone, CARD_TONES), "notch": notch, "level": level}
    return render_to_string("components/card.html", {**values, "content": content})


@register.simple_block_tag
def empty(content: str, *, icon: str, title: str) -> str:
    """An empty state: one sentence, then what to do (the content)."""
    return render_to_string("components/empty.html", {"icon": icon, "title": title, "content": content})


@register.simple_block_tag
def status(content: str, tone: str) -> str:
    """A shape and words; the words are the content, the shape is decoration."""
    if not content.strip():
        raise template.TemplateSyntaxError("status needs words: a shape alone says nothing")
    return format_html(
        '<span class="status" data-tone="{}">{}</span>', _one_of("status tone", tone, STATUS_TONES), content
    )


def _tenths(thousandths: int) -> str:
    # A string, so that no locale turns the SVG's decimal point into a comma.
    return f"{thousandths // 10}.{thousandths % 10}"


@register.inclusion_tag("components/bar.html")
def bar(value: int, max: int, *, tone: str = "", label: str = "", hold: int = 0, large: bool = False) -> dict[str, Any]:
    """A bar, drawn to a thousandth of `max` (integers ≥ 0); `hold` is what is reserved on top of `value`.

    Without a label the bar is decoration: the figure must then stand beside it in words.
    """
    used, whole, held = _integer("bar value", value), _integer("bar max", max), _integer("bar hold", hold)
    if used < 0 or whole < 0 or held < 0:
        raise ValueError("bar takes no negative numbers")
    width = min(1000, used * 1000 // whole) if whole else 0
    hold_width = min(1000 - width, held * 1000 // whole) if whole else 0
    tone = _one_of("bar tone", tone, BAR_TONES)
    return {
        "width": _tenths(width),
        "hold_width": _tenths(hold_width),
        "tone": tone,
        "label": label,
        "large": large,
    }


def initials_of(name: str) -> str:
    """The first letters of the first and last word; `?` when the name holds no letter or digit."""
    words = [word for word in re.split(r"[\s\-]+", name) if word[:1].isalnum()]
    ends = words[:1] + words[-1:] if len(words) > 1 else words
    return "".join(word[0] for word in ends).upper() or "?"


@register.inclusion_tag("components/avatar.html")
def avatar(name: str, kind: str = "person", *, size: str = "", initials: str = "", label: str = "") -> dict[str, Any]:
    """A circle for a person, a rounded square for a firm, a hexagon for an agent, a gold one for Nova.

    Decoration by default, since the name stands beside it; with `label` it speaks for itself.
    """
    kind = _one_of("avatar kind", kind, AVATAR_KINDS)
    size = _one_of("avatar size", size, ("", "sm"))
    letters = initials or initials_of(name)
    return {
        "kind": kind,
        "size": size,
        "label": label,
        "letters": letters,
        "icon": AVATAR_ICONS.get(kind, ""),
    }


# --- Numbers ----------------------------------------------------------------------------------------
def _grouped(number: int, separator: str) -> str:
    return f"{number:,}".replace(",", separator)


def _rounded(pico: int, decimals: int) -> int:
    """|pico| in units of 10^-decimals USD, half rounded up."""
    step = 10 ** (12 - decimals)
    return (abs(pico) + step // 2) // step


def _all_decimals(pico: int) -> int:
    """As many as there are, without zeros at the end; two at least."""
    return max(2, len(f"{abs(pico) % PICO_PER_USD:012d}".rstrip("0")))


def _natural_decimals(pico: int) -> int:
    if pico == 0 or _rounded(pico, 3) >= 1000:
        return 2
    return 3 if abs(pico) * 1000 >= PICO_PER_USD else 6


@register.filter
def pico_usd(pico: int, decimals: int | str | None = None) -> str:
    """An integer sum in 10^-12 US dollars, in the reader's language; never through a float (design 5).

    Two decimals from one dollar, three from a thousandth, six below; under half a millionth it says
    “less than”. `decimals` (0 to 12) fixes the number instead; “exact” shows every digit there is, two at
    least. Raises TypeError for anything but an integer.
    """
    pico = _integer("pico_usd", pico)
    if decimals == "exact":
        places = _all_decimals(pico)
    else:
        places = _natural_decimals(pico) if decimals is None else _integer("decimals", decimals)
    if not 0 <= places <= 12:
        raise ValueError("decimals must be between 0 and 12")
    units = _rounded(pico, places)
    sign = MINUS if pico < 0 and units else ""
    if pico and not units and decimals is None:
        sign, units = f"<{NBSP}", 1
    whole, fraction = divmod(units, 10**places)
    digits = f"{fraction:0{places}d}" if places else ""
    if _in_french():
        comma = "," if places else ""
        return f"{sign}{_grouped(whole, NBSP)}{comma}{digits}{NBSP}${NBSP}US"
    point = "." if places else ""
    return f"{sign}US${_grouped(whole, ',')}{point}{digits}"


@register.filter
def tokens(count: int) -> str:
    """An integer with its thousands set apart by no-break spaces, in both languages."""
    count = _integer("tokens", count)
    return (MINUS if count < 0 else "") + _grouped(abs(count), NBSP)


# --- Times ------------------------------------------------------------------------------------------
def _local(value: datetime) -> datetime:
    if not isinstance(value, datetime) or timezone.is_naive(value):
        raise TypeError("an aware datetime is expected")
    return timezone.localtime(value)


@register.filter
def short_time(value: datetime | time) -> str:
    """The hour as it is written: “9 h 30”, “14 h”, “9:30 a.m.”; aware datetimes in the reader's zone."""
    clock = value if isinstance(value, time) else _local(value)
    if _in_french():
        return f"{clock.hour}{NBSP}h" + (f"{NBSP}{clock.minute:02d}" if clock.minute else "")
    return f"{clock.hour % 12 or 12}:{clock.minute:02d}{NBSP}{'a.m.' if clock.hour < 12 else 'p.m.'}"


@register.filter
def ago(value: datetime, now: datetime | None = None) -> str:
    """How long ago, or in how long, in words; a plain date beyond a week. `now` defaults to this moment."""
    moment, reference = _local(value), _local(now) if now is not None else timezone.localtime()
    distance = moment - reference
    if abs(distance) < timedelta(minutes=1):
        return gettext("just now") if distance <= timedelta(0) else gettext("in a moment")
    if abs(distance) > timedelta(days=7):
        return format_date(moment.date(), "medium", locale=_babel_locale())
    words = format_timedelta(distance, threshold=1, add_direction=True, format="short", locale=_babel_locale())
    return re.sub(r"(?<=\d) ", NBSP, words)
