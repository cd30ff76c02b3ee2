"""The frozen facts of the nine spheres and the six sections (design 1.3): constants, never settings."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _


class SphereSlug(models.TextChoices):
    """The nine parts of a life. Every item belongs to exactly one."""

    PERSONAL = "personal", pgettext_lazy("sphere", "Personal")
    BUSINESS = "business", pgettext_lazy("sphere", "Business")
    GOVERNMENT = "government", pgettext_lazy("sphere", "Government & Institutions")
    CREATIVE = "creative", pgettext_lazy("sphere", "Creative Studio")
    COMMUNITY = "community", pgettext_lazy("sphere", "Community")
    SOCIAL = "social", pgettext_lazy("sphere", "Social & Media")
    ENTERTAINMENT = "entertainment", pgettext_lazy("sphere", "Entertainment")
    TEAM = "team", pgettext_lazy("sphere", "My Team")
    SCHOLAR = "scholar", pgettext_lazy("sphere", "Scholar")


class SectionKey(models.TextChoices):
    """The six sections that every sphere has, always all six."""

    CAPTURE = "quick_capture", _("Quick capture")
    RESUME = "resume_workspace", _("Resume")
    THREADS = "threads", _("Threads")
    DATA = "data_files", _("Data & files")
    AGENTS = "active_agents", _("Active agents")
    MEETINGS = "meetings", _("Meetings")


@dataclass(frozen=True, slots=True)
class Section:
    """One of the six: `key` in data and API, `slug` in addresses."""

    key: SectionKey
    slug: str
    icon: str

    @property
    def name(self) -> str:
        return str(self.key.label)


@dataclass(frozen=True, slots=True)
class Sphere:
    """One of the nine, with its sections in their order of prominence."""

    slug: SphereSlug
    order: int
    name_fr: str
    name_en: str
    icon: str
    sections: tuple[Section, ...]

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return self.name_en if (get_language() or "fr").startswith("en") else self.name_fr


SECTIONS = tuple(
    Section(*fact)
    for fact in (
        (SectionKey.CAPTURE, "capture", "zap"),
        (SectionKey.RESUME, "resume", "circle-play"),
        (SectionKey.THREADS, "threads", "messages-square"),
        (SectionKey.DATA, "data", "folder-open"),
        (SectionKey.AGENTS, "agents", "bot"),
        (SectionKey.MEETINGS, "meetings", "calendar-clock"),
    )
)
SECTION_BY_SLUG = {section.slug: section for section in SECTIONS}
SECTION_BY_KEY = {section.key.value: section for section in SECTIONS}


def _sections(order: str) -> tuple[Section, ...]:
    return tuple(SECTION_BY_SLUG[slug] for slug in order.split())


_FACTS = (
    ("Personnel", "house", "capture threads data resume agents meetings"),
    ("Entreprises", "briefcase", "resume meetings data capture threads agents"),
    ("Gouvernement & institutions", "landmark", "data threads meetings capture resume agents"),
    ("Studio de création", "palette", "capture threads resume data agents meetings"),
    ("Communauté", "users", "threads meetings capture resume data agents"),
    ("Social & médias", "share-2", "capture threads data resume agents meetings"),
    ("Divertissement", "clapperboard", "capture data threads resume agents meetings"),
    ("Mon équipe", "users-round", "agents meetings resume capture threads data"),
    ("Érudition", "graduation-cap", "data threads capture resume agents meetings"),
)
_ENGLISH = (
    "Personal",
    "Business",
    "Government & Institutions",
    "Creative Studio",
    "Community",
    "Social & Media",
    "Entertainment",
    "My Team",
    "Scholar",
)
SPHERES = tuple(
    Sphere(slug, order, name_fr, name_en, icon, _sections(sections))
    for order, (slug, name_en, (name_fr, icon, sections)) in enumerate(
        zip(SphereSlug, _ENGLISH, _FACTS, strict=True), start=1
    )
)
SPHERE_BY_SLUG = {sphere.slug.value: sphere for sphere in SPHERES}
