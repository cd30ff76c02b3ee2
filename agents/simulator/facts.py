"""Facts read from a request: addresses, dates, amounts, a subject, a letter. Nothing is guessed."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from functools import cached_property

from agents.simulator.context import Fragment
from agents.simulator.language import fold, keywords, sentences

EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
UUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE)
SUBJECT_LENGTH = 70
_MONTHS = {
    "janvier": 1, "fevrier": 2, "mars": 3, "avril": 4, "mai": 5, "juin": 6,
    "juillet": 7, "aout": 8, "septembre": 9, "octobre": 10, "novembre": 11, "decembre": 12,
    "january": 1, "february": 2, "march": 3, "april": 4, "may": 5, "june": 6,
    "july": 7, "august": 8, "september": 9, "october": 10, "november": 11, "december": 12,
}  # fmt: skip
_MONTH = "|".join(_MONTHS)
_ISO_DATE = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_DAY_FIRST = re.compile(rf"\b(\d{{1,2}})(?:er|st|nd|rd|th)?(?: of)? ({_MONTH}),? (\d{{4}})\b")
_MONTH_FIRST = re.compile(rf"\b({_MONTH}) (\d{{1,2}})(?:st|nd|rd|th)?,? (\d{{4}})\b")
_TIME = re.compile(r"\b(\d{1,2})(?: ?h ?|:)(\d{2})?\b")
_FIGURE = r"(\d{1,3}(?:[ \u00a0\u202f,]\d{3})+|\d+)(?:[.,](\d{2}))?"
_MARK = r"(\$ ?(?:us|ca)?|€|cad\b|usd\b|eur\b|euros?\b|dollars?\b)"
_AMOUNT = re.compile(rf"(?<![\w.,-]){_FIGURE}[ \u00a0\u202f]?{_MARK}|{_MARK}[ \u00a0]?{_FIGURE}(?![\d.,]\d)")
_QUOTED = re.compile(r"[«“\"]\s*(.+?)\s*[»”\"]", re.DOTALL)
_LABELLED = re.compile(r"\b(?:objet|sujet|subject|titre|title)\s*:\s*([^\n.;]+)")
_PAYEE = re.compile(r"\b(?i:à|au|aux|to|pay|paie|payer)\s+((?:[A-ZÀ-Þ][\w'’&.-]*\s?)+)")
_REFERENCE = re.compile(r"\b(?:facture|invoice|reference|ref)\b[.: ]*(?:no\.?|n°|#)?\s*([a-z]*[-/]?\d[\w/-]*)")
_CLAUSES = (
    ("that", r"(?:pour )?(?:(?:lui|leur) )?(?:dire|dis|disant|annoncer|rappeler|indiquer) qu(?:e |')"),
    ("that", r"to (?:tell|inform|remind) (?:him|her|them) that |saying (?:that )?|that "),
    ("that", r"(?<!avant )(?<!apres )(?<!est-ce )qu(?:e |')"),
    ("about", r"(?:concernant|about|regarding|au sujet d(?:e |u |es |')|a propos d(?:e |u |es |'))"),
    ("do", r"pour (?=(?:\w+ )?\w+(?:er|ir|re)\b)|afin d(?:e |')"),
    ("do", r"to (?=(?:confirm|ask|remind|tell|inform|thank|invite|book|cancel|announce|say|propose)\b)"),
    ("raw", r"[:：]\s"),
)
_CLAUSE = re.compile("|".join(rf"(?P<c{i}>(?<!\w){pattern})" for i, (_, pattern) in enumerate(_CLAUSES)))
_LEADING = re.compile(
    r"^(?:(?:un|une|le|la|les|des|the|a|an|new|nouvelle?|this|that|cette?|ce|de|d'|du|pour|for|to|called|titled|urgente?|importante?|"
    r"intitulee?|nommee?|courriel|mail|e-?mail|message|note|tache|task|fiche|item|element|decision|rappel|"
    r"reminder|projet|project|idee|idea|contact|document|evenement|event)\b[ :,'-]*|à\s+)+"
)


@dataclass(frozen=True)
class Facts:
    """A request, its language (``fr`` or ``en``), the quoted fragments, and where its command's verb ends."""

    request: str
    language: str
    fragments: tuple[Fragment, ...]
    after: int = 0

    @cached_property
    def folded(self) -> str:
        """The request, lower case and without accents, place for place."""
        return fold(self.request)

    @cached_property
    def emails(self) -> list[str]:
        """The addresses of the request, else those beside a name of the request in the fragments."""
        written = [found.rstrip(".") for found in EMAIL.findall(self.request)]
        if written:
            return list(dict.fromkeys(written))
        names = keywords(" ".join(re.findall(r"(?<=\s)[A-ZÀ-Þ][\w'’-]+", self.request)))
        for fragment in self.fragments:
            for sentence in sentences(fragment.text):
                found = EMAIL.findall(sentence)
                if found and names & keywords(EMAIL.sub("", sentence)):
                    return [found[0].rstrip(".")]
        return []

    @cached_property
    def date(self) -> datetime.date | None:
        """The first full calendar date; relative dates are left alone, they depend on the day."""
        for pattern, order in ((_ISO_DATE, "ymd"), (_DAY_FIRST, "dmy"), (_MONTH_FIRST, "mdy")):
            if match := pattern.search(self.folded):
                part = dict(zip(order, match.groups(), strict=True))
                month = _MONTHS.get(part["m"]) or int(part["m"])
                try:
                    return datetime.date(int(part["y"]), month, int(part["d"]))
                except ValueError:
                    continue
        return None

    @cached_property
    def time(self) -> datetime.time | None:
        """The first time of day, such as ``14 h 30`` or ``14:30``."""
        match = _TIME.search(self.folded)
        if match is None or int(match[1]) > 23 or int(match[2] or 0) > 59:
            return None
        return datetime.time(int(match[1]), int(match[2] or 0))

    @cached_property
    def amount(self) -> tuple[int, str] | None:
        """The first amount of money: minor units and ISO currency; a bare ``$`` is CAD."""
        match = _AMOUNT.search(self.folded)
        if match is None:
            return None
        whole, cents, mark = (match[1], match[2], match[3]) if match[1] else (match[5], match[6], match[4])
        currency = "USD" if "us" in mark else "EUR" if "eu" in mark or "€" in mark else "CAD"
        return int(re.sub(r"\D", "", whole)) * 100 + int(cents or 0), currency

    @cached_property
    def payee(self) -> str | None:
        """The capitalised name after « à », « to » or the verb."""
        match = _PAYEE.search(self.request)
        return match[1].strip(" .") if match else None

    @cached_property
    def reference(self) -> str | None:
        """An invoice's number."""
        match = _REFERENCE.search(self.folded)
        return self.request[match.start(1) : match.end(1)] if match else None

    @cached_property
    def matter(self) -> tuple[str, str]:
        """What the request is about: how it says it (``that about do raw quoted plain``) and the words."""
        if match := _LABELLED.search(self.folded):
            return "about", self.request[match.start(1) : match.end(1)].strip()
        if match := _QUOTED.search(self.request):
            return "quoted", match[1]
        if match := _CLAUSE.search(self.folded, self.after):
            kind = _CLAUSES[int(str(match.lastgroup)[1:])][0]
            words = _tidy(self.request[match.end() :])
            # the question mark of « Peux-tu … ? » is the request's, not the message's
            words = words if kind == "raw" else words.rstrip(" ?")
            if words:
                return kind, words
        rest = self.request[self.after :].lstrip(" :,-")
        rest = rest[found.end() :] if (found := _LEADING.match(fold(rest))) else rest
        return "plain", _tidy(rest).rstrip(" ?") or _tidy(self.request) or self.request.strip()

    @cached_property
    def subject(self) -> str:
        """A short phrase with a capital, cut at a word."""
        words = " ".join(self.matter[1].split())
        if len(words) > SUBJECT_LENGTH:
            words = words[:SUBJECT_LENGTH].rsplit(" ", 1)[0] + "…"
        return words[:1].upper() + words[1:]

    @cached_property
    def letter(self) -> str:
        """A polite message made of the request's own words."""
        kind, words = self.matter
        words = words.rstrip(" .")
        name = self._first_name()
        if kind in ("quoted", "raw"):
            said = words[:1].upper() + words[1:] + ("" if words.endswith(("?", "!")) else ".")
        else:
            said = _SENTENCES[self.language][kind].format(words)
        hello, bye = ("Bonjour", "Cordialement,") if self.language == "fr" else ("Hello", "Kind regards,")
        return f"{hello}{f' {name}' if name else ''},\n\n{said}\n\n{bye}"

    def _first_name(self) -> str:
        local = self.emails[0].split("@")[0] if self.emails else ""
        first = re.split(r"[._+-]", local)[0]
        named = first.isalpha() and first.lower() in fold(self.request.replace(self.emails[0], "")).split()
        return first.capitalize() if len(first) > 1 and named else ""


_SENTENCES = {
    "fr": {
        "that": "Je vous écris pour vous dire que {}.",
        "about": "Je vous écris au sujet suivant : {}.",
        "do": "Je vous écris pour {}.",
        "plain": "Je vous écris au sujet suivant : {}.",
    },
    "en": {
        "that": "I am writing to let you know that {}.",
        "about": "I am writing about {}.",
        "do": "I am writing to {}.",
        "plain": "I am writing about the following: {}.",
    },
}


def _tidy(words: str) -> str:
    words = re.sub(rf"(?:\b(?:à|a|to|au)\s+)?[<(]?{EMAIL.pattern}[>)]?", "", words)
    return re.sub(r"[ \t]+", " ", words).strip(" ,;:.-\n")
