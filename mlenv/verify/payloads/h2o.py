"""H2O: the Java that it wants; from ``standard`` on a server of its own, a sum and a regression."""

import contextlib
import os
import socket

from ._java import require_java
from ._verdicts import Failure

# Its classes are of Java 8; reading that from an archive of 265 MB takes longer than asking Java.
OLDEST_JAVA = 8
WEIGHT, INTERCEPT = 3.0, 4.0
LIMIT = 1e-6


def check(session):
    # Nothing is reported to its makers, neither by the client nor by the server.
    os.environ.update(DO_NOT_TRACK="1", H2O_DISABLE_STRICT_VERSION_CHECK="1")
    h2o = session.import_modules("h2o")
    session.stay_on_cpu("H2O's own code")
    with session.check("java") as note:
        own = os.environ.get("H2O_JAVA_HOME")
        if own:
            os.environ["JAVA_HOME"] = own
        path, release = require_java(f"H2O {session.version}", OLDEST_JAVA, home_first=bool(own))
        note.measured = {"java": str(release)}
        note.detail = f"Java {release} ({path}) is there"
        if not session.reaches("standard"):
            note.detail += "; whether H2O accepts it shows at --level standard, where a server is started"
    if session.reaches("standard"):
        run_server(session, h2o)


def run_server(session, h2o):
    with contextlib.ExitStack() as ending:
        with session.check("compute", "cpu") as note:
            start(h2o, ending)
            frame = h2o.H2OFrame([[float(i), WEIGHT * i + INTERCEPT] for i in range(1000)], column_names=["a", "b"])
            found = float(frame["a"].sum())
            if found != 499500.0:
                raise Failure("wrong-number", f"a frame of 0 to 999 adds up to {found!r} and not to 499500")
            note.detail = "a server on 127.0.0.1 adds up a frame of 0 to 999"
        with session.check("regression", "cpu", vital=False) as note:
            found = regress(frame)
            wrong = max(abs(found["a"] - WEIGHT), abs(found["Intercept"] - INTERCEPT))
            if not wrong <= LIMIT:
                raise Failure(
                    "wrong-number", f"a generalised linear model found {found}, not a {WEIGHT}, Intercept {INTERCEPT}"
                )
            note.measured = {"error": wrong}
            note.detail = f"a generalised linear model finds slope 3 and intercept 4 (error {wrong:.1g})"


def start(h2o, ending):
    """Start a server on a free port of the loopback interface, which ends with the checks."""
    here = os.getcwd()
    # A proxy of the user is not asked for an address of this computer.
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost"
    ending.callback(end, h2o)
    h2o.init(
        ip="127.0.0.1",
        port=find_port(),
        nthreads=1,
        max_mem_size="512M",
        ice_root=here,
        log_dir=here,
        ignore_config=True,
        strict_version_check=False,
        # It unpacks native libraries, and leaves them where it is ended by force.
        jvm_custom_args=["-Djava.io.tmpdir=" + here],
        bind_to_localhost=True,
        verbose=False,
    )
    h2o.no_progress()


def find_port():
    """A port such that it and the next one are free: H2O takes two."""
    for _ in range(20):
        with socket.socket() as one, socket.socket() as next_one:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
            with contextlib.suppress(OSError, OverflowError):
                next_one.bind(("127.0.0.1", port + 1))
                return port
    raise Failure("no-port", "no two neighbouring ports of 127.0.0.1 are free")


def regress(frame):
    """The coefficients of a line through points without noise."""
    from h2o.estimators import H2OGeneralizedLinearEstimator

    model = H2OGeneralizedLinearEstimator(lambda_=0, standardize=False, family="gaussian")
    model.train(x=["a"], y="b", training_frame=frame)
    return model.coef()


def end(h2o):
    """Shut the server down where one was started."""
    cluster = h2o.cluster()
    if cluster is not None:
        cluster.shutdown()
