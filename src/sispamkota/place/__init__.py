"""Answer for the first stage: what is the city, and how long does it take to get anywhere in it."""

from .build import build_city
from .city import City, Site, UnknownPlaceError
from .ride import ROAD_KINDS, VEHICLES, Ride
from .roads import Roads
from .sheet import show_city
from .trees import Trees
from .venues import HOSPITAL_KINDS, VENUE_KINDS

__all__ = [
    "HOSPITAL_KINDS",
    "ROAD_KINDS",
    "VEHICLES",
    "VENUE_KINDS",
    "City",
    "Ride",
    "Roads",
    "Site",
    "Trees",
    "UnknownPlaceError",
    "build_city",
    "show_city",
]
