"""Run the program as python -m sispamkota."""

from sispamkota.cli import main

__all__: list[str] = []

if __name__ == "__main__":
    main()
