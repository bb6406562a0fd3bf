"""`/{language}/contact`: the form that reaches a person. It works without JavaScript and never loses what was typed."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from babel.numbers import get_currency_precision, is_currency
from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from app.errors import FieldProblem, Invalid, Unavailable
from app.tickets.draft import TicketDraft
from app.tickets.ticket import Channel, Money, OrderFacts, Requester
from app.web.context import PageOf, ServicesOf, caller_of, limited
from app.web.cookies import NEVER_KEPT
from app.web.form_words import SentForm, new_key, plain_lines
from app.web.pages import Page
from app.web.problems import with_patience
from app.web.shelves import SHELVES
from app.web.ticket_access import keep_ticket
from app.web.ticket_api import open_once
from app.web.ticket_shapes import page_of
from app.wording import N_

router = APIRouter(include_in_schema=False)

# By the field's name in the form: what it is called, and what to do when it cannot be taken as it is.
FAULTS = {
    "subject": (N_("What is it about?"), N_("Say in one line what it is about, at most 200 characters.")),
    "topic": (N_("Topic"), N_("Choose one of the topics.")),
    "body": (
        N_("What happened, and what did you expect?"),
        N_("Describe it in your own words, at most 20,000 characters."),
    ),
    "email": (N_("E-mail"), N_("Give one address, such as name@example.com.")),
    "name": (N_("Name"), N_("Give a name on one line, at most 100 characters.")),
    "phone": (
        N_("Phone, with country code"),
        N_("To be called back, give one number, such as +34 600 000 000."),
    ),
    "order_id": (N_("Order number"), N_("Give the order number too, on one line.")),
    "tracking_number": (N_("Tracking number"), N_("Give one tracking number, on one line.")),
    "amount": (N_("Amount"), N_("Give an amount above zero with a point before the cents, such as 123.45.")),
    "currency": (N_("Currency"), N_("Give the three letters of the currency, such as EUR.")),
    "delivered_on": (N_("Delivered on"), N_("Give the day as year-month-day, such as 2026-11-20.")),
}
_IN_FORM = {
    "order.order_id": "order_id",
    "order.tracking_number": "tracking_number",
    "order.amount.minor": "amount",
    "order.amount.currency": "currency",
}
# In the digits of any script, but of bounded length and without an exponent: "1e999999" is a number of a million digits.
_AMOUNT = re.compile(r"(?P<whole>\d{1,12})(?:[.,٫](?P<cents>\d{1,4}))?")
_TOPICS = frozenset(shelf.topic for shelf in SHELVES)


class ContactForm(SentForm):
    """What the form sends; a field that was left empty is an empty string."""

    subject: str = ""
    topic: str = ""
    body: str = ""
    channel: str = ""
    email: str = ""
    name: str = ""
    phone: str = ""
    order_id: str = ""
    tracking_number: str = ""
    amount: str = ""
    currency: str = ""
    delivered_on: str = ""
    time_zone: str = ""
    key: str = ""

    @property
    def has_order(self) -> bool:
        """Whether anything was said about an order."""
        return any((self.order_id, self.tracking_number, self.amount, self.currency, self.delivered_on))


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why the form came back: a sentence, and what is wrong with which field."""

    words: str = ""
    faults: tuple[FieldProblem, ...] = ()


@router.get("/{language}/contact")
def contact(page: PageOf, services: ServicesOf, topic: str = "", subject: str = "") -> HTMLResponse:
    """The form; an article's link brings its topic along."""
    form = ContactForm(topic=topic if topic in _TOPICS else "", subject=subject[:200])
    return _show(page, services, form)


@router.post("/{language}/contact", dependencies=[limited("ticket")])
def send(
    page: PageOf, request: Request, services: ServicesOf, form: Annotated[ContactForm, Form()]
) -> Response:
    """Open the ticket and go to its page; or show the form again, with everything that was typed."""
    try:
        draft = _draft(form, page.language)
        scope = f"{caller_of(request)} POST /contact"
        number, token = open_once(services, draft, scope, form.key or None)
    except Invalid as refusal:
        words = page.text(N_("Please look at these fields again. Nothing you wrote is lost."))
        return _show(page, services, form, Trouble(words, refusal.problems), 422)
    except Unavailable as refusal:
        words = page.text(
            N_(
                "We cannot take your request at this moment. Everything you wrote is still here: please send it again soon."
            )
        )
        return with_patience(_show(page, services, form, Trouble(words), 503), refusal)
    response = RedirectResponse(f"{page_of(number)}?language={page.language}&done=opened", 303, NEVER_KEPT)
    keep_ticket(response, request, number, token)
    return response


def _draft(form: ContactForm, language: str) -> TicketDraft:
    problems: list[FieldProblem] = []
    order = _order(form, problems) if form.has_order else None
    if form.topic and form.topic not in _TOPICS:
        problems.append(FieldProblem("topic", "there is no such topic"))
    if not form.email.strip():
        problems.append(FieldProblem("email", "is missing"))
    if problems:
        raise Invalid(f"{problems[0].field}: {problems[0].message}", problems=problems)
    return TicketDraft(
        subject=form.subject.strip(),
        body=plain_lines(form.body),
        language=language,
        requester=Requester(form.email.strip(), form.name.strip() or None, form.phone.strip() or None),
        channel=Channel.PHONE if form.channel == "phone" else Channel.IN_APP,
        topic=form.topic or None,
        time_zone=form.time_zone or None,
        order=order,
    )


def _order(form: ContactForm, problems: list[FieldProblem]) -> OrderFacts:
    if not form.order_id.strip():
        problems.append(FieldProblem("order_id", "is missing"))
    delivered_on = None
    if form.delivered_on.strip():
        try:
            delivered_on = date.fromisoformat(form.delivered_on.strip())
        except ValueError:
            problems.append(FieldProblem("delivered_on", "is no day"))
    money = _money(form, problems) if form.amount.strip() or form.currency.strip() else None
    return OrderFacts(form.order_id.strip(), money, form.tracking_number.strip() or None, delivered_on)


def _money(form: ContactForm, problems: list[FieldProblem]) -> Money | None:
    """The amount in minor units; how many of them make one depends on the currency (yen have none)."""
    currency = form.currency.strip().upper()
    if not is_currency(currency):
        problems.append(FieldProblem("currency", "is no currency"))
        return None
    places = get_currency_precision(currency)
    written = _AMOUNT.fullmatch(form.amount.strip())
    cents = (written and written["cents"]) or ""
    # More digits than the currency has cents: "1,000" may be a thousand, and must not become one.
    if not written or len(cents) > places or not (minor := int(written["whole"] + cents.ljust(places, "0"))):
        problems.append(FieldProblem("amount", "is no amount"))
        return None
    return Money(minor, currency)


def _show(
    page: Page, services: ServicesOf, form: ContactForm, trouble: Trouble | None = None, status: int = 200
) -> HTMLResponse:
    trouble = trouble or Trouble()
    wrong = dict.fromkeys(_IN_FORM.get(one.field, one.field) for one in trouble.faults)
    response = page.render(
        "contact.html",
        status=status,
        form=form,
        key=form.key or new_key(),
        trouble=trouble.words,
        faults={name: page.text(FAULTS[name][1]) for name in wrong if name in FAULTS},
        listed=[(name, page.text(FAULTS[name][0])) for name in FAULTS if name in wrong],
        contact_email=services.settings.contact_email,
        contact_phone=services.settings.contact_phone,
    )
    response.headers["cache-control"] = "no-store"
    return response
