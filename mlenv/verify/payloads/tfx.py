"""TFX: its version and components; an artifact in a store of ML Metadata in memory, read back."""

import os

from ._verdicts import Failure

SUM = 499500


def check(session):
    os.environ["TFX_TELEMETRY_DISABLED"] = "1"
    session.import_modules("tfx")
    session.stay_on_cpu("TFX")
    with session.check("compute", "cpu") as note:
        place, number = keep_artifact()
        if (place, number) != ("/numbers", SUM):
            raise Failure("wrong-number", f"an artifact reads back as {place!r} with {number!r}, not {SUM}")
        note.detail = "an artifact and its property read back from a store of ML Metadata in memory"
    if session.reaches("standard"):
        with session.check("pipeline", "cpu", vital=False) as note:
            note.detail = run_pipeline()


def keep_artifact():
    """Place and number of an artifact that was put into a store."""
    from ml_metadata.metadata_store import metadata_store
    from ml_metadata.proto import metadata_store_pb2 as ml

    config = ml.ConnectionConfig()
    config.fake_database.SetInParent()
    store = metadata_store.MetadataStore(config)
    kind = ml.ArtifactType(name="Numbers", properties={"sum": ml.INT})
    artifact = ml.Artifact(type_id=store.put_artifact_type(kind), uri="/numbers")
    artifact.properties["sum"].int_value = SUM
    (found,) = store.get_artifacts_by_id(store.put_artifacts([artifact]))
    return found.uri, found.properties["sum"].int_value


def run_pipeline():
    """A sentence where a pipeline of one component reads rows of a table, on this computer alone."""
    from tfx import v1

    here = os.getcwd()
    data = os.path.join(here, "tfx-data")
    os.makedirs(data, exist_ok=True)
    with open(os.path.join(data, "rows.csv"), "w", encoding="utf-8") as file:
        file.write("x,y\n" + "".join(f"{i},{2 * i}\n" for i in range(30)))
    database = os.path.join(here, "tfx.db")
    pipeline = v1.dsl.Pipeline(
        pipeline_name="mlenv",
        pipeline_root=os.path.join(here, "tfx-root"),
        components=[v1.components.CsvExampleGen(input_base=data)],
        metadata_connection_config=v1.orchestration.metadata.sqlite_metadata_connection_config(database),
        enable_cache=False,
    )
    v1.orchestration.LocalDagRunner().run(pipeline)
    count = count_examples(os.path.join(here, "tfx-root"))
    if count != 30:
        raise Failure("wrong-number", f"a pipeline made {count} examples of 30 rows")
    return "a pipeline of one component made 30 examples of 30 rows"


def count_examples(root):
    """How many examples lie in the files of a pipeline's output."""
    import glob

    import tensorflow as tf

    files = glob.glob(os.path.join(root, "CsvExampleGen", "examples", "*", "Split-*", "*.gz"))
    return sum(1 for _ in tf.data.TFRecordDataset(files, compression_type="GZIP"))
