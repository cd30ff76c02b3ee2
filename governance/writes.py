"""Rows that a unit of work writes together with its log: collected while it works, sent in one message at its end.

Each statement costs a round trip, and more still to compile; what nobody reads before the end can wait for it.
Conditional updates, locks and whatever must be refused at once stay ordinary statements.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from typing import Any

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections, models
from django.db.backends.utils import CursorWrapper
from django.db.models.expressions import DatabaseDefault
from psycopg.adapt import Transformer

from governance.isolation.models import Scoped


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with its values in it, and the number of rows that it must touch (None: any).

    `heard` is given the rows that it returns.
    """

    sql: bytes
    rows: int | None
    heard: Callable[[list[tuple[Any, ...]]], None] | None = None


@dataclass(slots=True)
class Writes:
    """What waits to be written: new rows in their order, the changed columns of rows that exist, further statements."""

    new: dict[type[models.Model], list[models.Model]] = field(default_factory=lambda: defaultdict(list))
    changed: dict[models.Model, tuple[models.Model, set[str]]] = field(default_factory=dict)
    further: list[Statement] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.further)

    def add(self, *rows: models.Model) -> None:
        """`rows` are inserted at the end, as they are then."""
        for row in rows:
            _own(row)
            self.new[type(row)].append(row)

    def change(self, row: models.Model, *columns: str) -> None:
        """The named columns of `row` are updated at the end, as they are then; the caller has locked the row.

        Of a row that is itself to be added, nothing more is needed.
        """
        if not any(row is waiting for waiting in self.new.get(type(row), ())):
            _own(row)
            kept, names = self.changed.setdefault(row, (row, set()))
            if kept is not row:
                raise ValueError(f"two copies of one row are changed: {row!r}")
            names.update(columns)

    def take(self) -> list[Statement]:
        """The statements; afterwards nothing waits any more."""
        found = [_insert(rows) for rows in self.new.values()]
        found += [_update(row, columns) for row, columns in self.changed.values()]
        found += self.further
        self.new.clear()
        self.changed.clear()
        self.further.clear()
        return found


def statement(
    sql: str,
    params: Sequence[Any],
    rows: int | None = 1,
    heard: Callable[[list[tuple[Any, ...]]], None] | None = None,
) -> Statement:
    """`sql` with `params` in place of each `%s`."""
    pieces = sql.encode().split(b"%s")
    values = literals(params)
    return Statement(b"".join(chain.from_iterable(zip(pieces, [*values, b""], strict=True))), rows, heard)


def literals(values: Iterable[Any]) -> list[bytes]:
    """The values as the driver writes them into SQL."""
    connection.ensure_connection()
    write = Transformer.from_context(connection.connection).as_literal
    return [write(value) for value in values]


def send(cursor: CursorWrapper, statements: list[Statement]) -> None:
    """Sends all in one message, which stops at the first fault; leaves the cursor at the last one's result.

    Raises DatabaseError when one of them did not touch the rows it was made for.
    """
    # Without parameters: to look for them in the whole message would cost more than to send it.
    cursor.execute(b";\n".join(each.sql for each in statements).decode())
    for number, each in enumerate(statements):
        if number:
            cursor.nextset()
        if each.heard is not None:
            each.heard(cursor.fetchall())
        if each.rows is not None and cursor.rowcount != each.rows:
            raise DatabaseError(f"{cursor.rowcount} rows instead of {each.rows}: {each.sql[:60].decode()}")


def _own(row: models.Model) -> None:
    if isinstance(row, Scoped):
        row.take_identity()


def _insert(rows: list[models.Model]) -> Statement:
    """One multi-row INSERT."""
    head, fields = _insert_head(type(rows[0]))
    lines = [b", ".join(_written(row, fields, new=True)) for row in rows]
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias
    return Statement(head + b" (" + b"), (".join(lines) + b")", len(rows))


def _written(row: models.Model, fields: Iterable[Any], *, new: bool) -> list[bytes]:
    """The columns of a row as they stand in SQL; DEFAULT where the database chooses."""
    database = connections[DEFAULT_DB_ALIAS]  # itself: its proxy would look it up for each value
    values = [each.get_db_prep_save(each.pre_save(row, new), database) for each in fields]
    chosen = [place for place, value in enumerate(values) if isinstance(value, DatabaseDefault)]
    written = literals(None if isinstance(value, DatabaseDefault) else value for value in values)
    for place in chosen:
        written[place] = b"DEFAULT"
    return written


@cache
def _insert_head(model: type[models.Model]) -> tuple[bytes, tuple[Any, ...]]:
    fields = tuple(each for each in model._meta.local_concrete_fields if not each.generated)
    names = ", ".join(f'"{each.column}"' for each in fields)
    return f'INSERT INTO "{model._meta.db_table}" ({names}) VALUES'.encode(), fields


def _update(row: models.Model, columns: set[str]) -> Statement:
    """One UPDATE of one row; a scoped one is named by its owner, too."""
    table = row._meta.db_table.encode()
    fields = [each for each in row._meta.local_concrete_fields if each.attname in columns]
    if len(fields) != len(columns):
        raise ValueError(f"{row._meta.label} has not all of the columns {sorted(columns)}")
    set_to = _pairs(row, fields)
    where = _pairs(row, list(_key(row)))
    return Statement(b'UPDATE "%b" SET %b WHERE %b' % (table, b", ".join(set_to), b" AND ".join(where)), 1)


def _pairs(row: models.Model, fields: list[Any]) -> list[bytes]:
    values = _written(row, fields, new=False)
    return [b'"%b" = %b' % (each.column.encode(), value) for each, value in zip(fields, values, strict=True)]


def _key(row: models.Model) -> Iterator[Any]:
    if isinstance(row, Scoped):
        yield row._meta.get_field("identity")
    yield row._meta.pk
