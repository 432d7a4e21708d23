"""Facts of a machine as immutable values, and their JSON form.

Nothing here touches the world and nothing here judges: these types are what a probe or an
intake produces and what every decision takes as an argument.
"""
