"""Full text of one table: a folded, generated `search` column, and how to ask it (design 7.4).

French and English at once: texts lose their accents and ligatures in `chenu_text.fold` (immutable, ours, no
extension of PostgreSQL), then both stemmers index them. Other apps call `search_column` in a migration
and `matching` in their search source.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from django.db import models
from django.db.models.expressions import RawSQL

ACCENTED = "àáâãäåçèéêëìíîïñòóôõöøùúûüýÿ"
PLAIN = "aaaaaaceeeeiiiinoooooouuuuyy"
EXCERPT_BEFORE, EXCERPT_LENGTH = 40, 160
RANK_SCALE = 1_000_000

FOLD_FUNCTION = f"""
CREATE SCHEMA IF NOT EXISTS chenu_text;
GRANT USAGE ON SCHEMA chenu_text TO PUBLIC;
CREATE OR REPLACE FUNCTION chenu_text.fold(given text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN translate(
    replace(replace(replace(lower(given), 'œ', 'oe'), 'æ', 'ae'), '’', ''''),
    '{ACCENTED}', '{PLAIN}');
CREATE OR REPLACE FUNCTION chenu_text.document(title text, body text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
    setweight(to_tsvector('pg_catalog.french', chenu_text.fold(title)), 'A')
    || setweight(to_tsvector('pg_catalog.english', chenu_text.fold(title)), 'A')
    || setweight(to_tsvector('pg_catalog.french', chenu_text.fold(body)), 'B')
    || setweight(to_tsvector('pg_catalog.english', chenu_text.fold(body)), 'B');
CREATE OR REPLACE FUNCTION chenu_text.asked(words text) RETURNS tsquery
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
    websearch_to_tsquery('pg_catalog.french', chenu_text.fold(words))
    || websearch_to_tsquery('pg_catalog.english', chenu_text.fold(words));
"""
DROP_FUNCTIONS = "DROP SCHEMA chenu_text CASCADE;"


def search_column(table: str, title: str, body: str = "") -> tuple[str, str]:
    """SQL of the generated column, its index and its function `chenu_text.<table>_hits`; and the SQL that undoes it.

    `title` and `body` are columns of `table` (`body` may be ''); the first weighs more. Row-level security
    keeps PostgreSQL from using a text index (the match is not leakproof), so the index is asked by a function
    of the owner that names the bound identity itself; the rows are still read through all three walls.
    """
    document = f"chenu_text.document({title}, coalesce({body}, ''))" if body else f"chenu_text.document({title}, '')"
    hits = f"chenu_text.{table}_hits"
    forward = f"""
ALTER TABLE {table} ADD COLUMN search tsvector GENERATED ALWAYS AS ({document}) STORED;
CREATE INDEX {table}_search ON {table} USING gin (search);
CREATE FUNCTION {hits}(asked tsquery) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE mine uuid := chenu.current_identity();
BEGIN
    RETURN QUERY SELECT id FROM public.{table} WHERE search @@ asked AND identity_id = mine;
END $$;
REVOKE ALL ON FUNCTION {hits} FROM PUBLIC;
GRANT EXECUTE ON FUNCTION {hits} TO chenu_app, chenu_system;
"""
    return forward, f"DROP FUNCTION {hits}; ALTER TABLE {table} DROP COLUMN search;"


def matching(rows: Any, words: str) -> Any:
    """The rows whose text answers `words`, each with an integer `rank`; the best first, then the newest.

    `words` as people write them: "an exact phrase", -without, this or that.
    """
    table = rows.model._meta.db_table
    # An array, so that the function is asked once and its ids drive the primary key.
    is_hit = f"{table}.id = ANY (ARRAY(SELECT chenu_text.{table}_hits(chenu_text.asked(%s))))"
    rank = f"(ts_rank({table}.search, chenu_text.asked(%s)) * {RANK_SCALE})::int"
    return (
        rows.filter(RawSQL(is_hit, [words], output_field=models.BooleanField()))
        .annotate(rank=RawSQL(rank, [words], output_field=models.IntegerField()))
        .order_by("-rank", "-id")
    )


def fold(text: str) -> str:
    """The same folding in Python, for excerpts: one character stays one character, so places agree."""
    return "".join(unicodedata.normalize("NFD", character)[:1] or character for character in text.lower())


def excerpt(text: str, words: str) -> str:
    """About 160 characters of `text` around the first of `words` found, cut at spaces."""
    flat = " ".join(text.split())
    if len(flat) <= EXCERPT_LENGTH:
        return flat
    folded = fold(flat)
    stems = [re.escape(word[:-1] if len(word) > 4 else word) for word in re.findall(r"\w+", fold(words))]
    found = re.search("|".join(stems), folded) if stems else None
    start = max(0, (found.start() if found else 0) - EXCERPT_BEFORE)
    start = flat.find(" ", start) + 1 if start else 0
    end = start + EXCERPT_LENGTH
    if end >= len(flat):
        return f"… {flat[start:]}" if start else flat
    cut = flat.rfind(" ", start, end)
    return ("… " if start else "") + flat[start : cut if cut > start else end] + "…"
