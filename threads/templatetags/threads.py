"""Template tags of threads."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString

from threads.markdown import is_safe_link, render

register = template.Library()


@register.filter
def markdown(text: str) -> SafeString:
    """Markdown as safe HTML."""
    return render(text)


@register.filter
def safe_link(url: str) -> bool:
    """May this address be a link?"""
    return is_safe_link(url)


@register.filter
def day_if_past(moment: datetime) -> str:
    """The day in words, '' for today; with the year when it is another one."""
    day, today = timezone.localdate(moment), timezone.localdate()
    if day == today:
        return ""
    return date_format(day, "MONTH_DAY_FORMAT" if day.year == today.year else "DATE_FORMAT")
