"""Epstein's model once more, in plain Python from the rules: whoever decides looks at every site in vision.

It shares with the kernel where everybody starts and how draws are named, and nothing else; both must agree exactly.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from .epstein import Society, start
from .oracle.draws import philox

__all__ = ["play_plain"]

WORD = 2**32
JAIL = -1
TRIES = 32  # draws for a free site before the free ones are listed


class _Torus:
    """A run: `site` of each agent (JAIL is none), `who` on each site, and the agents' own traits."""

    def __init__(self, society: Society, seed: int, replicate: int) -> None:
        self.society, self.seed, self.replicate = society, seed, replicate
        agents = start(society, seed=seed, replicate=replicate).agent
        self.site = [int(s) for s in agents["site"]]
        self.cop = [bool(kind) for kind in agents["kind"]]
        self.hardship, self.aversion = agents["hardship"].tolist(), agents["aversion"].tolist()
        self.who = {int(s): a for a, s in enumerate(agents["site"])}
        self.active, self.term = [False] * len(agents), [0.0] * len(agents)
        self.turns, self.shuffles, self.draws = list(range(len(agents))), 0, [0] * len(agents)
        self.disc = [(int(y), int(x)) for y, x in society.disc]

    def block(self, stream: str, who: int, k: int) -> tuple[int, int, int, int]:
        """Draw four numbers of 32 bits by name."""
        counter = (self.replicate, zlib.crc32(stream.encode()), who, k)
        return philox(counter, (self.seed % WORD, self.seed // WORD))

    def own(self, a: int) -> tuple[int, int, int, int]:
        """Draw an agent's next four."""
        self.draws[a] += 1
        return self.block("verify.person", a, self.draws[a] - 1)

    def seen(self, site: int) -> list[int]:
        """List the sites in vision."""
        wide, high = self.society.wide, self.society.high
        y, x = divmod(site, wide)
        return [(y + dy) % high * wide + (x + dx) % wide for dy, dx in self.disc]

    def shuffle(self) -> None:
        """Put the turns into random order."""
        words: list[int] = []
        for i in range(len(self.turns) - 1, 0, -1):
            if not words:
                words = [*self.block("verify.order", 0, self.shuffles)]
                self.shuffles += 1
            j = words.pop(0) * (i + 1) // WORD
            self.turns[i], self.turns[j] = self.turns[j], self.turns[i]

    def candidates(self, a: int, sites: list[int], tries: int) -> Iterator[int]:
        """Draw sites by chance, then the one among the free by count."""
        for _ in range(tries // 4):
            for word in self.own(a):
                yield sites[word * len(sites) // WORD]
        if free := [s for s in sites if s not in self.who]:
            yield free[self.own(a)[0] * len(free) // WORD]

    def move(self, a: int) -> None:
        """Go to a random free site in vision, if there is one."""
        here = self.site[a]
        to = next((s for s in self.candidates(a, self.seen(here), TRIES) if s not in self.who), None)
        if to is not None:
            del self.who[here]
            self.who[to], self.site[a] = a, to

    def act(self, a: int) -> None:
        """Move, then decide or arrest."""
        if self.society.moves:
            self.move(a)
        here = self.site[a]
        others = [self.who[s] for s in self.seen(here) if s in self.who]
        actives = [b for b in others if self.active[b]]
        if not self.cop[a]:
            self.active[a] = self.wants(a, sum(self.cop[b] for b in others), 1 + len(actives))
        elif actives:
            pick, term, _, _ = self.own(a)
            taken = actives[pick * len(actives) // WORD]
            self.term[taken] = self.society.jail * (term + 0.5) / WORD
            self.active[taken] = False
            place = self.site[taken]
            del self.who[place]
            self.site[taken] = JAIL

    def wants(self, a: int, cops: int, actives: int) -> bool:
        """Tell whether grievance outweighs the risk."""
        s = self.society
        ratio = cops / actives
        if s.rule != "literal":
            ratio = math.floor(ratio) if s.rule == "floor" else round(ratio)
        risk = 1.0 - math.exp(-s.k * ratio)
        return bool(self.hardship[a] * (1.0 - s.legitimacy) - self.aversion[a] * risk > s.threshold)

    def come_back(self, a: int) -> None:
        """Leave jail for a random free site."""
        sites = self.society.wide * self.society.high
        while self.site[a] == JAIL:
            for word in self.own(a):
                site = word * sites // WORD
                if self.site[a] == JAIL and site not in self.who:
                    self.site[a], self.who[site] = site, a

    def tick(self) -> tuple[int, int]:
        """Let everybody act once; return how many are active and how many in jail."""
        self.shuffle()
        for a in self.turns:
            if self.site[a] == JAIL:
                self.term[a] -= 1.0
                if self.term[a] > 0.0:
                    continue
                self.come_back(a)
            self.act(a)
        return sum(self.active), sum(s == JAIL for s in self.site)


def play_plain(society: Society, ticks: int, *, seed: int = 1, replicate: int = 0) -> NDArray[np.int32]:
    """Play a run: how many are active and how many in jail at the end of each tick, (ticks, 2)."""
    torus = _Torus(society, seed, replicate)
    return np.array([torus.tick() for _ in range(ticks)], np.int32)
