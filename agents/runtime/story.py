"""What is stored of a run so far, read once: its fence makes one worker the only one who adds to it."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from agents.pipeline.models import LaneResult, Run, Snapshot, ToolCall, Turn
from governance.memory.recalling import filled
from governance.uow import UnitOfWork


class Story:
    """Context, conversation and lanes of one run; each is looked up when it is first needed, in a transaction."""

    def __init__(self, run: Run) -> None:
        self.run = run
        if not run.fence:  # nobody has executed it yet
            self.turns = []

    @cached_property
    def fragments(self) -> list[dict[str, Any]]:
        """The frozen context of the newest snapshot, with the words of what is still remembered as it was then."""
        newest = Snapshot.objects.filter(run=self.run).order_by("-id").values_list("fragments", flat=True)[:1]
        return filled(next(iter(newest), []))

    @cached_property
    def turns(self) -> list[dict[str, Any]]:
        """The conversation as the model saw it, after its first turn."""
        return list(Turn.objects.filter(run=self.run).order_by("seq").values("role", "content"))

    @cached_property
    def lanes(self) -> dict[str, LaneResult]:
        return {row.lane: row for row in LaneResult.objects.filter(run=self.run)}

    def calls(self) -> list[ToolCall]:
        """The tool calls of the run as they stand now, in order; not asked for when the model never made one."""
        if not any(_asks_for_tools(turn) for turn in self.turns):
            return []
        return list(ToolCall.objects.filter(run=self.run).order_by("turn", "position"))

    def say(self, uow: UnitOfWork, role: str, content: Any) -> int:
        """Adds a turn with the unit of work; its number."""
        seq = len(self.turns)
        uow.add(Turn(run=self.run, seq=seq, role=role, content=content))
        uow.after_commit.append(lambda: self.turns.append({"role": role, "content": content}))
        return seq

    def move(self, uow: UnitOfWork, lane: str, **values: Any) -> None:
        """Changes a lane with the unit of work."""
        row = self.lanes.get(lane)
        if row is None:
            return
        for name, value in values.items():
            setattr(row, name, value)
        uow.change(row, *values)


def _asks_for_tools(turn: dict[str, Any]) -> bool:
    return turn["role"] == "assistant" and any(block["type"] == "tool_use" for block in turn["content"])
