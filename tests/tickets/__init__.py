"""Tests of `app/tickets`."""
