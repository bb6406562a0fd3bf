"""How often one caller may do what. Named budgets, counted in memory by the caller's address."""

import time

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from app.errors import TooMany

# Budgets are for one address: an office behind one address must fit in, a script that guesses must not.
BUDGETS = {
    "search": "240/minute",
    "suggest": "600/minute",
    "chat": "60/minute",
    "conversation": "30/minute",
    "ticket": "20/minute",
    "vote": "60/minute",
    "sign-in": "10/minute",
    "write": "120/minute",
}


class Limiter:
    """Counts calls per budget and caller; with `on=False` (load tests) it lets everything through."""

    def __init__(self, *, on: bool = True) -> None:
        self._on = on
        self._budgets: dict[str, RateLimitItem] = {name: parse(text) for name, text in BUDGETS.items()}
        self._window = MovingWindowRateLimiter(MemoryStorage())

    def take(self, budget: str, caller: str) -> None:
        """Counts one call; `TooMany` with the seconds to wait when the budget is spent."""
        if not self._on:
            return
        item = self._budgets[budget]
        if not self._window.hit(item, budget, caller):
            reset_at = self._window.get_window_stats(item, budget, caller).reset_time
            raise TooMany(
                "Too many requests. Please wait a moment.",
                retry_after_s=max(1, round(reset_at - time.time())),
            )
