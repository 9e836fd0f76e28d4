"""The folder of one run: which stages it names, under which labels, and who supervises it.

runs/<id>/ {run.json preset.toml request.json waiting.json supervisor.log supervisor.lock}.
run.json is written once, by `actions.create_run`; a run has no events of its own. What is read
may come from someone else: it comes back checked and clean, or as None.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, final

from mcworkbench.folders import publish_json, runs_root
from mcworkbench.runs.documents import integer, line, mapping, number, read_document, strings
from mcworkbench.runs.locks import Lock, is_locked, try_lock
from mcworkbench.runs.names import check_run_id, is_stage_key
from mcworkbench.runs.request import StopRequest, clear_request, read_request
from mcworkbench.text import clean, clean_line

FORMAT = 1
_MAX_NODES = 10_000


@dataclass(frozen=True, slots=True)
class NodeDocument:
    """One named stage of a run; `inputs` maps a role to a node of the run or to a stage key."""

    key: str
    kind: str
    label: str
    inputs: dict[str, str]
    reused: bool


@dataclass(frozen=True, slots=True)
class RunDocument:
    """run.json, checked: text is one clean line, numbers are numbers, keys are keys.

    Attributes:
        created: Unix seconds.
        expect: published numbers to compare with, as the preset gives them.
        trusted: its user let classes of their own run for it.
        newer: the folder was written by a later version of the workbench.
    """

    id: str
    name: str
    kind: str
    title: str
    created: float
    group: str
    tags: tuple[str, ...]
    seed: int
    device: str
    threads: int
    slots: int
    version: str
    nodes: dict[str, NodeDocument]
    expect: dict[str, Any]
    command: tuple[str, ...]
    fresh: bool
    trusted: bool
    notes: tuple[str, ...]
    newer: bool


@final
class RunFolder:
    """Where one run lives, by its id."""

    def __init__(self, run_id: str) -> None:
        """Name the folder; nothing is touched.

        Raises:
            InvalidInputError: `run_id` is not the id of a run.
        """
        self.id = check_run_id(run_id)
        self.path = runs_root() / run_id
        self.document_path = self.path / "run.json"
        self.preset_path = self.path / "preset.toml"
        self.lock_path = self.path / "supervisor.lock"
        self.log_path = self.path / "supervisor.log"
        self.waiting_path = self.path / "waiting.json"

    def exists(self) -> bool:
        """Return whether the folder is there."""
        return self.document_path.is_file()

    def document(self) -> RunDocument | None:
        """Return run.json, or None where it is absent, damaged or another run's."""
        document = read_document(self.document_path)
        return parse_run(document) if document.get("id") == self.id else None

    def take_lock(self) -> Lock | None:
        """Return the right to supervise the run, or None while another process has it."""
        return try_lock(self.lock_path, holder=self.id)

    def is_supervised(self) -> bool:
        """Return whether a live supervisor runs it."""
        return is_locked(self.lock_path)

    def supervised_since_s(self) -> float | None:
        """Return when a supervisor last took over, Unix seconds; None where none ever did."""
        try:
            status = self.lock_path.stat()
        except OSError:
            return None
        return status.st_mtime if status.st_size else None

    def request(self) -> StopRequest:
        """Return what the user asked for."""
        return read_request(self.path)

    def clear_request(self) -> None:
        """Forget an old stop request; call it before starting a supervisor."""
        clear_request(self.path)

    def say_waiting(self, reason: str) -> None:
        """Publish what the supervisor waits for; an empty reason takes it back."""
        if reason:
            document = {"reason": clean_line(reason), "at": time.time()}
            publish_json(self.waiting_path, document)
        else:
            self.waiting_path.unlink(missing_ok=True)

    def waiting_reason(self) -> str:
        """Return what the supervisor last said it waits for, or ''."""
        return line(read_document(self.waiting_path).get("reason"))


def parse_run(document: dict[str, Any]) -> RunDocument | None:
    """Return the checked form of run.json, or None where it names no usable nodes."""
    if not isinstance(document.get("nodes"), dict):
        return None
    nodes: dict[str, NodeDocument] = {}
    for name, raw_node in list(mapping(document["nodes"]).items())[:_MAX_NODES]:
        node = _parse_node(name, raw_node)
        if node is None:
            return None
        nodes[clean_line(name)] = node
    return RunDocument(
        id=line(document.get("id")),
        name=line(document.get("name")),
        kind=line(document.get("kind")),
        title=line(document.get("title")),
        created=number(document.get("created")),
        group=line(document.get("group")),
        tags=tuple(map(clean_line, strings(document.get("tags")))),
        seed=integer(document.get("seed")),
        device=line(document.get("device")),
        threads=integer(document.get("threads")),
        slots=integer(document.get("slots")),
        version=line(document.get("version")),
        nodes=nodes,
        expect=mapping(document.get("expect")),
        command=tuple(map(clean_line, strings(document.get("command")))),
        fresh=document.get("fresh") is True,
        trusted=document.get("trusted") is True,
        notes=tuple(clean(note) for note in strings(document.get("notes"))),
        newer=number(document.get("format")) > FORMAT,
    )


def _parse_node(name: str, raw: Any) -> NodeDocument | None:
    node = mapping(raw)
    key = node.get("key")
    if not isinstance(key, str) or not is_stage_key(key):
        return None
    inputs = mapping(node.get("inputs"))
    return NodeDocument(
        key=key,
        kind=line(node.get("kind")),
        label=line(node.get("label")) or clean_line(name),
        inputs={clean_line(role): line(source) for role, source in inputs.items()},
        reused=node.get("reused") is True,
    )
