"""Tests of `app/events`."""
