"""Who works here and what they may do; and what a name, an address or a text of any person may look like.

In: passwords, sign-in tokens, what people typed. Out: `Person`, `SignIn`, faults in plain words.
May import: events, storage, languages, errors.
"""
