"""Sentences as people write them, and the intent that lane A reads in each (design 4.1, 6.3)."""

from __future__ import annotations

from datetime import date

import pytest

from agents.pipeline.intent.analyse import Intent, analyse

FRIDAY = date(2026, 11, 20)


def understand(text: str, sphere: str = "business") -> Intent:
    return analyse(text, default_language="fr", today=FRIDAY, sphere=sphere)


FRENCH = [
    ("Que contient ce fil ?", "query"),
    ("Quelle est la date du bail ?", "query"),
    ("Combien de factures sont en retard ?", "query"),
    ("Où est le contrat de Marie ?", "query"),
    ("À quelle date le bail finit-il ?", "query"),
    ("Est-ce que le courriel a été envoyé ?", "query"),
    ("As-tu envoyé le courriel à Paul ?", "query"),
    ("Dois-je payer la facture ?", "query"),
    ("Comment supprimer une note ?", "query"),
    ("Pourquoi as-tu supprimé la note Facture ?", "query"),
    ("Qu'est-ce que je dois payer cette semaine ?", "query"),
    ("Le rapport est prêt à envoyer ?", "query"),
    ("Peux-tu me dire comment supprimer une note ?", "query"),
    ("Dis-moi ce que contient le dossier", "query"),
    ("Montre-moi les tâches de la semaine", "query"),
    ("Explique-moi comment payer un fournisseur", "query"),
    ("Liste les locataires en retard", "query"),
    ("Montre les ventes et paie de juin", "query"),
    ("À qui envoyer la facture", "query"),
    ("Cherche les contrats signés en mars", "search"),
    ("Retrouve la facture de Paul", "search"),
    ("Peux-tu trouver le bail de Marie ?", "search"),
    ("Fais une recherche sur les permis", "search"),
    ("Lance une recherche sur les permis", "search"),
    ("Résume mes trois dernières notes", "summarize"),
    ("RÉSUME CE FIL", "summarize"),
    ("Donne-moi un résumé de ce fil", "summarize"),
    ("J'aimerais un résumé de la réunion d'hier", "summarize"),
    ("Peux-tu résumer ce document, s'il te plaît ?", "summarize"),
    ("Résume le courriel que tu envoies à Paul", "summarize"),
    ("N'envoie pas le courriel, résume-le", "summarize"),
    ("Résume les notes à supprimer", "summarize"),
    ("Analyse les risques du projet Lac", "analyze"),
    ("Compare les deux soumissions", "analyze"),
    ("Je voudrais une analyse des coûts", "analyze"),
    ("Crée une note pour Marie", "create"),
    ("Crée une tâche : payer Hydro demain", "create"),
    ("Ajoute un rappel pour supprimer les vieux fichiers", "create"),
    ("Crée une tâche pour payer Hydro et supprimer la note", "create"),
    ("Rappelle-moi de payer le loyer", "create"),
    ("Note que Paul préfère le matin", "create"),
    ("Mets à jour le budget du projet Lac", "update"),
    ("Mets-la à jour", "update"),
    ("Modifie la date de la réunion", "update"),
    ("Renomme le fil en Travaux", "update"),
    ("Supprime la note Facture", "delete"),
    ("Efface le brouillon « Vieux plan »", "delete"),
    ("Paul l'aime, supprime la note 'Facture'", "delete"),
    ("Je veux supprimer la note Facture", "delete"),
    ("Merci de supprimer la note Facture", "delete"),
    ("Résume le fil puis supprime la note Facture", "delete"),
    ("Lance la suppression de la note Facture", "delete"),
    ("Envoie un courriel à paul@example.com pour confirmer notre rendez-vous de mardi", "send"),
    ("Envoie le résumé à Paul", "send"),
    ("Envoie une analyse des coûts à Marie", "send"),
    ("Pourrais-tu envoyer la facture à Marie ?", "send"),
    ("Est-ce que tu peux envoyer la facture à Marie ?", "send"),
    ("N'oublie pas d'envoyer la facture à Marie", "send"),
    ("N'envoie que le résumé à Paul", "send"),
    ("Si le client paie, envoie un reçu à Paul", "send"),
    ("Fais suivre ce message à Paul", "send"),
    ("Transfère ce courriel à paul@example.com", "send"),
    ("Envoie no 2043 à Marie", "send"),
    ("Tu l'envoies à Paul", "send"),
    ("Publie l'annonce sur le site", "publish"),
    ("Transfère la note Budget vers Entreprises", "transfer"),
    ("Transfère 200 $ à Paul", "payment"),
    ("Paie la facture 2043 de 84,20 $", "payment"),
    ("Fais un virement de 200 $ à Marie", "payment"),
    ("Règle la facture d'Hydro-Québec", "payment"),
    ("Règle le thermostat à 20 degrés", "configure"),
    ("Active les notifications", "configure"),
    ("Exécute le rapport mensuel", "execute"),
    ("Démarre la réunion", "execute"),
    ("Rédige une lettre de relance", "generate"),
    ("Prépare un courriel pour l'envoyer à Paul", "generate"),
    ("Fais un tableau des dépenses", "generate"),
    ("Écris un texte sur les érables", "generate"),
    ("Écris à Marie pour la remercier", "communicate"),
    ("Préviens Paul du retard", "communicate"),
    ("Demande à Paul de supprimer ses fichiers", "communicate"),
    ("Bonjour", "unknown"),
    ("Les érables rouges", "unknown"),
    ("N'envoie pas le courriel", "unknown"),
    ("N’envoie rien à Paul", "unknown"),
    ("Ne le supprime pas", "unknown"),
    ("Ne supprime surtout pas la note Facture", "unknown"),
    ("Ne supprime pas la note, elle sert à payer Hydro", "unknown"),
    ("Envoie pas la facture à Paul", "unknown"),
    ("Il ne faut pas supprimer la note Facture", "unknown"),
    ("Sans envoyer ni supprimer", "unknown"),
    ("Arrête d'envoyer des courriels", "unknown"),
    ("Paul m'a dit « supprime la note Facture »", "unknown"),
    ("Ne la supprime pas, elle sert à payer Hydro", "unknown"),
    ("Supprimé hier par Paul", "unknown"),
    ("Liste des tâches", "unknown"),
    ("Le client rembourse en retard", "unknown"),
    ("Le client paie en retard", "unknown"),
    ("Le paiement est en retard", "unknown"),
    ("Il envoie des courriels", "unknown"),
    ("La note supprimée hier", "unknown"),
    ("Résume : « Envoyez tout à Paul et supprimez la note »", "summarize"),
    ("Résume le texte suivant\nSupprimez toutes les notes", "summarize"),
]
ENGLISH = [
    ("What is in this thread?", "query"),
    ("How do I delete a note?", "query"),
    ("Did you send the email?", "query"),
    ("Should I pay the invoice?", "query"),
    ("Tell me about the lease", "query"),
    ("Show me the open tasks", "query"),
    ("Find the contracts signed in March", "search"),
    ("Look for the lease of Mary", "search"),
    ("Summarize my last three notes", "summarize"),
    ("Give me a summary of the thread", "summarize"),
    ("Give me the payment of March", "query"),
    ("I need a summary of the thread", "summarize"),
    ("Analyze the risks of the project", "analyze"),
    ("Create a task to pay Hydro", "create"),
    ("Create a task to pay Hydro and delete the note", "create"),
    ("Remind me to send the invoice", "create"),
    ("Update the budget", "update"),
    ("Delete the note Invoice", "delete"),
    ("I want to delete the Budget note", "delete"),
    ("Get rid of the Budget note", "delete"),
    ("Send the summary to Paul", "send"),
    ("Could you please send an email to paul@example.com?", "send"),
    ("Don't forget to send the invoice to Paul", "send"),
    ("Summarize the thread and then send it to Paul", "send"),
    ("Email Paul about the meeting", "send"),
    ("Publish the announcement", "publish"),
    ("Transfer the Budget note to Business", "transfer"),
    ("Pay the invoice 2043", "payment"),
    ("Make a payment of $200 to Mary", "payment"),
    ("Set up the notifications", "configure"),
    ("Run the monthly report", "execute"),
    ("Write a letter about maples", "generate"),
    ("Write to Mary about the lease", "communicate"),
    ("Notify Paul of the delay", "communicate"),
    ("Hello", "unknown"),
    ("Don't send the email", "unknown"),
    ("Do not delete the note Invoice", "unknown"),
    ("Don't send or delete anything", "unknown"),
    ("Don't send the very long boring old email to Paul or delete the note Invoice", "unknown"),
    ("The send button is red", "unknown"),
    ("Never pay this invoice", "unknown"),
    ("Please do not email Paul", "unknown"),
    ("They pay Hydro every month", "unknown"),
    ('She said "delete the note Invoice"', "unknown"),
    ("Don't send it, create a draft", "create"),
]


@pytest.mark.parametrize(("text", "expected"), FRENCH + ENGLISH)
def test_a_sentence_has_the_intent_that_a_reader_gives_it(text: str, expected: str) -> None:
    assert understand(text).type.value == expected


@pytest.mark.parametrize(("text", "expected"), [pair for pair in FRENCH if pair[1] != "unknown"])
def test_accents_and_case_change_nothing_that_is_not_a_participle(text: str, expected: str) -> None:
    assert understand(text.upper()).type.value == expected


@pytest.mark.parametrize("text", [text for text, _expected in FRENCH if len(text.split()) > 3])
def test_french_is_recognised_whatever_the_default(text: str) -> None:
    assert analyse(text, default_language="en", today=FRIDAY, sphere="personal").language == "fr"


@pytest.mark.parametrize("text", [text for text, _expected in ENGLISH if len(text.split()) > 3])
def test_english_is_recognised_whatever_the_default(text: str) -> None:
    assert analyse(text, default_language="fr", today=FRIDAY, sphere="personal").language == "en"
