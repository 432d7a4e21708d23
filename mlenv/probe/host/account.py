"""What the user who runs mlenv may do, without a name."""

from __future__ import annotations

from mlenv.facts.system import Account
from mlenv.probe.log import Log
from mlenv.system.host import Host

# The groups of the distributions that own device nodes and the sockets of container engines.
# Others stay on the machine: their names may tell who somebody is, or where they work.
DEVICE_GROUPS = frozenset(
    {"docker", "kvm", "libvirt", "lxd", "nvidia", "nvidia-persistenced", "podman", "render", "vglusers", "video"}
)


def read_account(host: Host, log: Log) -> Account:
    """The groups that devices ask for, and whether this is root or an elevated administrator."""
    source = "IsUserAnAdmin" if host.identity.system == "windows" else "getgroups"
    try:
        rights = host.account(DEVICE_GROUPS)
    except OSError as error:
        log.unreadable("account", source, type(error).__name__)
        return Account()
    log.found("account", source)
    if host.identity.system == "windows":
        return Account(administrator=rights.administrator)
    return Account(groups=rights.groups, administrator=rights.administrator)
