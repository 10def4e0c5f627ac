"""Answer for the first stage: what is the city, and how long does it take to get anywhere in it."""

from .build import build_city
from .city import City, Site, UnknownPlaceError
from .roads import ROAD_KINDS, VEHICLES, Roads, speeds
from .sheet import show_city
from .venues import HOSPITAL_KINDS, VENUE_KINDS

__all__ = [
    "HOSPITAL_KINDS",
    "ROAD_KINDS",
    "VEHICLES",
    "VENUE_KINDS",
    "City",
    "Roads",
    "Site",
    "UnknownPlaceError",
    "build_city",
    "show_city",
    "speeds",
]
