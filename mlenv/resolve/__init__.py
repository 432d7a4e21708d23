"""The resolver: a request, a machine and the matrix give one joint answer and its reasons.

Nothing here touches the world.  :func:`mlenv.resolve.solve.resolve` is the way in.
"""
