"""What went wrong on the network, in a few words."""

from __future__ import annotations

SIGNS = (
    ("Name or service not known", "its name does not resolve"),
    ("Temporary failure in name resolution", "its name does not resolve"),
    ("nodename nor servname", "its name does not resolve"),
    ("getaddrinfo failed", "its name does not resolve"),
    ("Connection refused", "connection refused"),
    ("Network is unreachable", "no network"),
    ("CERTIFICATE_VERIFY_FAILED", "its certificate is not trusted"),
    ("timed out", "no answer in time"),
    ("IncompleteRead", "its answer broke off"),
    ("Connection aborted", "it cut the connection"),
    ("Connection reset", "it cut the connection"),
    ("did not answer before", "it did not answer before"),
    ("TLS CA certificate bundle", "the certificates that are configured are not there"),
    ("TLS certificate file", "the client certificate that is configured is not there"),
    ("No connection adapters", "its address is not one of the web"),
    ("Invalid URL", "its address is not one of the web"),
    ("Failed to parse", "its address is not one of the web"),
)
"""What the text of an error holds, and what that means."""


def plain_words(error: Exception) -> str:
    """The heart of a nested network error; the name of its kind where it is none of the usual ones.

    No address is in it, so no password of one either.
    """
    text = str(error)
    return next((words for sign, words in SIGNS if sign in text), type(error).__name__)
