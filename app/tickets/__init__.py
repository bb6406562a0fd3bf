"""Requests for a person: opened, routed, answered, solved; each with its promise and its trail.

In: a `TicketDraft` from a form or from the chat (which it does not know), and the verbs of requester and staff.
Out: `Ticket`, and two views of it: the requester's and the agent's.
May import: people, sla, events, storage, wording (to mark words), languages, errors.
"""
