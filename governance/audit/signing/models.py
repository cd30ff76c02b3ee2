"""What was signed: the tree over all chains (the system's own), and each chain's place in it (each identity's own)."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from governance.isolation.models import Scoped


class Stands(Scoped):
    """A row that outlives its identity, as the log does."""

    append_only = True

    identity = models.ForeignKey(
        "governance.Identity", models.PROTECT, related_name="+", editable=False, db_constraint=False, db_index=False
    )

    class Meta(Scoped.Meta):
        abstract = True


class TreeHead(Stands):
    """A line of the outside record, in the system's chain: `text` are its exact bytes."""

    number = models.BigIntegerField()
    kind = models.CharField(max_length=4)
    text = models.BinaryField()

    class Meta(Stands.Meta):
        constraints = [models.UniqueConstraint(fields=["identity", "number"], name="tree_head_once")]


class SignedHead(Stands):
    """A chain's head as it was signed: entry `seq` had `hash`, and it was leaf `index` of the tree of line `number`."""

    number = models.BigIntegerField()
    at = models.DateTimeField()
    seq = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)
    index = models.IntegerField()
    path = ArrayField(models.BinaryField(max_length=32))
    text = models.BinaryField()

    class Meta(Stands.Meta):
        constraints = [models.UniqueConstraint(fields=["identity", "number"], name="signed_head_once")]
