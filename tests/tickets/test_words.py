"""Every status, tier, channel, author and timeline entry has words."""

from app.tickets.lifecycle import Verb
from app.tickets.routing import read_routing
from app.tickets.ticket import By, Channel, Status
from app.tickets.views import SHOWN
from app.tickets.words import BY_WORDS, CHANNEL_WORDS, STATUS_WORDS, TIER_WORDS, TIMELINE_WORDS


def test_nothing_is_without_words() -> None:
    assert set(STATUS_WORDS) == set(Status)
    assert set(CHANNEL_WORDS) == set(Channel)
    assert set(BY_WORDS) == set(By)
    assert set(TIMELINE_WORDS) == {*SHOWN, Verb.REPLY.value}
    assert {team.tier for team in read_routing().teams} <= set(TIER_WORDS)
