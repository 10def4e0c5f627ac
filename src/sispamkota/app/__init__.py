"""What stands on top of the stages: the look at the machine, and later the room."""

__all__: list[str] = []
