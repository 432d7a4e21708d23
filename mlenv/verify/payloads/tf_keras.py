"""Keras 2 under its own name: a dense layer with whole-number weights, on TensorFlow."""

from .keras import check_layers


def check(session):
    check_layers(session.import_modules("tf_keras"), session, "tensorflow", "tensorflow")
