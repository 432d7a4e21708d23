"""What is told of a mending."""

from __future__ import annotations

import msgspec

from mlenv.checks.finding import Finding, Fix
from mlenv.mending.mending import Change, Mending
from mlenv.report.document import render_json
from mlenv.report.mending import (
    SCHEMA,
    MendingDocument,
    Offer,
    PackageChange,
    State,
    find_gone,
    render_offer,
    render_outcome,
)
from mlenv.report.page import Page

MENDING = Mending(finding="numpy2-abi-break", kind="constrain", text="Put NumPy 1 in place", change=Change())
NUMPY = Finding(
    id="numpy2-abi-break", severity="error", title="NumPy 2", cause="So.", grade="named", explains=("numpy-abi",)
)
TOLD = Finding(id="other", severity="error", title="Told alone", cause="So.", explains=("message",))
DRIVER = Finding(
    id="nvidia-driver-missing",
    severity="error",
    title="No driver",
    cause="So.",
    fix=(Fix(text="Install it", command="sudo apt install nvidia-open"), Fix(text="Restart")),
)
OFFER = Offer(
    environment="/home/me/.venv",
    mendings=(MENDING,),
    by_hand=(DRIVER,),
    packages=(
        PackageChange(name="numpy", before="2.2.6", after="1.26.4"),
        PackageChange(name="gone", before="1.0"),
        PackageChange(name="new", after="2.0"),
        PackageChange(name="same", before="3.0", after="3.0"),
    ),
    python="3.12",
    unset=("LD_LIBRARY_PATH",),
    left_out=("mine (file:///home/me/mine)",),
    foreign=True,
)


def make(state: State, after: tuple[Finding, ...] | None = None) -> MendingDocument:
    return MendingDocument(
        schema=SCHEMA,
        matrix_version="2026.11.22",
        matrix_digest="sha256:0",
        status="error",
        state=state,
        offer=OFFER,
        before=(NUMPY, TOLD, DRIVER),
        after=after,
    )


def offered(offer: Offer) -> str:
    page = Page(width=100)
    render_offer(page, offer)
    return page.render()


def outcome(document: MendingDocument) -> str:
    page = Page(width=100)
    render_outcome(page, document)
    return page.render()


def test_the_whole_offer() -> None:
    assert (
        "What mlenv can mend in /home/me/.venv\n"
        "  → Put NumPy 1 in place (numpy2-abi-break)\n"
        "  How: a new environment (Python 3.12) beside this one, proven, then switched to.\n"
        "    numpy 2.2.6 → 1.26.4\n"
        "    gone 1.0 goes\n"
        "    new 2.0 comes\n"
        "    same 3.0, installed anew\n"
        "    its activation, `mlenv run` and `mlenv shell` take LD_LIBRARY_PATH away\n"
        "    not carried over, since no index has it: mine (file:///home/me/mine)\n"
        "  Back to what there is now: mlenv env rollback --to original\n"
        "\n"
        "What is left to you\n"
        "  [✗] No driver\n"
        "      → Install it\n"
        "        sudo apt install nvidia-open\n"
        "      → Restart\n"
    ) == offered(OFFER)


def test_many_packages_are_counted() -> None:
    packages = tuple(PackageChange(name=f"p{number}", after="1") for number in range(15))
    assert "and 3 more packages\n" in offered(msgspec.structs.replace(OFFER, packages=packages))


def test_a_reason_takes_the_place_of_a_plan() -> None:
    text = offered(msgspec.structs.replace(OFFER, reason="no build fits"))
    assert "  Nothing can be done: no build fits\n" in text
    assert "How:" not in text


def test_what_became_of_it() -> None:
    assert "Say --yes" in outcome(make("not-asked"))
    assert "Nothing was done.\n" == outcome(make("declined"))
    assert "\n" == outcome(make("nothing"))
    text = outcome(make("mended", (DRIVER,)))
    assert "  [✓] gone: NumPy 2\n  [✗] still there: No driver\n" in text
    assert "this shell still has LD_LIBRARY_PATH" in text


def test_what_a_message_told_is_not_said_to_be_gone() -> None:
    assert (NUMPY, DRIVER) == find_gone(make("mended", ()))


def test_the_document_comes_back_unchanged() -> None:
    document = make("mended", (DRIVER,))
    assert document == msgspec.json.decode(render_json(document), type=MendingDocument)
