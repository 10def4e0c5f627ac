// What of one replicate or two stands on the time bar.

import type { Span, Strip } from "./bar";
import type { Event, Replay } from "./replay";
import type { Words } from "./words";

const MOST_RIBBONS = 4;
const SPEEDS = [1, 5, 15, 30, 60];
const LONG_SPEEDS = [300, 900];
const LONG_S = 6 * 3600;
const USUAL_SPEED = 60;
const TICKS_S = [600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 604_800];
const MOST_TICKS = 8.5;
const GRAVE = new Set(["death", "rooms_lost", "breached", "stage_merah", "fire_start", "perimeter_damaged"]);

export function spanOf(replays: Replay[], words: Words): Span {
  const end = Math.max(...replays.map((replay) => replay.horizon));
  const first = replays[0]!;
  const start = first.doc.about.start_s;
  const clock = (t: number) => words.clock(start, t);
  return {
    start: 0,
    end,
    strips: replays.map((replay, n) => stripOf(replay, words, replays.length > 1 ? `${String.fromCharCode(65 + n)} · ` : "")),
    speeds: end > LONG_S ? [...SPEEDS, ...LONG_SPEEDS] : SPEEDS,
    speed: USUAL_SPEED,
    step: words.t("back"),
    ticks: ticksOf(start, end, clock),
    clock,
    told: (t) => {
      const minute = words.t("minute", { n: words.count(Math.floor(t / 60)) });
      const stages = first.crowdsAt(t).map((each) => `${first.name(each.place)} ${words.stage(each.stage)}`);
      return [clock(t), minute, ...stages.slice(0, MOST_RIBBONS)].join(", ");
    },
  };
}

/** Ribbons for each of the places that went furthest, and the key events as marks under them. */
function stripOf(replay: Replay, words: Words, before: string): Strip {
  const worst = (stages: number[]) => Math.max(...stages);
  const label = (name: string) => before + name || replay.doc.about.city;
  const title = (event: Event) => `${words.clock(replay.doc.about.start_s, event.t)} ${words.tell(replay, event)}`;
  return {
    ribbons: [...replay.crowds]
      .sort((a, b) => worst(b.stages) - worst(a.stages))
      .slice(0, MOST_RIBBONS)
      .map(({ place, stageTimes, stages }) => ({ name: label(replay.name(place)), times: stageTimes, stages })),
    name: label(words.t("events")),
    marks: replay.keys.map((event) => ({ t: event.t, grave: GRAVE.has(event.code), title: title(event) })),
  };
}

/** Hours, or parts of an hour, as the clock on the wall shows them. */
function ticksOf(start: number, end: number, clock: (t: number) => string): Span["ticks"] {
  const step = TICKS_S.find((s) => end / s <= MOST_TICKS) ?? 2_592_000;
  const ticks = [];
  for (let t = Math.ceil(start / step) * step - start; t <= end; t += step) ticks.push({ t, told: clock(t) });
  return ticks;
}
