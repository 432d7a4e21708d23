"""What can really be had: which package sources answer, and which wheels they offer.

:mod:`mlenv.supply.offers` holds the values that decisions take; :mod:`mlenv.supply.ask` is the
part that looks.
"""
