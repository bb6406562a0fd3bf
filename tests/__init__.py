"""The mirror of `app/`, and beside it journeys, browser, faults, quality, architecture and content."""
