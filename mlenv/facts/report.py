"""What somebody reported beside the facts of a machine and an environment."""

from __future__ import annotations

import msgspec

from mlenv.facts.environment import Distribution
from mlenv.facts.fact import Fact


class FrameworkView(Fact, frozen=True, kw_only=True):
    """What a framework said of itself when it ran: its build, and the devices that it saw.

    ``framework`` is the id of the matrix (``torch``), ``build`` the mark of its build (``cu121``,
    ``cpu``, ``rocm6.2``), ``cuda`` and ``rocm`` the toolkit it was built with (``12.1``), ``cudnn`` the
    version that it loaded.  ``available`` says whether it found an accelerator to use, ``devices``
    their names, ``architectures`` the targets that it has code for (``sm_90``, ``gfx1100``).
    """

    framework: str
    version: str | None = None
    build: str | None = None
    cuda: str | None = None
    rocm: str | None = None
    cudnn: str | None = None
    available: bool | None = None
    devices: tuple[str, ...] | None = None
    architectures: tuple[str, ...] | None = None


class Wanted(Fact, frozen=True, kw_only=True):
    """A package that somebody tried to install: its version where they named one, and from where."""

    name: str
    version: str | None = None
    index: str | None = None


class Report(Fact, frozen=True, kw_only=True):
    """A report that was pasted, or the text of an error.

    ``symptom`` is what the user saw go wrong, ``text`` all that was given, cleaned and cut to a size
    that can be searched; ``forms`` are the forms that were recognised in it (``collect_env``).
    ``missing_nodes`` are device files that are said not to be there, ``user_site`` the packages in the
    user's own site-packages, ``toolkit`` the CUDA toolkit that nvcc belongs to, ``loaded`` the versions of
    libraries at run time by name (``cudnn``), ``system_packages`` those of the distribution, and
    ``remarks`` what was stated in words of which there is no field, by what it is about.
    """

    symptom: str = ""
    text: str = ""
    forms: tuple[str, ...] = ()
    views: tuple[FrameworkView, ...] = ()
    wanted: tuple[Wanted, ...] = ()
    user_site: tuple[Distribution, ...] = ()
    missing_nodes: tuple[str, ...] = ()
    toolkit: str | None = None
    loaded: dict[str, str] = msgspec.field(default_factory=dict)
    system_packages: dict[str, str] = msgspec.field(default_factory=dict)
    remarks: dict[str, str] = msgspec.field(default_factory=dict)

    def view(self, framework: str) -> FrameworkView | None:
        """What that framework said of itself."""
        return next((view for view in self.views if view.framework == framework), None)
