"""Small closed word lists of the grammar, folded."""

from __future__ import annotations

from typing import Final

from agents.pipeline.intent.tokens import fold


def words(text: str) -> frozenset[str]:
    """The folded words of a space-separated list."""
    return frozenset(fold(text).split())


DETERMINERS: Final = words(
    "le la les l un une des du au aux mon ma mes ton ta tes son sa ses notre nos votre vos leur leurs "
    "ce cet cette ces quelques chaque quel quelle the a an my your his her our their its this that "
    "these those any some each which"
)
# Pronouns that may stand between a verb and what goes with it.
CLITICS: Final = words("le la les l lui leur leurs y en me m te t se s moi toi nous vous it them him her us")
OTHER_SUBJECTS: Final = words("je j il elle on ils elles ca cela i we they he she it who qui nobody personne")

# What may come before the verb of a request without being part of what is asked.
FILLERS: Final = words(
    "plaît svp stp s il te plait veuillez merci prière de d bonjour bonsoir salut allô coucou nova "
    "hello hi hey dear cher chère please kindly just also aussi maintenant now ok okay alors allez "
    "donc so well bien go ahead peux peut peuvent pourrais pourriez pourrait pouvez veux voudrais "
    "voudrions aimerais aimerions voulez souhaite souhaiterais désire dois devez devrais devons faut "
    "faudrait besoin possible est ce que serait il ai j je tu vous me m moi nous te lui l le la les y "
    "en can could would will you i d want need like love to let us s have must should shall we be it "
    "is possible mind aide aidez aider help ne n pas not don't never jamais do oublie oubliez oublier "
    "forget hésite hésitez hésiter hesitate à essaie essayez try puis ensuite enfin then finally "
    "first abord premièrement aujourd'hui demain today tomorrow lundi mardi mercredi jeudi vendredi "
    "samedi dimanche monday tuesday wednesday thursday friday saturday sunday après after"
)
JOINS: Final = words("et and ou or ni nor mais but puis then ensuite")
ALTERNATIVES: Final = words("ou or ni nor")
NEGATORS: Final = words(
    "ne n pas jamais sans aucun aucune don't doesn't didn't won't wouldn't can't cannot shouldn't "
    "mustn't not never without no arrête arrêter arrêtez cesse cesser cessez évite éviter évitez "
    "empêche empêcher interdis refuse stop avoid prevent refrain"
)
ENGLISH_NEGATORS: Final = words("dont wont cant")
# “n'oublie pas d'envoyer” asks for the sending.
NEGATION_CANCELS: Final = words(
    "oublie oublies oubliez oublier oublions hésite hésitez hésiter manque manquez manquer forget hesitate fail"
)
NEGATIONS_AFTER: Final = words("pas jamais rien aucun aucune nothing none no")
RESTRICTIONS: Final = words("que qu")
SUBORDINATORS: Final = words(
    "pour afin de d à sans qui que qu dont quand si lorsque comment pourquoi où to that which who "
    "when if how why for before after while avant après"
)

QUESTION_WORDS: Final = words(
    "que qu quoi quel quelle quels quelles qui comment pourquoi combien lequel laquelle lesquels what "
    "whats who whom whose where why how which"
)
# Question words only with a question mark: they also open clauses (“Quand Paul répond, envoie…”).
QUESTION_WORDS_IF_MARKED: Final = words("quand ou où when")
QUESTION_PREPOSITIONS: Final = words("à de d dans en pour avec depuis par sur jusqu to in at for with by from on of")
GREETINGS: Final = words("bonjour bonsoir salut allô nova hello hi hey ok okay et and alors mais but so well please")
ENGLISH_AUXILIARIES: Final = words("do does did is are am was were has have had should may might")
ENGLISH_PRONOUNS: Final = words("i you we they he she it there this that")
INVERTED: Final = words("tu je j il elle ils elles on")
POLITE_VERBS: Final = words("peux pourrais pouvez pourriez veux voudrais voulez voudriez can could would will")
POLITE_SUBJECTS: Final = words("tu vous you on we")

UNIVERSALS: Final = words("tout toute tous toutes chaque all every everything everyone everybody each")
# “tout de suite” orders nothing about how many.
UNIVERSAL_IDIOMS: Final = (
    ("tout", "de", "suite"),
    ("tout", "a", "l"),
    ("tout", "a", "fait"),
    ("tout", "simplement"),
    ("all", "right"),
)
SPHERE_NAMES: Final = words(
    "personnel personal entreprises entreprise business gouvernement government studio creative "
    "communauté community social divertissement entertainment équipe team érudition scholar"
)
