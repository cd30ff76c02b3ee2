"""Short ways to make things in the tests of spheres, for whoever is bound."""

from __future__ import annotations

from typing import Any

from governance.perform import perform


def capture(content: str = "Appeler la régie", **values: Any) -> Any:
    return perform("spheres.capture.create", {"content": content, "sphere": "business", **values})


def space(name: str = "4521, rue Fabre", **values: Any) -> Any:
    return perform("spheres.dataspace.create", {"name": name, "sphere": "business", **values})


def item(title: str = "Bail", **values: Any) -> Any:
    return perform("spheres.item.create", {"title": title, "sphere": "business", **values})


def task(title: str = "Envoyer l’avis", **values: Any) -> Any:
    return perform("spheres.task.create", {"title": title, "sphere": "business", **values})
