"""Tests of `app/sla`."""
