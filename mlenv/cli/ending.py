"""How a command ends: expected trouble in one line, the unexpected in a report, never a traceback."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

from mlenv.errors import ExitStatus, Interrupted, MlenvError


def end_well(command: Callable[[], int]) -> int:
    """Run a command and give its exit status; what went wrong is told on standard error."""
    try:
        return command()
    except KeyboardInterrupt:
        return _tell(Interrupted("interrupted"))
    except MlenvError as error:
        return _tell(error)
    except BrokenPipeError:
        sys.stderr.close()
        return ExitStatus.OK
    except Exception as error:  # noqa: BLE001 - a report ready to send is better than a traceback
        from mlenv.cli.crash import tell_crash

        return tell_crash(error)


def _tell(error: MlenvError) -> int:
    """Say it, once: a further Ctrl-C finds nothing more to stop.  What it quotes may be an address with a password."""
    import signal

    from mlenv.report.redact import mask_text
    from mlenv.terminal import Terminal

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    Terminal().fail(MlenvError(mask_text(error.message), hint=mask_text(error.hint)))
    return error.exit_status
