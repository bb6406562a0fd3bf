"""The bot's own words: everything it says that is not quoted from an article."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.chat.conversation import Choice, HandoffReason
from app.chat.small_talk import SmallTalk
from app.wording import N_, Wording

_SMALL_TALK: Mapping[SmallTalk, str] = {
    SmallTalk.GREETING: N_("Hello! What would you like to know?"),
    SmallTalk.THANKS: N_("You are welcome. Is there anything else?"),
    SmallTalk.HELPFUL: N_("Good to hear. Is there anything else?"),
    SmallTalk.GOODBYE: N_("Goodbye! You can come back at any time."),
    SmallTalk.REFUSAL: N_("All right. Ask me in other words, or ask for a person whenever you like."),
    SmallTalk.BARE: N_("Please tell me a little more: what is it about?"),
    SmallTalk.NONE_OF_THESE: N_("Then please tell me a little more, in other words."),
}
_HANDED_OFF: Mapping[HandoffReason, str] = {
    HandoffReason.LOW_CONFIDENCE: N_("I cannot answer this reliably, so I have passed it to a person."),
    HandoffReason.NO_ARTICLE: N_("I found no article about this, so I have passed it to a person."),
    HandoffReason.ASKED_FOR_PERSON: N_("Of course. A person takes over from here."),
    HandoffReason.ANSWER_REJECTED: N_("I am sorry that I could not help. A person takes over from here."),
    HandoffReason.REPEATED_QUESTION: N_(
        "My answer was not enough, it seems, so I have passed it to a person."
    ),
    HandoffReason.SENSITIVE_TOPIC: N_("This is a matter for a person. I have passed it on at once."),
    HandoffReason.COMPOSER_FAILED: N_("Something went wrong on my side, so I have passed this to a person."),
}
_OFFERS: Mapping[HandoffReason, str] = {
    HandoffReason.LOW_CONFIDENCE: N_("I cannot answer this reliably. Shall I pass it to a person?"),
    HandoffReason.NO_ARTICLE: N_("I found no article about this. Shall I pass it to a person?"),
    HandoffReason.ASKED_FOR_PERSON: N_("We have been talking for a while. Shall I bring in a person?"),
    HandoffReason.ANSWER_REJECTED: N_("I am sorry that I could not help. Shall I bring in a person?"),
    HandoffReason.REPEATED_QUESTION: N_("My answer was not enough, it seems. Shall I bring in a person?"),
    HandoffReason.SENSITIVE_TOPIC: N_("This is a matter for a person. Shall I pass it on?"),
    HandoffReason.COMPOSER_FAILED: N_("Something went wrong on my side. Shall I pass this to a person?"),
}


@dataclass(frozen=True, slots=True)
class Promise:
    """What a handoff's message tells: the ticket, when a person answers at the latest, where to follow it."""

    number: str
    due_at: datetime
    time_zone: str | None
    link: str


class Replies:
    """The bot's words in every language of the site."""

    def __init__(self, wording: Wording) -> None:
        self._wording = wording

    def greeting(self, language: str) -> str:
        """The first words of a conversation."""
        return self._wording.text(
            language,
            "Hello! Ask me anything about advertising and selling with us. I answer from our help articles and "
            "bring in a person when I cannot.",
        )

    def small_talk(self, language: str, sort: SmallTalk) -> str:
        """The answer to words that are no question."""
        return self._wording.text(language, _SMALL_TALK[sort])

    def clarification(self, language: str) -> str:
        """Asks which of several articles is meant; the choices stand beside it."""
        return self._wording.text(
            language,
            "I found more than one article that may fit. Which of these do you mean? You can also ask for a person.",
        )

    def offer(self, language: str, reason: HandoffReason) -> str:
        """Asks whether a person is wanted."""
        return self._wording.text(language, _OFFERS[reason])

    def offer_choices(self, language: str) -> tuple[Choice, Choice]:
        """Yes and no to that."""
        yes = self._wording.text(language, "Yes, bring in a person")
        no = self._wording.text(language, "No, go on")
        return Choice(yes, "", yes), Choice(no, "", no)

    def handed_off(self, language: str, reason: HandoffReason, promise: Promise, topic: str | None) -> str:
        """Why a person takes over, the number, the moment, the link; one line each."""
        say = self._wording.text
        due = self._wording.moment(language, promise.due_at, promise.time_zone)
        lines = [
            say(language, _HANDED_OFF[reason]),
            say(language, "Your ticket: {number}", number=promise.number),
            say(language, "You get a first reply by: {moment}", moment=due),
            say(language, "Follow it, add details or withdraw it here: {link}", link=promise.link),
        ]
        if topic == "self_harm":
            lines.insert(
                1,
                say(
                    language,
                    "If you or somebody else is in danger, please call your local emergency number now.",
                ),
            )
        return "\n".join(lines)

    def no_question(self, language: str) -> str:
        """The subject of a ticket of somebody who asked nothing before they wanted a person."""
        return self._wording.text(language, "I would like to talk to a person.")

    def passed_on(self, language: str, number: str) -> str:
        """The acknowledgement of words that went to the ticket."""
        return self._wording.text(language, "Passed on to ticket {number}.", number=number)

    def ready(self, language: str, number: str) -> str:
        """The acknowledgement of a second wish for a person."""
        return self._wording.text(
            language, "A person has this conversation already: ticket {number}.", number=number
        )
