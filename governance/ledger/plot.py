"""The drawing of a burn-down, in whole units of its own grid, which the page stretches to where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from governance.ledger.burning import Burn

WIDTH, HEIGHT = 720, 200


@dataclass(frozen=True, slots=True)
class Plot:
    """`line`: what was left; `ahead`: where the last seven days lead, "" when they lead nowhere."""

    line: str
    area: str
    ahead: str
    now_x: int
    quarters: list[int]
    width: int = WIDTH
    height: int = HEIGHT


def plot_of(burn: Burn) -> Plot:
    last = burn.end or (burn.empty_at or burn.now) + timedelta(days=1)
    span = max((last - burn.start).total_seconds(), 1)

    def x(at: datetime) -> int:
        part = min(max((at - burn.start).total_seconds(), 0), span)
        return int(WIDTH * part / span)

    def y(left: int) -> int:
        whole = max(burn.cap.limit, 1)
        return HEIGHT - HEIGHT * min(max(left, 0), whole) // whole

    points, left = [(x(burn.start), y(burn.cap.limit))], burn.cap.limit
    step = timedelta(hours=1) if burn.by_hour else timedelta(days=1)
    for one in burn.steps:
        points += [(x(one.at), y(left)), (x(min(one.at + step, burn.now)), y(one.left))]
        left = one.left
    points.append((x(burn.now), y(left)))
    line = " ".join(f"{px},{py}" for px, py in points)
    area = f"{points[0][0]},{HEIGHT} {line} {points[-1][0]},{HEIGHT}"
    there = _there(burn)
    ahead = f"{points[-1][0]},{points[-1][1]} {x(there[0])},{y(there[1])}" if there else ""
    return Plot(line, area, ahead, points[-1][0], [y(burn.cap.limit * part // 4) for part in range(5)])


def _there(burn: Burn) -> tuple[datetime, int] | None:
    """Where the dashed line ends, if there is one."""
    if not burn.recent or not burn.left:
        return None
    if burn.empty_at is not None:
        return burn.empty_at, 0
    return (burn.end, burn.left_at_end or 0) if burn.end is not None else None
