"""TensorFlow Serving's client: a request there and back; from ``standard`` on through gRPC to a server of our own."""

import contextlib

from ._verdicts import Failure

NUMBERS = [[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]]


def check(session):
    session.import_modules("tensorflow_serving")
    session.stay_on_cpu("TensorFlow Serving's client")
    with session.check("compute", "cpu") as note:
        from tensorflow_serving.apis import predict_pb2

        request = predict_pb2.PredictRequest.FromString(make_request().SerializeToString())
        compare("a request", read_request(request), ("mlenv", 7, NUMBERS))
        note.detail = "a request with the numbers of a tensor went into bytes and came back the same"
    if session.reaches("standard"):
        with session.check("rpc", "cpu", vital=False) as note, contextlib.ExitStack() as ending:
            doubled = [[2 * number for number in row] for row in NUMBERS]
            compare("the server's answer", ask(start_server(ending)), doubled)
            note.detail = "a server on 127.0.0.1 got the request by gRPC, and its answer came back"


def make_request():
    import tensorflow as tf
    from tensorflow_serving.apis import predict_pb2

    request = predict_pb2.PredictRequest()
    request.model_spec.name = "mlenv"
    request.model_spec.version.value = 7
    request.inputs["x"].CopyFrom(tf.make_tensor_proto(NUMBERS, dtype=tf.float32))
    return request


def read_request(request):
    return request.model_spec.name, request.model_spec.version.value, read_tensor(request.inputs["x"])


def read_tensor(proto):
    import tensorflow as tf

    return tf.make_ndarray(proto).tolist()


def compare(what, found, expected):
    if found != expected:
        raise Failure("wrong-number", f"{what} reads as {found!r} and must be {expected!r}")


def start_server(ending):
    """The port of a server of the loopback interface that doubles what it is sent."""
    from concurrent import futures

    import grpc
    import tensorflow as tf
    from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

    class Doubling(prediction_service_pb2_grpc.PredictionServiceServicer):
        def Predict(self, request, _context):  # noqa: N802 - the name of the call
            answer = predict_pb2.PredictResponse()
            doubled = tf.make_ndarray(request.inputs["x"]) * 2
            answer.outputs["y"].CopyFrom(tf.make_tensor_proto(doubled))
            return answer

    server = grpc.server(futures.ThreadPoolExecutor(max_workers=1))
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(Doubling(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    ending.callback(lambda: server.stop(0).wait())
    return port


def ask(port):
    """The numbers of the server's answer, asked through the client's own stub and no proxy."""
    import grpc
    from tensorflow_serving.apis import prediction_service_pb2_grpc

    options = [("grpc.enable_http_proxy", 0)]
    with grpc.insecure_channel(f"127.0.0.1:{port}", options=options) as channel:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        return read_tensor(stub.Predict(make_request(), timeout=30).outputs["y"])
