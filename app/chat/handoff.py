"""When the bot gives up, and why. Every rule by which a person takes over stands in this file.

The reasons that can be read from the words alone come first, before anything is searched; then those that need the
results; then the count of turns. Nothing here depends on generated text.
"""

from app.chat.confidence import Confidence
from app.chat.conversation import Conversation, HandoffReason, Turn, TurnKind
from app.chat.phrases import Phrasebook, words
from app.chat.small_talk import HELPFUL_SIGNS, SmallTalk
from app.search.hit import Results

# After so many answers without a sign that one helped, a person is offered (Libredesk's number).
AUTOMATIC_TURNS = 6
# So often may the visitor pick none of the articles asked about.
UNPICKED_CLARIFICATIONS = 2
# A longer text after an answer says something new, even if it says too that the answer did not help.
MAX_REJECTION_WORDS = 40
_AUTOMATIC = (TurnKind.ANSWER, TurnKind.CLARIFICATION)


def reason_in_words(conversation: Conversation, text: str, phrases: Phrasebook) -> HandoffReason | None:
    """Why a person is due by what the visitor says, whatever the search would find."""
    if phrases.sensitive_topic(text):
        return HandoffReason.SENSITIVE_TOPIC
    if _asks_for_person(text, phrases):
        return HandoffReason.ASKED_FOR_PERSON
    if _rejects(conversation, text, phrases):
        return HandoffReason.ANSWER_REJECTED
    return HandoffReason.REPEATED_QUESTION if _repeats(conversation, text, phrases) else None


def reason_in_results(
    conversation: Conversation, results: Results, confidence: Confidence
) -> HandoffReason | None:
    """Why a person is due by what was found."""
    if not results.hits or not words(results.query.text):
        return HandoffReason.NO_ARTICLE
    if _was_voted_down(conversation.last, results.hits[0].family):
        return HandoffReason.ANSWER_REJECTED
    if confidence.band == "low":
        return HandoffReason.LOW_CONFIDENCE
    if confidence.band == "middling" and picked_nothing(conversation):
        return HandoffReason.LOW_CONFIDENCE
    return None


def has_talked_enough(conversation: Conversation) -> bool:
    """Whether many automatic turns went by since the last sign that one helped, or the last offer of a person."""
    count = 0
    for turn in reversed(conversation.turns):
        if turn.helpful or turn.small_talk in HELPFUL_SIGNS or turn.offer:
            break
        count += turn.kind in _AUTOMATIC
    return count >= AUTOMATIC_TURNS


def _asks_for_person(text: str, phrases: Phrasebook) -> bool:
    if phrases.is_whole("person", text):
        return True
    return phrases.stands_in("person_inside", text) and not phrases.stands_in("person_unless", text)


def picked_nothing(conversation: Conversation) -> bool:
    """Whether none of the articles asked about was picked, and often enough."""
    count = 0
    for turn in reversed(conversation.turns):
        if turn.kind is TurnKind.CLARIFICATION:
            count += 1
        elif turn.small_talk != SmallTalk.NONE_OF_THESE:
            break
    return count >= UNPICKED_CLARIFICATIONS


def _rejects(conversation: Conversation, text: str, phrases: Phrasebook) -> bool:
    last = conversation.last
    if last is None or last.kind is not TurnKind.ANSWER:
        return False
    if phrases.is_whole("rejected", text):
        return True
    return len(words(text)) <= MAX_REJECTION_WORDS and phrases.stands_in("rejected_inside", text)


def _repeats(conversation: Conversation, text: str, phrases: Phrasebook) -> bool:
    said = words(phrases.without_greeting(text))
    answered = [turn for turn in conversation.turns if turn.kind is TurnKind.ANSWER and not turn.helpful]
    # "How long does it take?" is another question each time, unless it comes twice running.
    before = [turn.asked for turn in answered] + [
        turn.question for turn in answered if turn is conversation.last
    ]
    return bool(said) and said in (words(phrases.without_greeting(one)) for one in before)


def _was_voted_down(last: Turn | None, family: str) -> bool:
    if last is None or last.helpful is not False:
        return False
    return any(citation.family == family for citation in last.citations)
