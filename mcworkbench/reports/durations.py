"""Times and rates as text: the one owner of how long things take, in words."""

from __future__ import annotations

_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86400
_KILO = 1000
_MANY = 10


def clock(seconds: float) -> str:
    """Return a time as 0:07, 12:34 or 1:02:03."""
    whole = max(0, round(seconds))
    hours, rest = divmod(whole, _HOUR_S)
    minutes, left = divmod(rest, _MINUTE_S)
    return f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes}:{left:02d}"


def seconds_text(seconds: float) -> str:
    """Return a time spent: 3.2 s, else as `clock`."""
    return f"{seconds:.1f} s" if seconds < _MINUTE_S else clock(seconds)


def age_text(seconds: float) -> str:
    """Return an age in its largest whole unit: 12 s, 5 min, 3 h, 2 d."""
    seconds = max(0.0, seconds)
    for size, unit in ((_DAY_S, "d"), (_HOUR_S, "h"), (_MINUTE_S, "min")):
        if seconds >= size:
            return f"{seconds // size:.0f} {unit}"
    return f"{seconds:.0f} s"


def rate_text(rate: float) -> str:
    """Return units per second in three digits or so: 0.42, 8.1, 812, 12.3k."""
    if rate >= _MANY * _KILO:
        return f"{rate / _KILO:.1f}k"
    return f"{rate:.0f}" if rate >= _MANY else f"{rate:.2g}"
