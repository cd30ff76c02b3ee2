"""The nine spheres and six sections are facts: in code, in the table, and nobody changes them."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, transaction
from django.utils import translation

from spheres.domains import DOMAINS, is_domain, section_order
from spheres.facts import SECTIONS, SPHERE_BY_SLUG, SPHERES
from spheres.models import Sphere

NINE = [
    ("personal", 1, "Personnel", "Personal"),
    ("business", 2, "Entreprises", "Business"),
    ("government", 3, "Gouvernement & institutions", "Government & Institutions"),
    ("creative", 4, "Studio de création", "Creative Studio"),
    ("community", 5, "Communauté", "Community"),
    ("social", 6, "Social & médias", "Social & Media"),
    ("entertainment", 7, "Divertissement", "Entertainment"),
    ("team", 8, "Mon équipe", "My Team"),
    ("scholar", 9, "Érudition", "Scholar"),
]
ORDERS = {
    "personal": "capture threads data resume agents meetings",
    "business": "resume meetings data capture threads agents",
    "government": "data threads meetings capture resume agents",
    "creative": "capture threads resume data agents meetings",
    "community": "threads meetings capture resume data agents",
    "social": "capture threads data resume agents meetings",
    "entertainment": "capture data threads resume agents meetings",
    "team": "agents meetings resume capture threads data",
    "scholar": "data threads capture resume agents meetings",
}


def test_there_are_exactly_these_nine_in_this_order():
    assert [(s.slug.value, s.order, s.name_fr, s.name_en) for s in SPHERES] == NINE


def test_the_table_holds_what_the_code_says(db):
    assert list(Sphere.objects.values_list("slug", "order", "name_fr", "name_en")) == NINE


def test_every_sphere_has_the_six_sections_in_its_own_order():
    assert {slug: " ".join(s.slug for s in sphere.sections) for slug, sphere in SPHERE_BY_SLUG.items()} == ORDERS


def test_the_section_keys_and_slugs_are_pinned():
    assert [(section.key.value, section.slug) for section in SECTIONS] == [
        ("quick_capture", "capture"),
        ("resume_workspace", "resume"),
        ("threads", "threads"),
        ("data_files", "data"),
        ("active_agents", "agents"),
        ("meetings", "meetings"),
    ]


def test_a_sphere_is_named_in_the_reader_s_language():
    with translation.override("fr"):
        assert SPHERE_BY_SLUG["team"].name == "Mon équipe"
    with translation.override("en"):
        assert SPHERE_BY_SLUG["team"].name == "My Team"


@pytest.mark.parametrize(
    "change",
    [
        lambda: Sphere.objects.create(slug="xr", order=10, name_fr="XR", name_en="XR"),
        lambda: Sphere.objects.filter(slug="team").delete(),
        lambda: Sphere.objects.filter(slug="team").update(name_fr="Équipe"),
        lambda: Sphere.objects.filter(slug="team").update(slug="crew"),
        lambda: Sphere.objects.filter(slug="team").update(order=12),
    ],
    ids=["a tenth", "a deletion", "a rename", "another slug", "another order"],
)
def test_the_database_refuses_any_change_of_the_nine(db, change):
    with pytest.raises(DatabaseError, match="the nine spheres are frozen"), transaction.atomic():
        change()
    assert Sphere.objects.count() == 9


def test_rental_property_and_construction_are_domains_of_business_not_spheres():
    assert is_domain("business", "immobilier")
    assert is_domain("business", "construction")
    assert not is_domain("personal", "construction")
    assert not {"immobilier", "construction"} & set(SPHERE_BY_SLUG)


def test_a_domain_code_is_unique_in_its_sphere():
    pairs = [(domain.sphere, domain.code) for domain in DOMAINS]
    assert len(pairs) == len(set(pairs))


def test_a_domain_puts_its_two_sections_first_and_keeps_all_six():
    order = [section.slug for section in section_order("business", "construction")]
    assert order == ["data", "meetings", "resume", "capture", "threads", "agents"]
    assert [section.slug for section in section_order("business")] == ORDERS["business"].split()
