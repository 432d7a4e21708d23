"""Reports for other programs and places: one writer per form over :class:`mlenv.report.summary.Summary`.

Each writer is a pure function; foreign text is made harmless in the way of its form.
"""
