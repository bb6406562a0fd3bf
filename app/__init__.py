"""Handrail: a help centre that knows when to fetch a person. The map is in `app/README.md`."""
