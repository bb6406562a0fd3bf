"""Tests of `app/people`."""
