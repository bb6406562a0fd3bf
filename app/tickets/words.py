"""The English words for what requesters see of a ticket; the pages translate them."""

from collections.abc import Mapping

from app.tickets.ticket import By, Channel, Status
from app.wording import N_

STATUS_WORDS: Mapping[Status, str] = {
    Status.NEW: N_("We have your request"),
    Status.OPEN: N_("A specialist is working on it"),
    Status.PENDING: N_("We are waiting for your answer"),
    Status.ON_HOLD: N_("We are waiting for another department"),
    Status.SOLVED: N_("Solved"),
    Status.CLOSED: N_("Closed"),
}

TIER_WORDS: Mapping[int, str] = {
    0: N_("Self-help"),
    1: N_("Partner support"),
    2: N_("Specialist team"),
    3: N_("Advanced resolution team"),
    4: N_("Executive review"),
}

CHANNEL_WORDS: Mapping[Channel, str] = {
    Channel.CHAT: N_("Chat"),
    Channel.EMAIL: N_("E-mail"),
    Channel.PHONE: N_("Phone call-back"),
    Channel.IN_APP: N_("Form"),
}

BY_WORDS: Mapping[By, str] = {
    By.REQUESTER: N_("You"),
    By.AGENT: N_("Support"),
    By.SYSTEM: N_("Handrail"),
    By.BOT: N_("Assistant"),
}

TIMELINE_WORDS: Mapping[str, str] = {
    "opened": N_("Request opened"),
    "replied": N_("Reply"),
    "assigned": N_("A person took on your request"),
    "solved": N_("Marked as solved"),
    "reopened": N_("Opened again"),
    "withdrawn": N_("Withdrawn"),
    "contact_added": N_("Contact details added"),
}
