"""Small talk: greetings, thanks and goodbyes are not questions. They are answered in words and never searched."""

from enum import StrEnum

from app.chat.conversation import Conversation, TurnKind
from app.chat.phrases import Phrasebook, words

_SKIN = range(0x1F3FB, 0x1F400)
_JOINERS = {0x200D, 0xFE0F}
# Signs that are thanks after an answer, and nothing at all before one.
_APPROVING = frozenset("👍👌🙏❤💯😊🙂✅🎉👏")


class SmallTalk(StrEnum):
    """What a text is when it is no question."""

    GREETING = "greeting"
    THANKS = "thanks"
    GOODBYE = "goodbye"
    HELPFUL = "helpful"
    REFUSAL = "no"
    NONE_OF_THESE = "rejected"
    BARE = "bare"


HELPFUL_SIGNS = frozenset({SmallTalk.THANKS, SmallTalk.HELPFUL})


def small_talk(text: str, conversation: Conversation, phrases: Phrasebook) -> SmallTalk | None:
    """Which small talk the whole of `text` is, if it is any."""
    for sort in (SmallTalk.THANKS, SmallTalk.HELPFUL, SmallTalk.GOODBYE, SmallTalk.GREETING):
        if phrases.is_whole(sort, text):
            return sort
    last = conversation.last.kind if conversation.last else None
    if last is TurnKind.ANSWER and (_approves(text) or phrases.is_whole("yes", text)):
        return SmallTalk.HELPFUL
    if not any(turn.asked for turn in conversation.turns) and phrases.is_whole("bare", text):
        return SmallTalk.BARE  # "why?" with nothing before it
    if last is TurnKind.CLARIFICATION and phrases.is_whole("rejected", text):
        return SmallTalk.NONE_OF_THESE
    return SmallTalk.REFUSAL if last is TurnKind.NOTICE and phrases.is_whole("no", text) else None


def _approves(text: str) -> bool:
    signs = [c for c in text if not c.isspace() and ord(c) not in _SKIN and ord(c) not in _JOINERS]
    return bool(signs) and not words(text) and all(sign in _APPROVING for sign in signs)
