"""The confluence: a question in; an answer with citations out, or a person with a ticket.

In: what a visitor writes, search results, the desk. Out: `Turn`s of a `Conversation`, through `Dialogue`.
May import: search, tickets and all that stands below them.
"""
