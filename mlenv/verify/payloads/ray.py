"""Ray: functions that go through its pickling; from ``standard`` on a cluster of one core, and each GPU's task.

Starting a cluster takes seconds to half a minute on a small machine.
"""

import contextlib
import os
import shutil
import sys
import tempfile

from ._verdicts import Failure

# A socket's path may have 107 bytes (103 on a Mac), and Ray's own part of it takes 65.
LONGEST_FOLDER = 38
STORE = 80 * 2**20
NO_GPU = ("auto", "cpu")


def check(session):
    prepare()
    ray = session.import_modules("ray")
    with session.check("pickle", "cpu") as note:
        compare("a function out of its pickle", send_function(ray), 285)
        note.detail = "a function and what it refers to went through Ray's pickling"
        if not session.reaches("standard"):
            note.detail += "; a cluster of one core is started at --level standard"
    if not session.reaches("standard"):
        session.skip_device("Ray hands GPUs to tasks, and a cluster is started at --level standard")
        return
    with contextlib.ExitStack() as ending:
        run_cluster(session, ray, ending)


def prepare():
    """No report to its makers, no cluster of the user's, the loopback interface alone."""
    os.environ.update(
        RAY_USAGE_STATS_ENABLED="0", RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER="0", RAY_DISABLE_IMPORT_WARNING="1"
    )
    for name in ("RAY_ADDRESS", "RAY_NAMESPACE", "RAY_JOB_CONFIG_JSON_ENV_VAR", "RAY_RUNTIME_ENV_HOOK"):
        os.environ.pop(name, None)


def send_function(ray):
    """The sum of squares by a function that was pickled by value and read again."""
    offset = 0
    packed = ray.cloudpickle.dumps(lambda: sum(number * number + offset for number in range(10)))
    return ray.cloudpickle.loads(packed)()


def compare(what, found, expected):
    if found != expected:
        raise Failure("wrong-number", f"{what} gives {found!r} and must give {expected!r}")


def run_cluster(session, ray, ending):
    with session.check("cluster", "cpu") as note:
        start(ray, session.asked, ending)
        note.detail = "a cluster of one core runs on this computer"
    with session.check("device") as note:
        gpus = int(ray.cluster_resources().get("GPU", 0))
        if not gpus and session.asked not in NO_GPU:
            raise Failure("device-missing", f"{session.asked} was asked for, and Ray sees no GPU on this computer")
        note.device = "gpu" if gpus else "cpu"
        note.detail = f"Ray offers {gpus} GPUs to tasks" if gpus else "the CPU: Ray offers no GPU to tasks"
    with session.check("compute", "cpu") as note:
        square = ray.remote(lambda number: (number * number, os.getpid()))
        answers = ray.get([square.remote(number) for number in range(10)])
        compare("ten tasks' sum of squares", sum(answer[0] for answer in answers), 285)
        if os.getpid() in {answer[1] for answer in answers}:
            raise Failure("wrong-process", "the tasks ran in the driver's own process and not in a worker")
        compare("a list through the object store", ray.get(ray.put(list(range(1000)))), list(range(1000)))
        note.detail = "ten tasks in a worker give 285, and 1000 numbers come back from the object store"
    if gpus:
        with session.check("gpu-task", "gpu", vital=False) as note:
            note.detail = prove_gpu(ray)


def start(ray, asked, ending):
    """Start a cluster whose files lie in a folder with a short name, and which ends with the checks."""
    here = os.getcwd()
    folder = os.path.join(here, "ray")
    if len(folder) > LONGEST_FOLDER and sys.platform != "win32":
        folder = tempfile.mkdtemp(prefix="mlenv-", dir="/tmp")
        ending.callback(shutil.rmtree, folder, ignore_errors=True)
    ending.callback(ray.shutdown)
    try:
        init(ray, folder, asked)
    except Exception as error:
        # Ray gives its processes 30 s; from a slow disk the first start takes longer, and the next does not.
        if "timed out during startup" not in str(error):
            raise
        ray.shutdown()
        init(ray, folder, asked)


def init(ray, folder, asked):
    none = {"num_gpus": 0} if asked == "cpu" else {}
    ray.init(
        address="local",
        num_cpus=1,
        include_dashboard=False,
        object_store_memory=STORE,
        _temp_dir=folder,
        log_to_driver=False,
        **none,
    )


def prove_gpu(ray):
    """A sentence where a task that asks for one GPU is given one."""

    def look():
        import ray

        return [str(number) for number in ray.get_gpu_ids()], os.environ.get("CUDA_VISIBLE_DEVICES")

    given, visible = ray.get(ray.remote(num_gpus=1)(look).remote(), timeout=120)
    if len(given) != 1 or (visible is not None and len(visible.split(",")) != 1):
        raise Failure("wrong-device", f"a task that asked for one GPU was given {given} and sees {visible!r}")
    return f"a task that asked for one GPU was given GPU {given[0]} and sees no other"
