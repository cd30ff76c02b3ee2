"""`<sphere:sphere>` in an address is one of the nine; anything else is no page at all."""

from __future__ import annotations

from django.urls import register_converter

from spheres.facts import SECTION_BY_KEY, SECTION_BY_SLUG, SPHERE_BY_SLUG, Section, Sphere


class SphereConverter:
    regex = "|".join(SPHERE_BY_SLUG)

    def to_python(self, value: str) -> Sphere:
        return SPHERE_BY_SLUG[value]

    def to_url(self, value: Sphere | str) -> str:
        return value.slug.value if isinstance(value, Sphere) else str(value)


class SectionConverter:
    """A section by its key or by its slug."""

    regex = "|".join([*SECTION_BY_KEY, *SECTION_BY_SLUG])

    def to_python(self, value: str) -> Section:
        return SECTION_BY_KEY.get(value) or SECTION_BY_SLUG[value]

    def to_url(self, value: Section | str) -> str:
        return value.key.value if isinstance(value, Section) else str(value)


register_converter(SphereConverter, "sphere")
register_converter(SectionConverter, "section")
