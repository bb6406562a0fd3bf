"""What happened: one append-only log of who did what to which thing, and when.

In: an `Event` from every verb, inside the verb's own transaction. Out: the events of one thing, oldest first.
May import: storage, errors.
"""
