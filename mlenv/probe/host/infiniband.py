"""The ports of InfiniBand and RoCE adapters."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.facts.hardware import NetworkPort
from mlenv.facts.pattern import lazy
from mlenv.probe.log import Log, names_in, peek, try_folder
from mlenv.system.host import Host

FOLDER = "/sys/class/infiniband"
SUBJECT = "network_ports"
_STATE = lazy(r"(?:[0-9]{1,3}: )?([A-Z][A-Za-z_]{1,40})")
_RATE = lazy(r"([0-9]{1,6}(?:\.[0-9]{1,6})?) Gb/sec\b")
_PORT = lazy(r"[0-9]{1,6}")


def read_network_ports(host: Host, log: Log) -> tuple[NetworkPort, ...] | None:
    """The ports of every adapter, by the name of the device and the number of the port."""
    if host.identity.system != "linux":
        log.not_asked(SUBJECT, FOLDER, "only Linux shows it")
        return None
    devices = try_folder(host, log, SUBJECT, FOLDER)
    if not devices:
        return None if devices is None else ()
    ports = tuple(port for device in devices for port in _read_ports(host, device))
    if ports:
        log.found(SUBJECT, FOLDER, f"{len(ports)} ports")
    else:
        log.absent(SUBJECT, FOLDER, "no adapter")
    return ports


def _read_ports(host: Host, device: str) -> Iterator[NetworkPort]:
    numbers = [int(name) for name in names_in(host, f"{FOLDER}/{device}/ports") if _PORT.fullmatch(name)]
    for number in sorted(numbers):
        folder = f"{FOLDER}/{device}/ports/{number}"
        yield NetworkPort(
            device=device,
            port=number,
            state=parse_state(peek(host, f"{folder}/state") or ""),
            rate=parse_rate(peek(host, f"{folder}/rate") or ""),
            layer=(peek(host, f"{folder}/link_layer") or "").strip() or None,
        )


# 4: ACTIVE
def parse_state(text: str) -> str | None:
    """The state of the logical link: ``ACTIVE``, ``DOWN``, ``INIT``, ``ARMED``."""
    match = _STATE.fullmatch(text.strip())
    return match[1] if match else None


# 400 Gb/sec (4X NDR)  ;  2.5 Gb/sec (1X SDR)
def parse_rate(text: str) -> float | None:
    """The rate in Gbit/s."""
    match = _RATE.match(text.strip())
    return float(match[1]) if match else None
