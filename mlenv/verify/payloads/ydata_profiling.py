"""ydata-profiling: from ``standard`` on a profile of three rows."""

from . import _profile


def check(session):
    _profile.be_quiet()
    _profile.check_profile(session, session.import_modules("ydata_profiling"))
