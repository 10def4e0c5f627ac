"""Answer for the sixth stage: what happens when our own people run it, live."""

from .board import Board
from .exercise_file import ExerciseFile
from .log import ExerciseLog, Record
from .room import Room, replay
from .setup import Setup, load_exercise, make_setup

__all__ = ["Board", "ExerciseFile", "ExerciseLog", "Record", "Room", "Setup", "load_exercise", "make_setup", "replay"]
