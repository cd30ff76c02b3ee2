"""The tags of the screen: what they say to eyes and to assistive technology, and what they refuse."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from django import forms
from django.conf import LazySettings
from django.template import Context, Template, TemplateSyntaxError
from django.template.loader import get_template
from django.utils import timezone, translation

from chenu.templatetags import ui

ROOT = Path(__file__).resolve().parents[2]
PICO = ui.PICO_PER_USD


@pytest.fixture(autouse=True)
def plain_static_files(settings: LazySettings) -> None:
    """Addresses without a manifest: no collected files are needed to draw a tag."""
    storage = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": storage}


def draw(source: str, **values: object) -> str:
    return Template("{% load ui %}" + source).render(Context(values)).strip()


class Letter(forms.Form):
    to = forms.EmailField(label="To", max_length=80, widget=forms.EmailInput(attrs={"placeholder": "Email address"}))
    text = forms.CharField(label="Text", max_length=40, required=False, widget=forms.Textarea, help_text="One line.")
    tone = forms.ChoiceField(label="Tone", choices=[("warm", "Warm <3"), ("dry", "Dry")], widget=forms.RadioSelect)
    read = forms.BooleanField(label="I have read it")
    trace = forms.CharField(widget=forms.HiddenInput, required=False)


# --- Icons ------------------------------------------------------------------------------------------
def test_an_icon_without_a_label_is_hidden_from_assistive_technology() -> None:
    expected = '<svg class="icon icon--sm" aria-hidden="true"><use href="/static/icons.svg#house"/></svg>'
    assert draw('{% icon "house" size="sm" %}') == expected


def test_an_icon_with_a_label_is_an_image_with_that_name() -> None:
    drawn = draw('{% icon "lock" label=label %}', label='"Locked"')
    assert 'role="img" aria-label="&quot;Locked&quot;"' in drawn
    assert "aria-hidden" not in drawn


@pytest.mark.parametrize(
    "tag",
    [
        '{% icon "no-such-icon" %}',
        '{% icon "house" size="huge" %}',
        '{% icon "house" colour="red" %}',
        '{% icon_href "no-such-icon" %}',
        '{% status "pink" %}Late{% endstatus %}',
        '{% status "ok" %} {% endstatus %}',
        '{% card tone="loud" %}x{% endcard %}',
        "{% card level=1 %}x{% endcard %}",
        "{% card shade=1 %}x{% endcard %}",
        '{% empty icon="inbox" %}x{% endempty %}',
        '{% bar 1 2 tone="pink" %}',
        '{% avatar "Nova" "robot" %}',
        '{% avatar "Nova" "nova" size="xl" %}',
        "{% field nothing %}",
    ],
)
def test_a_tag_refuses_what_it_does_not_know(tag: str) -> None:
    with pytest.raises(TemplateSyntaxError):
        draw(tag)


def test_every_icon_named_in_a_template_is_in_the_sprite() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "templates").rglob("*.html")]
    named = {
        name for source in sources for name in re.findall(r'{% (?:icon|icon_href|empty icon=)\s*"([^"]+)"', source)
    }
    assert named - ui.icon_names() == set()
    assert len(named) > 20


def test_every_template_compiles() -> None:
    names = [str(path.relative_to(ROOT / "templates")) for path in (ROOT / "templates").rglob("*.html")]
    compiled = [get_template(name).template.name for name in names]
    assert sorted(compiled) == sorted(names)


def test_no_template_writes_a_style_a_handler_or_an_inline_script() -> None:
    forbidden = re.compile(
        r"\sstyle=|\son[a-z]+=|<style|<script(?![^>]*\ssrc=)|https?://(?!www\.w3\.org)|hx-on|javascript:"
    )
    offenders = [
        path.name for path in (ROOT / "templates").rglob("*.html") if forbidden.search(path.read_text(encoding="utf-8"))
    ]
    assert offenders == []


# --- Forms ------------------------------------------------------------------------------------------
def test_a_field_ties_its_label_help_and_counter_to_the_control() -> None:
    drawn = draw("{% field form.text %}", form=Letter())
    assert '<label for="id_text">Text <span class="muted">' in drawn
    assert 'class="input"' in drawn
    assert 'aria-describedby="id_text_helptext id_text_counter"' in drawn
    assert '<div class="help" id="id_text_helptext">One line.</div>' in drawn
    assert 'data-counter-for="id_text"' in drawn
    assert "aria-invalid" not in drawn


def test_a_field_in_error_says_so_in_words_and_to_assistive_technology() -> None:
    drawn = draw('{% field form.to autocomplete="username" %}', form=Letter({"to": "<nobody>"}))
    assert 'aria-invalid="true"' in drawn
    assert 'aria-describedby="id_to_error"' in drawn
    assert '<div id="id_to_error"><p class="error">' in drawn
    assert 'autocomplete="username"' in drawn
    assert "&lt;nobody&gt;" in drawn
    assert "<nobody>" not in drawn


def test_an_address_field_has_no_placeholder_since_the_label_is_visible() -> None:
    assert "placeholder" not in draw("{% field form.to %}", form=Letter())


def test_the_label_and_the_help_of_a_field_can_be_replaced_and_a_link_put_beside() -> None:
    tag = '{% field form.text label="Body" help="" aside_url=url aside_label="Why?" %}'
    drawn = draw(tag, form=Letter(), url="/help/?a=1&b=2")
    assert '<label for="id_text">Body' in drawn
    assert "One line." not in drawn
    assert '<a class="small" href="/help/?a=1&amp;b=2">Why?</a>' in drawn


def test_choices_are_a_group_with_a_legend_and_escaped_labels() -> None:
    drawn = draw("{% field form.tone %}", form=Letter({}))
    assert drawn.startswith('<fieldset class="field" aria-describedby="id_tone_error">')
    assert "<legend>Tone</legend>" in drawn
    assert '<label class="check" for="id_tone_0">' in drawn
    assert "Warm &lt;3" in drawn


def test_a_check_box_stands_inside_its_label_and_is_never_marked_optional() -> None:
    drawn = draw("{% field form.read %}", form=Letter())
    assert '<label class="check" for="id_read"><input type="checkbox" name="read"' in drawn
    assert "muted" not in drawn


def test_a_hidden_field_is_only_its_control() -> None:
    drawn = draw("{% field form.trace %}", form=Letter())
    assert drawn.startswith('<input type="hidden" name="trace"')
    assert "label" not in drawn


def test_errors_of_the_whole_form_are_announced_and_absent_when_there_are_none() -> None:
    form = Letter({"to": "a@example.org", "tone": "dry", "read": "on"})
    assert draw("{% form_errors form %}", form=form) == ""
    form.add_error(None, "Not <now>")
    assert 'role="alert"' in draw("{% form_errors form %}", form=form)
    assert "<p>Not &lt;now&gt;</p>" in draw("{% form_errors form %}", form=form)


def test_guard_carries_the_csrf_token_and_the_epoch() -> None:
    drawn = draw("{% guard %}", csrf_token="token-1", shell={"epoch": 'e"7'})
    assert '<input type="hidden" name="csrfmiddlewaretoken" value="token-1">' in drawn
    assert '<input type="hidden" name="epoch" value="e&quot;7">' in drawn


@pytest.mark.parametrize("shell", [{}, {"shell": {"epoch": ""}}, {"shell": None}])
def test_guard_leaves_the_epoch_out_when_there_is_none(shell: dict[str, object]) -> None:
    assert "epoch" not in draw("{% guard %}", csrf_token="token-1", **shell)


# --- Surfaces and marks -----------------------------------------------------------------------------
def test_a_card_escapes_its_title_and_keeps_its_content() -> None:
    drawn = draw('{% card title=title tone="await" notch=True level=3 %}<p>In</p>{% endcard %}', title="A & B")
    assert '<section class="card card--await card--notch">' in drawn
    assert "<h3>A &amp; B</h3>" in drawn
    assert "<p>In</p>" in drawn


def test_a_card_escapes_variables_of_its_content() -> None:
    assert "&lt;b&gt;" in draw("{% card %}{{ text }}{% endcard %}", text="<b>")


def test_an_empty_state_says_its_sentence_then_what_to_do() -> None:
    drawn = draw('{% empty icon="inbox" title="Nothing waits." %}<a href="/">Go</a>{% endempty %}')
    assert drawn.index("Nothing waits.") < drawn.index('<a href="/">Go</a>')


def test_a_status_is_a_shape_and_words() -> None:
    expected = '<span class="status" data-tone="wait">Waits for you</span>'
    assert draw('{% status "wait" %}Waits for you{% endstatus %}') == expected


def test_a_bar_with_a_label_is_an_image_drawn_with_attributes() -> None:
    drawn = draw('{% bar 262 1000 hold=120 label="26 %" tone="warn" large=True %}')
    assert 'class="bar bar--warn bar--lg"' in drawn
    assert 'role="img" aria-label="26 %"' in drawn
    assert '<rect class="bar__fill" width="26.2" height="4"/>' in drawn
    assert '<rect class="bar__hold" x="26.2" width="12.0" height="4"/>' in drawn


@pytest.mark.parametrize(
    ("value", "whole", "width"), [(0, 10, "0.0"), (30, 10, "100.0"), (5, 0, "0.0"), (1, 3, "33.3")]
)
def test_a_bar_stays_inside_its_track_in_every_language(value: int, whole: int, width: str) -> None:
    with translation.override("fr"):
        drawn = draw("{% bar value whole %}", value=value, whole=whole)
    assert f'<rect class="bar__fill" width="{width}" height="4"/>' in drawn
    assert 'aria-hidden="true"' in drawn


def test_a_reserve_beyond_the_cap_is_cut_at_the_end_of_the_bar() -> None:
    assert 'x="90.0" width="10.0"' in draw("{% bar 90 100 hold=50 %}")


def test_a_bar_refuses_floats_and_negative_numbers() -> None:
    with pytest.raises(TypeError):
        draw("{% bar value 100 %}", value=1.5)
    with pytest.raises(ValueError):
        draw("{% bar value 100 %}", value=-1)


@pytest.mark.parametrize(
    ("kind", "classes"),
    [
        ("person", "avatar"),
        ("org", "avatar avatar--org"),
        ("agent", "avatar avatar--agent"),
        ("nova", "avatar avatar--agent avatar--nova"),
    ],
)
def test_the_shape_of_an_avatar_tells_who(kind: str, classes: str) -> None:
    assert f'<span class="{classes}" aria-hidden="true">' in draw('{% avatar "Camille Roy" kind %}', kind=kind)


def test_an_avatar_with_a_label_speaks_for_itself() -> None:
    drawn = draw('{% avatar "Camille Roy" label=label %}', label="Camille <Roy>")
    assert 'role="img" aria-label="Camille &lt;Roy&gt;"' in drawn
    assert ">CR</span>" in drawn


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Camille Roy", "CR"),
        ("Jean de la Tour", "JT"),
        ("éloïse", "É"),
        ("Anne-Marie", "AM"),
        ("« » !", "?"),
        ("", "?"),
    ],
)
def test_initials_are_the_ends_of_a_name(name: str, letters: str) -> None:
    assert ui.initials_of(name) == letters


# --- Numbers ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("pico", "french", "english"),
    [
        (0, "0,00 $ US", "US$0.00"),
        (21 * PICO // 1000, "0,021 $ US", "US$0.021"),
        (PICO * 1284 + PICO * 3 // 10, "1 284,30 $ US", "US$1,284.30"),
        (999_499_999_999, "0,999 $ US", "US$0.999"),
        (999_500_000_000, "1,00 $ US", "US$1.00"),
        (1_005_000_000_000, "1,01 $ US", "US$1.01"),
        (1_004_999_999_999, "1,00 $ US", "US$1.00"),
        (999_999_999, "0,001000 $ US", "US$0.001000"),
        (45_000_000, "0,000045 $ US", "US$0.000045"),
        (500_000, "0,000001 $ US", "US$0.000001"),
        (499_999, "< 0,000001 $ US", "< US$0.000001"),
        (-21 * PICO // 1000, "−0,021 $ US", "−US$0.021"),
        (9_007_199_254_740_993 * PICO, "9 007 199 254 740 993,00 $ US", "US$9,007,199,254,740,993.00"),
    ],
)
def test_pico_dollars_are_exact_in_both_languages(pico: int, french: str, english: str) -> None:
    with translation.override("fr"):
        assert ui.pico_usd(pico) == french.replace(" ", "\u00a0")
    with translation.override("en"):
        assert ui.pico_usd(pico) == english.replace("< ", "<\u00a0")


def test_the_number_of_decimals_can_be_fixed() -> None:
    with translation.override("en"):
        assert draw("{{ pico|pico_usd:12 }}", pico=1) == "US$0.000000000001"
        assert draw("{{ pico|pico_usd:0 }}", pico=PICO // 2) == "US$1"
        assert draw("{{ pico|pico_usd:2 }}", pico=-1) == "US$0.00"
    with pytest.raises(ValueError, match="between 0 and 12"):
        ui.pico_usd(1, 13)


@pytest.mark.parametrize(
    ("pico", "french", "english"),
    [
        (0, "0,00 $ US", "US$0.00"),
        (1, "0,000000000001 $ US", "US$0.000000000001"),
        (18_400_000_000, "0,0184 $ US", "US$0.0184"),
        (PICO * 1284 + PICO // 2, "1 284,50 $ US", "US$1,284.50"),
        (-PICO - 1, "−1,000000000001 $ US", "−US$1.000000000001"),
    ],
)
def test_an_exact_sum_has_every_digit_and_no_zeros_behind_them(pico: int, french: str, english: str) -> None:
    with translation.override("fr"):
        assert ui.pico_usd(pico, "exact") == french.replace(" ", "\u00a0")
    with translation.override("en"):
        assert draw('{{ pico|pico_usd:"exact" }}', pico=pico) == english
    with pytest.raises(TypeError):
        ui.pico_usd(pico, "all")


@pytest.mark.parametrize("wrong", [1.5, "12", None, True])
def test_money_and_tokens_take_integers_only(wrong: object) -> None:
    with pytest.raises(TypeError):
        ui.pico_usd(wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        ui.tokens(wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("count", "shown"), [(7, "7"), (61_240, "61 240"), (-1_800, "−1 800"), (10**9, "1 000 000 000")]
)
def test_tokens_are_grouped_with_no_break_spaces(count: int, shown: str) -> None:
    assert ui.tokens(count) == shown.replace(" ", "\u00a0")


# --- Times ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("clock", "french", "english"),
    [
        (time(9, 30), "9 h 30", "9:30 a.m."),
        (time(14, 0), "14 h", "2:00 p.m."),
        (time(0, 5), "0 h 05", "12:05 a.m."),
        (time(12, 0), "12 h", "12:00 p.m."),
    ],
)
def test_hours_are_written_as_people_write_them(clock: time, french: str, english: str) -> None:
    with translation.override("fr"):
        assert ui.short_time(clock) == french.replace(" ", "\u00a0")
    with translation.override("en"):
        assert ui.short_time(clock) == english.replace(" ", "\u00a0")


def test_an_hour_is_shown_in_the_readers_zone() -> None:
    moment = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
    with timezone.override("America/Toronto"), translation.override("fr"):
        assert ui.short_time(moment) == "9\u00a0h\u00a030"


@pytest.mark.parametrize(
    ("distance", "french", "english"),
    [
        (timedelta(minutes=-3), "il y a 3 min", "3 mins ago"),
        (timedelta(minutes=52), "dans 52 min", "in 52 mins"),
        (timedelta(hours=-5), "il y a 5 h", "5 hrs ago"),
        (timedelta(days=-7), "il y a 1 sem.", "1 wk ago"),
    ],
)
def test_a_near_moment_is_told_as_a_distance(distance: timedelta, french: str, english: str) -> None:
    now = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
    with translation.override("fr"):
        assert re.sub(r"\s", " ", ui.ago(now + distance, now)) == french
    with translation.override("en"):
        assert re.sub(r"\s", " ", ui.ago(now + distance, now)).replace(".", "") == english


def test_the_number_and_its_unit_do_not_part() -> None:
    now = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
    with translation.override("en"):
        assert "3\u00a0min" in ui.ago(now - timedelta(minutes=3), now)


def test_beyond_a_week_a_moment_is_a_date_of_the_readers_zone() -> None:
    now = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
    moment = datetime(2026, 11, 3, 2, 0, tzinfo=UTC)
    with timezone.override("America/Toronto"), translation.override("fr"):
        assert ui.ago(moment, now) == "2 nov. 2026"


def test_this_very_moment_has_words_of_its_own() -> None:
    now = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
    with translation.override("en"):
        assert ui.ago(now - timedelta(seconds=59), now) == "just now"
        assert ui.ago(now + timedelta(seconds=59), now) == "in a moment"


@pytest.mark.parametrize("wrong", [datetime(2026, 11, 20), "yesterday", None])
def test_a_time_without_a_zone_is_refused(wrong: object) -> None:
    with pytest.raises(TypeError):
        ui.ago(wrong)  # type: ignore[arg-type]
