"""Action words in French and English with their inflections, folded (no case, no accents) (design 4.1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from agents.pipeline.intent.kinds import IntentType as T
from agents.pipeline.intent.words import words


class Form(Enum):
    CONJUGATED = "fr conjugated"
    INFINITIVE = "fr infinitive"
    BASE = "en base"
    GERUND = "en -ing"


@dataclass(frozen=True, slots=True)
class Verb:
    type: T
    form: Form
    language: str


# French verbs in -er by stem; "a|b" = the stem before -e/-es, then the one before -er/-ez/-ons.
_FR_ER: Final[dict[T, str]] = {
    T.QUERY: "montr affich expliqu list donn précis indiqu",
    T.SEARCH: "cherch recherch trouv retrouv repèr localis",
    T.SUMMARIZE: "résum synthétis récapitul condens",
    T.ANALYZE: "analys examin évalu étudi compar vérifi contrôl audit diagnostiqu",
    T.CREATE: "cré ajout enregistr planifi programm réserv consign inscri",
    T.UPDATE: "modifi chang corrig actualis renomm remplac complèt édit déplac|déplac archiv marqu "
    "annul report assign ferm class organis tri rang ajust rectifi",
    T.DELETE: "supprim effac enlèv élimin jett|jet purg retir",
    T.SEND: "envoi|envoy renvoi|renvoy expédi partag|partag achemin",
    T.PUBLISH: "publi post diffus",
    T.TRANSFER: "transfèr cèd",
    T.PAYMENT: "pai|pay pay|pay rembours vers vir achèt acquitt",
    T.CONFIGURE: "configur paramètr activ désactiv install régl",
    T.EXECUTE: "exécut lanc démarr déclench",
    T.GENERATE: "génèr rédig compos prépar dessin imagin propos",
    T.COMMUNICATE: "contact avis inform notifi relanc|relanc invit appell|appel rappell|rappel demand avert",
}
# Forms that the rule above does not give: "conjugated … / infinitives …".
_FR_OTHER: Final[dict[T, str]] = {
    T.QUERY: "décris décrivez / décrire",
    T.UPDATE: "corrigeons réécris réécrivez / réécrire",
    T.SEND: "transmets transmettez transmettons / transmettre",
    T.CREATE: "inscris inscrivez / inscrire",
    T.GENERATE: "écris écrivez écrivons traduis traduisez produis produisez conçois concevez / "
    "écrire traduire produire concevoir",
    T.COMMUNICATE: "réponds répondez préviens prévenez dis dites avertis avertissez convoque / "
    "répondre prévenir dire avertir convoquer",
    T.DELETE: "détruis détruisez videz / détruire vider",
}
_EN: Final[dict[T, str]] = {
    T.QUERY: "show list explain describe display",
    T.SEARCH: "search find locate seek",
    T.SUMMARIZE: "summarize summarise recap condense synthesize synthesise",
    T.ANALYZE: "analyze analyse examine evaluate assess compare review study audit check verify",
    T.CREATE: "create add schedule record register open",
    T.UPDATE: "modify change edit update rename replace correct fix complete mark archive move organize "
    "organise sort classify adjust cancel postpone reschedule assign close resolve",
    T.DELETE: "delete remove erase destroy discard purge wipe trash",
    T.SEND: "send resend forward email mail share",
    T.PUBLISH: "publish post tweet broadcast",
    T.TRANSFER: "transfer",
    T.PAYMENT: "pay reimburse refund buy purchase wire",
    T.CONFIGURE: "configure enable disable activate deactivate install",
    T.EXECUTE: "execute run launch start trigger",
    T.GENERATE: "generate write draft compose produce prepare draw translate design propose suggest",
    T.COMMUNICATE: "contact notify inform reply respond invite tell ask call",
}
_DOUBLED: Final = {"run": "running"}

# Also nouns or adjectives: verbs only where a request can begin.
HEAD_ONLY: Final = words(
    "active liste list poste classe programme archive marque change complete range vire trie paie recherche "
    "regle parametre post mail email record schedule mark correct review check study audit run start draft "
    "design share transfer trash purchase search update forward wire refund fix move open lance contact call "
    "analyse recap order verse ferme close avise reserve note contacte installe tri produce display "
    "compose invite"
)

# Several words for one action; clitics may stand between them.
_PHRASES: Final[tuple[tuple[str, T, Form], ...]] = (
    ("mets à jour", T.UPDATE, Form.CONJUGATED),
    ("mettez à jour", T.UPDATE, Form.CONJUGATED),
    ("mettre à jour", T.UPDATE, Form.INFINITIVE),
    ("fais suivre", T.SEND, Form.CONJUGATED),
    ("faites suivre", T.SEND, Form.CONJUGATED),
    ("faire suivre", T.SEND, Form.INFINITIVE),
    ("fais parvenir", T.SEND, Form.CONJUGATED),
    ("faites parvenir", T.SEND, Form.CONJUGATED),
    ("faire parvenir", T.SEND, Form.INFINITIVE),
    ("dis moi", T.QUERY, Form.CONJUGATED),
    ("dis nous", T.QUERY, Form.CONJUGATED),
    ("dites moi", T.QUERY, Form.CONJUGATED),
    ("me dire", T.QUERY, Form.INFINITIVE),
    ("nous dire", T.QUERY, Form.INFINITIVE),
    ("rappelle moi", T.CREATE, Form.CONJUGATED),
    ("rappelez moi", T.CREATE, Form.CONJUGATED),
    ("me rappeler", T.CREATE, Form.INFINITIVE),
    ("note que", T.CREATE, Form.CONJUGATED),
    ("notez que", T.CREATE, Form.CONJUGATED),
    ("note that", T.CREATE, Form.BASE),
    ("remind me", T.CREATE, Form.BASE),
    ("tell me", T.QUERY, Form.BASE),
    ("tell us", T.QUERY, Form.BASE),
    ("give me", T.QUERY, Form.BASE),
    ("let me know", T.QUERY, Form.BASE),
    ("look for", T.SEARCH, Form.BASE),
    ("look up", T.SEARCH, Form.BASE),
    ("sum up", T.SUMMARIZE, Form.BASE),
    ("get rid of", T.DELETE, Form.BASE),
    ("set up", T.CONFIGURE, Form.BASE),
    ("turn on", T.CONFIGURE, Form.BASE),
    ("turn off", T.CONFIGURE, Form.BASE),
    ("follow up", T.COMMUNICATE, Form.BASE),
    ("reach out", T.COMMUNICATE, Form.BASE),
)

_NOUNS: Final[dict[T, str]] = {
    T.SEARCH: "recherche recherches search",
    T.SUMMARIZE: "résumé résumés synthèse sommaire summary recap récapitulatif",
    T.ANALYZE: "analyse analyses analysis évaluation comparaison comparison review audit",
    T.GENERATE: "brouillon draft traduction translation",
    T.CREATE: "création creation",
    T.UPDATE: "modification update",
    T.DELETE: "suppression deletion",
    T.SEND: "envoi",
    T.PUBLISH: "publication",
    T.TRANSFER: "transfert transfer",
    T.PAYMENT: "paiement payment virement remboursement refund",
    T.CONFIGURE: "configuration paramétrage",
    T.EXECUTE: "exécution execution",
}
# “make a payment” acts as much as “pay”.
LIGHT_VERBS: Final = words(
    "fais faites faire effectue effectuez effectuer procède procédez procéder réalise réaliser lance lancez "
    "lancer make do perform"
)
# “Donne-moi un résumé”: light before what only reads; “donne-moi le paiement de mars” pays nothing.
GIVING_VERBS: Final = words("donne donnez donner give")
# Drafting verbs that address somebody: “écris à Marie”, “write to Marie”.
WRITING_VERBS: Final = words("écris écrivez écrivons écrire write")
SETTLING_VERBS: Final = words("règle règles régler réglez réglons")


def _er_forms(stems: str) -> Iterator[tuple[str, Form]]:
    first, _bar, second = stems.partition("|")
    second = second or first
    yield from ((first + end, Form.CONJUGATED) for end in ("e", "es"))
    yield from ((second + end, Form.CONJUGATED) for end in ("ez", "ons", "eons"))
    yield second + "er", Form.INFINITIVE


def _gerund(base: str) -> str:
    return _DOUBLED.get(base) or (base[:-1] if base.endswith("e") else base) + "ing"


def _forms() -> Iterator[tuple[str, Verb]]:
    for kind, stems in _FR_ER.items():
        for stem in stems.split():
            for text, form in _er_forms(stem):
                yield text, Verb(kind, form, "fr")
    for kind, text in _FR_OTHER.items():
        conjugated, _slash, infinitives = text.partition("/")
        yield from ((form, Verb(kind, Form.CONJUGATED, "fr")) for form in conjugated.split())
        yield from ((form, Verb(kind, Form.INFINITIVE, "fr")) for form in infinitives.split())
    for kind, bases in _EN.items():
        for base in bases.split():
            yield base, Verb(kind, Form.BASE, "en")
            yield _gerund(base), Verb(kind, Form.GERUND, "en")


def _lexicon() -> dict[str, dict[str, Verb]]:
    """Verbs by folded form, then by language: “analyse” is a verb in both."""
    found: dict[str, dict[str, Verb]] = {}
    for text, verb in _forms():
        for key in words(text):
            found.setdefault(key, {}).setdefault(verb.language, verb)
    return found


VERBS: Final = _lexicon()
NOUNS: Final = {noun: kind for kind, texts in _NOUNS.items() for noun in words(texts)}


def _by_first_word() -> dict[str, list[tuple[tuple[str, ...], Verb]]]:
    found: dict[str, list[tuple[tuple[str, ...], Verb]]] = {}
    for text, kind, form in _PHRASES:
        first, *rest = (next(iter(words(word))) for word in text.split())
        language = "en" if form is Form.BASE else "fr"
        found.setdefault(first, []).append((tuple(rest), Verb(kind, form, language)))
    return found


PHRASES: Final = _by_first_word()


def verb_of(folded: str, language: str) -> Verb | None:
    """The verb that this folded word can be, read in `language` first; None when it is none."""
    by_language = VERBS.get(folded)
    if by_language is None:
        return None
    return by_language.get(language) or next(iter(by_language.values()))
