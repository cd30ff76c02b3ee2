"""Domains group DataSpaces inside a sphere (design 7.1); Immobilier and Construction are domains, not spheres."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from spheres.facts import SECTION_BY_SLUG, SPHERE_BY_SLUG, Section, SphereSlug


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain of one sphere; its code is unique inside the sphere only."""

    sphere: SphereSlug
    code: str
    label: str | Promise


DOMAINS = tuple(
    Domain(sphere, code, label)
    for sphere, domains in {
        SphereSlug.PERSONAL: (
            ("home", pgettext_lazy("domain", "Home")),
            ("real_estate", _("Real estate")),
            ("health", _("Health")),
            ("finance", _("Finance")),
        ),
        SphereSlug.BUSINESS: (
            ("companies", _("Companies")),
            ("crm", _("Clients")),
            ("hr", _("Human resources")),
            ("accounting", _("Accounting")),
            ("finance", _("Finance")),
            ("legal", _("Legal")),
            ("immobilier", _("Rental property")),
            ("construction", _("Construction")),
            ("architecture", _("Architecture")),
        ),
        SphereSlug.GOVERNMENT: (
            ("administration", _("Administration")),
            ("compliance", _("Compliance")),
            ("official_documents", _("Official documents")),
        ),
        SphereSlug.CREATIVE: (
            ("design", _("Design")),
            ("media", _("Media")),
            ("audio", _("Audio")),
            ("video", _("Video")),
            ("3d", _("3D")),
        ),
        SphereSlug.COMMUNITY: (
            ("associations", _("Associations")),
            ("local", _("Local life")),
            ("volunteering", _("Volunteering")),
        ),
        SphereSlug.SOCIAL: (
            ("networks", _("Networks")),
            ("publishing", _("Publishing")),
            ("analytics", _("Analytics")),
        ),
        SphereSlug.ENTERTAINMENT: (
            ("streaming", _("Films & series")),
            ("games", _("Games")),
            ("outings", _("Outings")),
            ("travel", _("Travel")),
        ),
        SphereSlug.TEAM: (
            ("hr", _("Human resources")),
            ("agents", _("AI agents")),
            ("skills", _("Skills & Tools")),
            ("labs", _("IA Labs")),
        ),
        SphereSlug.SCHOLAR: (
            ("research", _("Research")),
            ("certifications", _("Certifications")),
            ("learning", _("Learning")),
        ),
    }.items()
    for code, label in domains
)

# Inside these domains the first two sections change (design 7.1).
FIRST_SECTIONS = {
    "construction": ("data", "meetings"),
    "immobilier": ("data", "threads"),
    "legal": ("data", "threads"),
    "finance": ("data", "resume"),
    "architecture": ("data", "agents"),
    "hr": ("threads", "meetings"),
}


def domains_of(sphere: str) -> list[Domain]:
    """The domains of one sphere, in their order."""
    return [domain for domain in DOMAINS if domain.sphere == sphere]


def is_domain(sphere: str, code: str) -> bool:
    return any(domain.code == code for domain in domains_of(sphere))


def section_order(sphere: str, domain: str = "") -> tuple[Section, ...]:
    """The six sections as a domain of the sphere orders them; without a domain, as the sphere does."""
    usual = SPHERE_BY_SLUG[sphere].sections
    first = tuple(SECTION_BY_SLUG[slug] for slug in FIRST_SECTIONS.get(domain, ()))
    return first + tuple(section for section in usual if section not in first)
