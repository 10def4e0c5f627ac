"""The same model in plain, slow Python: an independent writing that the engine must equal event by event.

Of the kernels only the enumerations are shared (`layout`), so that both speak the same language.
"""

from .play import Event, Oracle
from .sim import Fault

__all__ = ["Event", "Fault", "Oracle"]
