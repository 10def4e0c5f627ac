"""Pages as a test reads them."""

import re


def bare(html: str) -> str:
    """A table's cells without their attributes, those at the head of a row like the others."""
    return re.sub(r"<(/?)t[hd][^>]*>", r"<\1td>", html)
