"""Whether the places of a lock can be reached."""

from __future__ import annotations

import pytest

from mlenv.cli.reach import demand_reach
from mlenv.errors import NoVerdictError
from mlenv.plan.lock import Lock, LockedFile, LockedPackage
from mlenv.system.page import Page


def lock(*urls: str) -> Lock:
    files = [LockedFile(hashes={}, url=url) for url in urls]
    return Lock(packages=tuple(LockedPackage(name=f"p{number}", wheels=(file,)) for number, file in enumerate(files)))


class Net:
    """Answers by host: a state and a detail."""

    def __init__(self, **states: str) -> None:
        self.states = states
        self.asked: list[str] = []

    def __call__(self, url: str) -> Page:
        self.asked.append(url)
        detail = self.states.get(url.split("/")[2].split(".")[0], "")
        return Page(state="unreachable" if detail else "found", detail=detail)


def test_each_server_is_asked_once() -> None:
    net = Net()
    demand_reach(lock("https://a.example/1", "https://a.example/2", "https://b.example/3", "file:///srv/4"), net)
    assert ["https://a.example/1", "https://b.example/3"] == net.asked


def test_a_server_that_is_silent_is_named() -> None:
    with pytest.raises(NoVerdictError, match=r"nothing was begun \(b\.example: connection refused\)"):
        demand_reach(lock("https://a.example/1", "https://b.example/2"), Net(b="connection refused"))


def test_a_server_that_refuses_is_there() -> None:
    demand_reach(lock("https://a.example/1"), Net(a="HTTP 401"))
