"""Answer for the first stage: what is the city, and how long does it take to get anywhere in it."""

from .build import build_city
from .check import Finding, check_city
from .city import City, Site
from .closing import closed_streets, streets_near
from .draw import Layers, draw_city, write_map
from .fix import fix_city
from .nearby import Nearby
from .people import presence, queues
from .reach import Band, reach_areas
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
    "Band",
    "City",
    "Finding",
    "Layers",
    "Nearby",
    "Ride",
    "Roads",
    "Site",
    "Trees",
    "build_city",
    "check_city",
    "closed_streets",
    "draw_city",
    "fix_city",
    "presence",
    "queues",
    "reach_areas",
    "show_city",
    "streets_near",
    "write_map",
]
