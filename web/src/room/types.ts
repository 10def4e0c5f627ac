// What the server says, as it stands in its contract (docs/reference/room.md).

import type { Doc } from "../document";

export type Both = Record<"id" | "en", string>;

export interface Fault {
  where: string;
  field: string;
  expected: string;
  got: string;
  remedy: string;
}

export interface Me {
  seat: string;
  account: string;
  csrf: string;
  left_s?: number; // of the session, when it was told
}

export type Role = Both & {
  office: string;
  agencies: string[];
  may: string[];
  sees: "all" | "operation" | "hospitals" | "public";
  layout: "room" | "phone" | "view";
  closes: string[]; // kinds of reported incidents that it leads; "*": all
};

export type RequestKind = Both & { by: string[]; to: string[]; place: boolean; step: boolean; effect: string };

export interface Place {
  ref: string;
  name: string;
  kind: string;
  lon: number;
  lat: number;
}

export interface Unit {
  id: string;
  agency: string;
  people: number;
  home: string;
  can: string[];
}

export interface Task {
  id: string;
  role: string;
  title_id: string;
  title_en: string;
  standard_id: string;
  standard_en: string;
}

export interface Objective {
  id: string;
  title_id: string;
  title_en: string;
  tasks: Task[];
}

export interface Ground {
  title: Both;
  start: string;
  horizon: number;
  places: Place[];
  crowds: string[];
  roles: Record<string, Role>;
  enclosed?: string[];
  units?: Unit[];
  hospitals?: string[];
  kinds?: string[];
  requests?: Record<string, RequestKind>;
  objectives?: Objective[];
  force_free?: number;
  duty_max_h?: number; // the doctrine's longest duty without relief
  real?: boolean; // an operation: nothing that is shown is simulated
  tps?: Record<string, string[]>; // codes by kelurahan
  old_min?: number; // after so many minutes a report is old
}

export interface Told {
  at: number;
  by: string;
  n: number;
}

export type TpsRow = Told & { tps: string; state: string; waiting: number | null };

export type Reported = Told & {
  place: string;
  kind: string;
  state: "new" | "seen" | "handled" | "closed";
  injured: number | null;
  text: string;
  called: number;
  units: string[];
  updates: (Told & { state: string; text: string })[];
  proposed?: Told; // by a desk that does not lead it: that it is over
};

export interface OperationNow {
  incidents: Record<string, Reported>;
  tps?: {
    states: Record<string, number>;
    told: number;
    of: number;
    waiting: number;
    late: TpsRow[];
    late_n: number;
    disrupted: TpsRow[];
    disrupted_n: number;
    areas: Record<string, { states: Record<string, number>; of: number; oldest: number; newest: number }>;
  };
  crowds?: Record<string, Told & { people: number; violent: number | null; trend: string }>;
  units?: Record<string, Told & { state: string; place: string | null; incident: number | null }>;
  counts?: Record<string, Record<string, number>>;
  commands?: Record<string, Told & { control: number; line: number; cap: number; gas: boolean; asked: number | null }>;
  reinforced?: number | null;
  doubled?: (Told & { unit: string; incidents: [number, number]; since: number; until: number | null })[];
  conflicts?: (Told & { do: string; why: string })[];
}

export type Streets = Doc["ground"];

export interface CrowdNow {
  stage: "hijau" | "kuning" | "merah";
  peaceful?: number;
  violent?: number;
  spent?: number;
  officers?: number[];
  negotiators?: number;
  leads?: string;
  line?: number;
  force?: number;
  cap?: number;
  gas?: boolean;
  fire?: number;
}

export type UnitNow = [state: string, place: string, to: string | null, arrives: number | null, incident: number, left?: number];

export interface IncidentNow {
  row: number;
  kind: string;
  place: string;
  called: number;
  recognised: boolean;
  priority: number;
  needs: Record<string, [need: number, sent: number, there: number]>;
}

export interface Frame {
  t: number;
  running: number;
  ended: boolean;
  crowds?: CrowdNow[];
  hospitals?: { free: number[]; open: number[]; waiting: number[] }[];
  hurt?: Record<"harmed" | "civilians" | "officers" | "forced" | "deaths", number>;
  units?: UnitNow[];
  incidents?: IncidentNow[];
  reinforced?: boolean;
}

export interface RequestNow {
  n: number;
  kind: string;
  by: string;
  to: string;
  place: string | null;
  step: number | null;
  why: string;
  made: number;
  until: number;
  granted: boolean | null;
  authority: string;
  reason: string;
  answered: number | null;
  state: "open" | "lapsed" | "granted" | "refused";
}

export interface TalkNow {
  id: string;
  kind: string;
  partner: string;
  text: string;
  place: string | null;
  by: string;
  at: number;
  due: number | null;
  notice_h: number | null;
  about: string | null;
  kept: boolean | null;
  end: string;
}

export interface ItemNow {
  id: string;
  at: number | null;
  when?: { place: string; stage: "kuning" | "merah" };
  to: string[];
  text: Both;
  expected: Both;
  played: number | null;
  dropped: string;
}

export interface ShiftNow {
  seat: string;
  text: string;
  at: number;
  n: number;
  accepted: number | null;
}

export interface Waiting {
  what: "request" | "talk" | "shift" | "close";
  n?: number;
  entry?: string;
  until: number;
}

type Row = Record<string, unknown> & { at: number; n: number };

export interface View {
  seats?: Record<string, number>;
  requests?: Record<string, RequestNow>;
  talks?: Record<string, TalkNow>;
  items?: Record<string, ItemNow>;
  due?: string[]; // events of the list that are to be brought
  hospitals?: Record<string, { igd_free: number; igd_waiting: number; icu_free: number | null; ward_free: number | null; at: number; n: number }>;
  voting?: Record<string, { state: string; why: string; at: number; n: number }>;
  blocked?: string[];
  reports?: (Row & { place: string; what: string; text: string; by: string })[];
  standby?: (Row & { text: string; count: number; place: string | null; state: string; by: string })[];
  shifts?: Record<string, ShiftNow>;
  ratings?: Record<string, { rating: string; text: string; by: string; at: number; n: number }>;
  improvements?: Record<string, { text: string; owner: string; due: string; closed: number | null }>;
  messages?: (Row & { to: string[]; text: string; item: string })[];
  operation?: OperationNow;
  duty?: Record<string, { since: number; by: "engine" | "report" | "roster" }>; // own units on duty without rest
  waiting: Waiting[];
}

export type Action = { do: string } & Record<string, unknown>;

export interface LogRecord {
  n: number;
  t: number;
  at: string;
  seat: string;
  action: Action;
}

export interface Happened {
  t: number;
  event: string;
  place: string;
  unit: string;
  detail: string;
}

/** What of the program failed while the room went on; times of the wall, UTC. */
export interface Trouble {
  part: string;
  since: string;
  last: string;
  n: number;
  over: boolean;
}

export interface Clock {
  t: number;
  speed: number;
}
