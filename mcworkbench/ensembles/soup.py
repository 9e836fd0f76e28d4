"""Model soups: which networks' parameters to average (arXiv:2203.05482), by any score."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def greedy_soup(
    own_errors: Sequence[float], error_of: Callable[[tuple[int, ...]], float]
) -> tuple[int, ...]:
    """Return the places of the networks in the greedy soup, in the order they were taken.

    From the best network on, each is kept if the soup with it is no worse than the soup without.

    Args:
        own_errors: of each network alone, lower is better.
        error_of: of the mean of the networks at these places.
    """
    order = sorted(range(len(own_errors)), key=lambda place: own_errors[place])
    chosen, best = (order[0],), own_errors[order[0]]
    for place in order[1:]:
        tried = (*chosen, place)
        error = error_of(tried)
        if error <= best:
            chosen, best = tried, error
    return chosen
