"""Say what a result means: one description (summary), skins for the terminal and for a page that stands alone."""

__all__: list[str] = []
