"""Everything said on both sides of a conversation, in one row of numbers: the bot's turns, then the ticket's messages.

Once a person has the conversation the bot adds nothing more, so the ticket's messages go on where the turns end.
"""

from collections.abc import Iterator, Sequence

from app.chat.conversation import Message, Turn
from app.tickets.ticket import By, TicketMessage

VISITOR, BOT, AGENT = "visitor", "bot", "agent"
_SPEAKERS = {By.REQUESTER: VISITOR, By.AGENT: AGENT}


def messages_of(
    turns: Sequence[tuple[int, Turn]], ticket_messages: Sequence[TicketMessage]
) -> Iterator[Message]:
    """The messages in order. Turns come with their ordinals, two numbers each; ticket messages are public ones only."""
    for ordinal, turn in turns:
        if turn.question.strip():
            yield Message(2 * ordinal - 1, turn.at, VISITOR, "", turn.question)
        yield Message(2 * ordinal, turn.at, BOT, "", turn.text, turn.html, turn)
    start = 2 * turns[-1][0] if turns else 0
    for said in ticket_messages:
        if said.by in _SPEAKERS and not said.is_note:
            yield Message(start + said.ordinal, said.at, _SPEAKERS[said.by], said.author, said.text)
