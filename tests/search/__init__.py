"""The mirror of app/search."""
