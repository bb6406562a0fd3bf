"""The help centre's pages: home, topic, article, search. One file a page."""
