"""Reports: the documents that mlenv prints, and a writer per form.

The JSON forms are the command contract; their keys are only ever added within a schema number.
"""
