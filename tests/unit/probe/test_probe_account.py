"""The rights of the user."""

from __future__ import annotations

from collections.abc import Container

from mlenv.facts.system import Account
from mlenv.probe.host.account import read_account
from mlenv.probe.log import Log
from mlenv.system.host import AccountRights, Identity
from mlenv.system.recording import RecordedHost, Recording
from tests.unit.probe.probe_hosts import linux

WINDOWS = Identity(system="windows", release="10.0.22631", machine="AMD64")


class BrokenHost(RecordedHost):
    """A machine that does not say who runs the process."""

    def account(self, groups: Container[str]) -> AccountRights:
        raise PermissionError


def test_only_groups_of_devices_and_engines_are_kept() -> None:
    rights = AccountRights(groups=("ada", "docker", "secret-project", "video", "1042"))
    assert read_account(RecordedHost(linux(account=rights)), Log()) == Account(
        groups=("docker", "video"), administrator=False
    )


def test_root() -> None:
    rights = AccountRights(groups=("root",), administrator=True)
    assert read_account(RecordedHost(linux(account=rights)), Log()) == Account(groups=(), administrator=True)


def test_windows_has_no_such_groups() -> None:
    recording = Recording(identity=WINDOWS, account=AccountRights(administrator=True))
    assert read_account(RecordedHost(recording), Log()) == Account(administrator=True)


def test_account_that_cannot_be_asked() -> None:
    log = Log()
    assert read_account(BrokenHost(linux()), log) == Account()
    assert [(row.id, row.outcome) for row in log.readings] == [("account", "unreadable")]
