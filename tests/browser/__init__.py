"""A real browser against a real server: the feature as partners and agents meet it."""
