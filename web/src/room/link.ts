// The line to the server: a socket that comes back by itself and asks for what it has missed.

import type { Clock, Frame, Happened, LogRecord, Trouble, View } from "./types";

export type Message =
  | { kind: "hello"; n: number; seat: string }
  | { kind: "record"; record: LogRecord }
  | { kind: "frame"; frame: Frame; clock: Clock }
  | { kind: "view"; view: View }
  | { kind: "events"; from: number; events: Happened[]; next: number; mark: string }
  | { kind: "notice"; what: string; rows?: Trouble[] }
  | { kind: "beat" };

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 5000;
const SILENCE_MS = 25_000; // the server's heart beats every 10 s
const SIGNED_OUT = [4401, 4403, 1008];

export class Link {
  onMessage: (message: Message) => void = () => undefined;
  onState: (up: boolean) => void = () => undefined;
  onSignedOut: () => void = () => undefined;
  private socket: WebSocket | undefined;
  private wait = FIRST_WAIT_MS;
  private timer = 0;
  private silence = 0;
  private over = false;

  /** `since` gives the last record, and the number and mark of the events that have come: nothing is lost or comes twice. */
  constructor(private readonly since: () => { records: number; events: number; mark: string }) {
    window.addEventListener("online", () => this.again());
    window.addEventListener("offline", () => this.drop());
  }

  open(): void {
    if (this.over) return;
    const secure = location.protocol === "https:" ? "wss:" : "ws:";
    const { records, events, mark } = this.since();
    const socket = new WebSocket(`${secure}//${location.host}/ws?since=${records}&events=${events}&mark=${mark}`);
    this.socket = socket;
    socket.addEventListener("message", (event) => this.take(socket, String(event.data)));
    socket.addEventListener("close", (event) => this.closed(socket, event.code));
  }

  close(): void {
    this.over = true;
    clearTimeout(this.timer);
    this.socket?.close();
  }

  /** Let the line go for a moment, while the session changes; `open` takes it up again. */
  hold(): void {
    const socket = this.socket;
    this.socket = undefined;
    clearTimeout(this.timer);
    clearTimeout(this.silence);
    socket?.close();
  }

  private take(socket: WebSocket, data: string): void {
    if (socket !== this.socket) return;
    clearTimeout(this.silence);
    this.silence = window.setTimeout(() => this.drop(), SILENCE_MS);
    const message = JSON.parse(data) as Message;
    if (message.kind === "hello") {
      this.wait = FIRST_WAIT_MS;
      this.onState(true);
    }
    this.onMessage(message);
  }

  private closed(socket: WebSocket, code: number): void {
    if (socket !== this.socket || this.over) return;
    this.socket = undefined;
    clearTimeout(this.silence);
    this.onState(false);
    if (SIGNED_OUT.includes(code)) return this.onSignedOut();
    this.timer = window.setTimeout(() => this.open(), this.wait);
    this.wait = Math.min(LONGEST_WAIT_MS, this.wait * 2);
  }

  /** Give a silent line up at once: the browser itself may notice only after minutes. */
  private drop(): void {
    const socket = this.socket;
    if (!socket) return;
    socket.close();
    this.closed(socket, 1006);
  }

  private again(): void {
    if (this.socket || this.over) return;
    clearTimeout(this.timer);
    this.open();
  }
}
