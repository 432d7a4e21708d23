"""What the text of a failed command means, what to do about it, and whether trying again may help.

Pure functions: a text, and how the command ended, in; a :class:`~mlenv.symptoms.symptom.Symptom` out.
Each file of rows covers one subject; :mod:`mlenv.symptoms.registry` puts them in order.
"""
