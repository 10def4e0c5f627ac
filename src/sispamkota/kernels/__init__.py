"""All compiled code: arrays in, arrays out; nothing here imports the rest of the package."""

__all__: list[str] = []
