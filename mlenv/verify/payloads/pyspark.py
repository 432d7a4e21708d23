"""Spark: the Java that it wants; from ``standard`` on a session on one core, and a regression of MLlib.

A session takes half a minute to start on a small machine, so ``quick`` proves what it most often
fails for: the Java of this computer.
"""

import contextlib
import glob
import operator
import os
import subprocess
import sys

from ._common import is_there
from ._java import read_wanted, require_java
from ._verdicts import Failure, Skipped

LAUNCHER = "org/apache/spark/launcher/Main.class"
WEIGHTS, INTERCEPT = (1.0, 2.0, 3.0), 4.0
LIMIT = 1e-8
# What would send the session to a cluster, or read settings that are none of the installation's.
ELSEWHERE = ("SPARK_REMOTE", "PYSPARK_SUBMIT_ARGS", "HADOOP_CONF_DIR", "YARN_CONF_DIR", "SPARK_CONNECT_MODE_ENABLED")


def check(session):
    pyspark = session.import_modules("pyspark")
    session.stay_on_cpu("Spark")
    with session.check("java") as note:
        home = find_home()
        wanted = read_wanted(find_launcher(home), LAUNCHER)
        path, release = require_java(f"Spark {pyspark.__version__}", wanted)
        note.measured = {"java": str(release)}
        note.detail = f"Java {release} ({path}) can run this Spark, which wants {wanted} or newer"
        if not session.reaches("standard"):
            note.detail += "; a session is started at --level standard"
    if session.reaches("standard"):
        run_session(session)


def find_home():
    """The folder of Spark that the session will use: that of SPARK_HOME, else the package's own."""
    from pyspark.find_spark_home import _find_spark_home

    return _find_spark_home()


def find_launcher(home):
    """The archive that starts Spark."""
    folder = os.path.join(home, "jars")
    found = sorted(glob.glob(os.path.join(folder, "spark-launcher_*.jar")))
    if not found:
        raise Failure(
            "broken-install", f"{folder} holds no spark-launcher: an incomplete install, or a wrong SPARK_HOME"
        )
    return found[0]


def run_session(session):
    """Start a session, compute in it, and end it together with its Java machine."""
    with contextlib.ExitStack() as ending:
        with session.check("compute", "cpu") as note:
            spark = start(ending)
            add_up(spark)
            note.detail = "a session on one core adds up 0 to 999, in Java and in a Python worker"
        with session.check("regression", "cpu", vital=False) as note:
            found = regress(spark)
            wrong = max(map(abs, map(operator.sub, found, (*WEIGHTS, INTERCEPT))))
            if not wrong <= LIMIT:
                raise Failure("wrong-number", f"LinearRegression found {found} and not {(*WEIGHTS, INTERCEPT)}")
            note.measured = {"error": wrong}
            note.detail = f"MLlib's LinearRegression finds 1, 2, 3 and 4 again (error {wrong:.1g})"


def start(ending):
    """A session that listens on the loopback interface alone and writes into the working directory."""
    here = os.getcwd()
    for name in ELSEWHERE:
        os.environ.pop(name, None)
    os.environ.update(
        PYSPARK_PYTHON=sys.executable,
        PYSPARK_DRIVER_PYTHON=sys.executable,
        SPARK_LOCAL_IP="127.0.0.1",
        SPARK_LOCAL_DIRS=here,
        SPARK_CONF_DIR=os.path.join(here, "spark-conf"),
    )
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[1]").appName("mlenv")
    for name, setting in settings(here).items():
        builder = builder.config(name, setting)
    spark = builder.getOrCreate()
    ending.callback(end, spark, spark.sparkContext._gateway)  # noqa: SLF001 - nothing else ends the Java machine
    return spark


def settings(here):
    return {
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.local.dir": here,
        "spark.sql.warehouse.dir": os.path.join(here, "warehouse"),
        "spark.sql.shuffle.partitions": "1",
        "spark.driver.memory": "512m",
    }


def add_up(spark):
    """:class:`Failure` where a sum is wrong, by Spark's own code or by Python functions that it ships."""
    inside = spark.range(1000).groupBy().sum("id").collect()[0][0]
    shipped = spark.sparkContext.parallelize(range(1000), 1).map(lambda number: number * 2).sum()
    for what, found, needed in (("Spark SQL", inside, 499500), ("a Python worker", shipped, 999000)):
        if found != needed:
            raise Failure("wrong-number", f"{what} adds up to {found!r} and not to {needed}")


def regress(spark):
    """Weights and intercept that MLlib finds in points without noise."""
    if not is_there("numpy"):
        raise Skipped("MLlib needs NumPy, which is not installed: pyspark[ml] brings it")
    from pyspark.ml.linalg import Vectors
    from pyspark.ml.regression import LinearRegression

    points = [tuple(float((i * step) % size) for step, size in ((1, 7), (3, 11), (5, 13))) for i in range(60)]
    rows = [(Vectors.dense(point), sum(map(operator.mul, WEIGHTS, point)) + INTERCEPT) for point in points]
    data = spark.createDataFrame(rows, ["features", "label"])
    model = LinearRegression(solver="normal", regParam=0.0).fit(data)
    return (*(float(weight) for weight in model.coefficients), float(model.intercept))


def end(spark, gateway):
    """Stop the session, and the Java machine that outlives it."""
    spark.stop()
    gateway.shutdown()
    machine = getattr(gateway, "proc", None)
    if machine is None:
        return
    machine.stdin.close()
    try:
        machine.wait(10)
    except subprocess.TimeoutExpired:
        machine.kill()
        machine.wait(10)
