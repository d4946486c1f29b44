"""Numbers of which the process gives each once: to graphs, tensors, functions, custom gradients.

As in 1.15 they are one series, so that the numbers in the names of functions and gradients agree.
"""

from __future__ import annotations

import itertools
from typing import Final

next_uid: Final = itertools.count().__next__
