// The server's doors: JSON in, JSON out; a refusal carries its faults, a lost line is told apart from it.

import type { Action, Fault } from "./types";

export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly faults: Fault[],
  ) {
    super(`refused (${status})`);
  }
}

export class Unreachable extends Error {}

const TIMEOUT_MS = 20_000;
const given = { csrf: "-", lang: "id" }; // who is not signed in sends any word

export function authorise(csrf: string): void {
  given.csrf = csrf;
}

export function speakTo(lang: string): void {
  given.lang = lang;
}

async function ask<T>(method: string, path: string, body?: unknown): Promise<T> {
  let response: Response;
  const headers: Record<string, string> = { "Accept-Language": given.lang };
  if (method !== "GET") headers["X-CSRF"] = given.csrf;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  try {
    const options: RequestInit = { method, headers, credentials: "same-origin", signal: AbortSignal.timeout(TIMEOUT_MS) };
    if (body !== undefined) options.body = JSON.stringify(body);
    response = await fetch(path, options);
  } catch {
    throw new Unreachable();
  }
  const text = await response.text();
  const value = read(text);
  if (response.ok) return value as T;
  const { faults } = (value ?? {}) as { faults?: Fault[] };
  // A gateway that stands for a server it does not reach has lost the line too.
  if (!faults && response.status >= 502 && response.status <= 504) throw new Unreachable();
  throw new Refused(response.status, faults ?? []);
}

function read(text: string): unknown {
  try {
    return text ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}

export const get = <T>(path: string): Promise<T> => ask<T>("GET", path);
export const post = <T>(path: string, body: unknown = {}): Promise<T> => ask<T>("POST", path, body);
export const remove = (path: string): Promise<unknown> => ask("DELETE", path);

/** Ask for something that is logged; the session's word may have changed since. */
export async function change<T>(path: string, body: unknown): Promise<T> {
  try {
    return await post<T>(path, body);
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 403 || !error.faults.some((fault) => fault.field === "X-CSRF")) throw error;
    authorise((await get<{ csrf: string }>("/api/me")).csrf);
    return post<T>(path, body);
  }
}

/** Do an action; one that has a key counts once, however often it is sent. */
export function act(action: Action, key = ""): Promise<{ n: number; t: number }> {
  return change("/api/actions", key ? { action, key } : { action });
}
