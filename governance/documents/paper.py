"""Documents for people to keep and print: PDF with our own fonts, in the reader's language.

What Inter lacks is drawn in DejaVu Sans, so that a name in any alphabet of Europe is still a name.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.translation import get_language, gettext
from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.enums import MethodReturnValue, TableBordersLayout, XPos, YPos
from fpdf.fonts import FontFace

FONTS = Path(__file__).parent / "fonts"
REGULAR, STRONG, WIDE = "Inter-Regular.ttf", "Inter-SemiBold.ttf", "DejaVuSans.ttf"
INK, QUIET, LINE, GROUND = (28, 27, 24), (92, 86, 74), (196, 186, 166), (245, 241, 232)
MARGIN = 20
FORMATS = {"CA-QC": "letter"}  # by region; everybody else has A4


class Paper(FPDF):
    """One document. `title` is what readers announce; pages are numbered at their foot."""

    def __init__(self, title: str, *, owner: str, region: str, made: datetime) -> None:
        super().__init__(unit="mm", format=FORMATS.get(region, "a4"))
        self.owner, self.made = owner, made
        self.set_margins(MARGIN, MARGIN, MARGIN)
        self.set_auto_page_break(True, margin=MARGIN + 5)
        self.add_font("Inter", "", FONTS / REGULAR)
        self.add_font("Inter", "B", FONTS / STRONG)
        self._wide = False
        self.set_lang("fr-CA" if (get_language() or "fr").startswith("fr") else "en-CA")
        self.set_title(title)
        self.set_author(owner)
        self.set_creator("CHE·NU")
        self.set_creation_date(made)
        self.set_display_mode("fullwidth")
        self.viewer_preferences = _announce_title()
        self.add_page()

    def footer(self) -> None:
        self.set_y(-MARGIN + 4)
        self._pen(8, QUIET)
        of = gettext("Page %(page)s of %(pages)s") % {"page": self.page_no(), "pages": "{nb}"}
        self.cell(self.epw / 3, 5, of)
        self.cell(self.epw * 2 / 3, 5, self.fit(self.owner, self.epw * 2 / 3), align="R")

    def heading(self, text: str, above: str = "") -> None:
        """What the page is about, and a quiet line above it; also a bookmark."""
        if above:
            self._pen(9, QUIET)
            self._line(above, 5)
        self.start_section(self.known(text))
        self._pen(20, INK, "B")
        self._line(text, 10)
        self.set_draw_color(*LINE)
        self.line(self.l_margin, self.y + 1, self.l_margin + self.epw, self.y + 1)
        self.ln(6)

    def section(self, text: str) -> None:
        """A title within the page, never alone at its foot."""
        if self.will_page_break(24):
            self.add_page()
        self.ln(4)
        self.start_section(self.known(text), level=1)
        self._pen(12, INK, "B")
        self._line(text, 7)
        self.ln(1)

    def paragraph(self, text: str, *, quiet: bool = False) -> None:
        self._pen(9 if quiet else 10, QUIET if quiet else INK)
        self._line(text, 5)
        self.ln(2)

    def figure(self, text: str) -> None:
        """The one sum the page is about."""
        self._pen(24, INK, "B")
        self._line(text, 12)
        self.ln(3)

    def facts(self, rows: Iterable[tuple[str, str]]) -> None:
        """Names and what they stand for; empty ones are left out."""
        told = [(name, value) for name, value in rows if value]
        self.grid([], told, widths=(1, 2), lines=TableBordersLayout.HORIZONTAL_LINES)

    def grid(
        self,
        head: Sequence[str],
        rows: Iterable[Sequence[str]],
        *,
        widths: Sequence[int],
        align: Sequence[str] | str = "L",
        lines: TableBordersLayout = TableBordersLayout.HORIZONTAL_LINES,
    ) -> None:
        """A table; its head stands on every page it reaches."""
        self._pen(9, INK)
        self.set_draw_color(*LINE)
        bold = FontFace(emphasis="BOLD", color=INK, fill_color=GROUND)
        with self.table(
            col_widths=tuple(widths),
            text_align=tuple(align) if not isinstance(align, str) else align,
            borders_layout=lines,
            first_row_as_headings=bool(head),
            headings_style=bold,
            line_height=5.5,
            padding=1,
        ) as table:
            for row in [head, *rows] if head else rows:
                table.row([self.known(cell) for cell in row])

    def known(self, text: str) -> str:
        """The text, with the wider font ready where ours does not have all its letters."""
        if not self._wide and any(ord(sign) not in covered() for sign in text if not sign.isspace()):
            self.add_font("DejaVu", "", FONTS / WIDE)
            self.add_font("DejaVu", "B", FONTS / WIDE)
            self.set_fallback_fonts(["DejaVu"], exact_match=False)
            self._wide = True
        return text

    def fit(self, text: str, width: float) -> str:
        """As much of it as there is room for, on one line."""
        text = self.known(text)
        if self.get_string_width(text) <= width:
            return text
        while text and self.get_string_width(text + "…") > width:
            text = text[:-1]
        return text + "…"

    def written(self) -> bytes:
        return bytes(self.output())

    def _pen(self, size: int, colour: tuple[int, int, int], style: Any = "") -> None:
        self.set_font("Inter", style, size)
        self.set_text_color(*colour)

    def _line(self, text: str, height: float) -> None:
        self.multi_cell(
            0, height, self.known(text), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT, output=MethodReturnValue.HEIGHT
        )


def _announce_title() -> Any:
    """Readers show the document's title instead of the file's name."""
    from fpdf.prefs import ViewerPreferences

    return ViewerPreferences(display_doc_title=True)


@cache
def covered() -> frozenset[int]:
    """The characters of our own font."""
    with TTFont(FONTS / REGULAR) as font:
        return frozenset(font.getBestCmap())
