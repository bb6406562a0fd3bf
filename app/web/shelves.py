"""The eight topics as readers see them: name, one line of description, and the icon in `static/img/icons.svg`."""

from dataclasses import dataclass

from app.wording import N_


@dataclass(frozen=True, slots=True)
class Shelf:
    """One topic. `name` and `description` are English message ids, translated where they are shown."""

    topic: str
    name: str
    description: str


SHELVES = (
    Shelf(
        "getting-started", N_("Getting started"), N_("Open an account, verify it, and run a first campaign")
    ),
    Shelf("campaigns", N_("Campaigns"), N_("Create ads, set budgets, and pass review")),
    Shelf("performance", N_("Performance"), N_("Read your numbers and make them better")),
    Shelf("billing", N_("Billing"), N_("Charges, invoices, payment methods, and credits")),
    Shelf("account-health", N_("Account health"), N_("Statuses, warnings, ratings, and appeals")),
    Shelf("orders-and-returns", N_("Orders and returns"), N_("Deliveries, returns, and refunds to shoppers")),
    Shelf("claims-and-disputes", N_("Claims and disputes"), N_("Chargebacks, guarantee claims, and reviews")),
    Shelf("contacting-support", N_("Contacting support"), N_("Reach a person and follow your ticket")),
)
_BY_TOPIC = {shelf.topic: shelf for shelf in SHELVES}

KINDS = {
    "faq": N_("Questions"),
    "tutorial": N_("Step by step"),
    "troubleshooting": N_("Troubleshooting"),
    "video": N_("Video"),
}
"""The kinds of article, by the name on the filter (English message id)."""


def shelf_of(topic: str) -> Shelf:
    """The shelf of a topic; one that editors added without a line here is named after its folder."""
    return _BY_TOPIC.get(topic) or Shelf(topic, topic.replace("-", " ").capitalize(), "")
