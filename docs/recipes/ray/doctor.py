"""mlenv on every node of a Ray cluster, a document a node.

usage: python doctor.py MLENV_PYZ REPORTS [OPTION...]     options go to `mlenv doctor`
       mlenv report merge REPORTS

The file travels through Ray's object store; nothing stays on the nodes.  A node that is dead, busy
beyond the time limit or without a report becomes a document that says so.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

SECONDS = 120


def diagnose(content: bytes, options: list[str], seconds: int) -> tuple[str, str]:
    """Run the file on the node that this task is on: what it said, and what it said beside."""
    with tempfile.TemporaryDirectory(prefix="mlenv-") as folder:
        pyz = Path(folder, "mlenv.pyz")
        pyz.write_bytes(content)
        environ = {**os.environ, "MLENV_PYZ_BESIDE": "1", "MLENV_PYZ_SECONDS": str(seconds)}
        command = [sys.executable, str(pyz), "doctor", "--format", "json", "-q", *options]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    return done.stdout, done.stderr


def document_of(host: str, said: str, beside: str) -> str:
    """The report, else the document of a host without one."""
    if '"schema"' in said:
        return said
    reason = " ".join(beside.split())[:400] or "no report came back"
    return json.dumps({"schema": "mlenv.unreachable/1", "host": host, "reason": reason}) + "\n"


def names_of(nodes: list[dict[str, Any]]) -> dict[str, str]:
    """A name for each node by its id: its host's, with the id where several share one."""
    hosts = [node["NodeManagerHostname"] for node in nodes]
    return {
        node["NodeID"]: host if hosts.count(host) == 1 else f"{host}-{node['NodeID'][:8]}"
        for node, host in zip(nodes, hosts, strict=True)
    }


def main(pyz: Path, reports: Path, options: list[str]) -> None:
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    ray.init(address="auto")
    reports.mkdir(parents=True, exist_ok=True)
    content = ray.put(pyz.read_bytes())
    nodes = ray.nodes()
    names = names_of(nodes)
    task = ray.remote(num_cpus=0, max_retries=0)(diagnose)
    tasks = {
        task.options(scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)).remote(
            content, options, SECONDS
        ): names[node["NodeID"]]
        for node in nodes
        if node["Alive"]
    }
    texts = {names[node["NodeID"]]: document_of(names[node["NodeID"]], "", "dead to Ray") for node in nodes}
    ready, late = ray.wait(list(tasks), num_returns=len(tasks), timeout=SECONDS + 60)
    for answer in ready:
        try:
            said, beside = ray.get(answer)
        except ray.exceptions.RayError as error:
            said, beside = "", str(error)
        texts[tasks[answer]] = document_of(tasks[answer], said, beside)
    for answer in late:
        texts[tasks[answer]] = document_of(tasks[answer], "", f"no report within {SECONDS + 60} s")
    for name, text in texts.items():
        (reports / f"{name}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
