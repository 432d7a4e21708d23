"""Certificates that variables name."""

from __future__ import annotations

from mlenv.facts.system import Certificates
from mlenv.probe.host.certificates import read_certificates
from mlenv.probe.log import Log
from mlenv.system.host import FileStatus
from mlenv.system.recording import RecordedHost
from tests.unit.probe.probe_hosts import linux


def test_files_and_folders() -> None:
    environ = {
        "SSL_CERT_FILE": "~/company.pem",
        "SSL_CERT_DIR": "/etc/ssl/certs::/opt/certs",
        "PIP_CERT": "/gone.pem",
        "CURL_CA_BUNDLE": "",
        "REQUESTS_CA_BUNDLE": "/locked/ca.pem",
        "GIT_SSL_CAINFO": "/srv/ca.pem",
    }
    recording = linux(
        {"/home/ada/company.pem": "x", "/etc/ssl/certs/a.pem": "x"},
        environ=environ,
        errors={"/locked/ca.pem": "PermissionError"},
        statuses={"/srv/ca.pem": FileStatus(kind="file", mode=0o600)},
    )
    log = Log()
    assert read_certificates(RecordedHost(recording), log) == (
        Certificates(origin="SSL_CERT_FILE", path="~/company.pem", exists=True),
        Certificates(origin="SSL_CERT_DIR", path="/etc/ssl/certs", exists=True),
        Certificates(origin="SSL_CERT_DIR", path="/opt/certs", exists=False),
        Certificates(origin="REQUESTS_CA_BUNDLE", path="/locked/ca.pem"),
        Certificates(origin="PIP_CERT", path="/gone.pem", exists=False),
        Certificates(origin="GIT_SSL_CAINFO", path="/srv/ca.pem", exists=True),
    )
    assert [row.outcome for row in log.readings] == ["found", "found", "absent", "unreadable", "absent", "unreadable"]


def test_nothing_is_set() -> None:
    log = Log()
    assert read_certificates(RecordedHost(linux()), log) == ()
    assert log.readings == ()
