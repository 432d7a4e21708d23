"""Reports for the writers: one of each kind, and texts that mean something to the reader of some form."""

from __future__ import annotations

from mlenv.report.summary import Entry, EntryStatus, Remedy, Summary

HOSTILE = {
    "escape": "\x1b]0;title\x07a \x1b[31mred\x1b[0m b",
    "cdata": "a ]]> b <![CDATA[ c",
    "zero": "a\x00b\x08\x0b\x0c\x0e\x1f\x7f\x85",
    "surrogate": "a\udcffb\ud800c\ufffe\uffff",
    "annotation": "\n::error title=x::y\n::add-mask::a\r::warning::b",
    "old annotation": "a ##[error]b ##[add-mask]c",
    "percent": "100%0A::error::x %25",
    "directive": "a # SKIP because # TODO b \\# SKIP \\",
    "tap": "\nok 1 - b\nBail out!\n1..0\n---\n...\n",
    "yaml": '"\n  ...\nok 99 - x: [a] {b} & *c !d \u2028e\u2029f\ufeffg\U0001f600',
    "label": 'a"} 1\nmlenv_verify_status 0\n# HELP x y\\" \\',
    "markup": "</failure></testcase><script>alert(1)</script>&lt;&amp;'\"&#0;",
    "markdown": "</details>\n```\n# h\n| a | b |\n[x](https://example.org) @everyone #1 <img src=x>",
    "direction": "a\u202eb\u2066c",
    "empty": "",
    "space": " \t\n ",
}


def make_entry(status: EntryStatus = "pass", text: str = "t", **changes: object) -> Entry:
    """An entry that says ``text`` wherever it says something."""
    fields: dict[str, object] = {
        "group": "framework",
        "id": "compute",
        "status": status,
        "subject": f"torch {text}",
        "title": text,
        "detail": text,
        "device": text,
        "seconds": 0.25,
        "evidence": (text,),
        "remedies": (Remedy(text=text, command=text),),
        "measured": {"bf16_tflops": 812.5, "dtype": text},
    }
    return Entry(**{**fields, **changes})  # type: ignore[arg-type]


def make_summary(*entries: Entry, status: str = "", closing: str = "1 of 2 frameworks fails.") -> Summary:
    """A verification; without ``status`` it is an error where an entry fails, else fine."""
    fails = any(entry.status == "fail" for entry in entries)
    return Summary(
        kind="verify",
        about="Environment /env, level quick",
        status=status or ("error" if fails else "ok"),
        closing=closing,
        entries=entries,
        mlenv_version="1.2.3",
        matrix_version="2026.11.23",
    )


ALL: tuple[EntryStatus, ...] = ("pass", "info", "warn", "fail", "error", "skip")
MIXED = make_summary(
    *(
        Entry(
            group=group,
            id=f"{status}-check",
            status=status,
            subject="torch 2.14.1",
            detail=f"it is {status}",
            seconds=1.5,
        )
        for group in ("framework", "gpu")
        for status in ALL
    )
)
NOTHING = make_summary(status="unknown", closing="Nothing could be checked, so nothing is proven.")
HEALTHY = make_summary(Entry(group="gpu", id="gpu.count", status="pass"), status="ok", closing="All is well.")
