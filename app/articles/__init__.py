"""Articles: a content folder of Markdown comes in; a checked library, passages and sanitised HTML go out.

May import `errors` and `languages`; knows nothing of search, tickets, storage or the web.
"""
