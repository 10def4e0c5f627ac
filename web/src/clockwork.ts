// What moves the time of a player: play, pause, and, where the system asks for less motion, steps of a second.

const LONGEST_FRAME_S = 0.25;
const CALM_TICK_MS = 1000;

export class Clockwork {
  t: number;
  playing = false;
  private readonly calm = matchMedia("(prefers-reduced-motion: reduce)");
  private last = 0;
  private frame = 0;
  private calmly = false;

  constructor(
    private readonly start: number,
    private readonly end: number,
    private readonly speed: () => number,
    private readonly show: () => void,
  ) {
    this.t = start;
  }

  /** Show a moment. */
  go(t: number): void {
    this.t = Math.min(this.end, Math.max(this.start, t));
    this.show();
  }

  toggle(): void {
    if (this.playing) this.pause();
    else this.play();
  }

  play(): void {
    if (this.t >= this.end) this.t = this.start;
    this.playing = true;
    this.last = performance.now();
    this.calmly = this.calm.matches;
    if (this.calmly) this.frame = window.setInterval(() => this.advance(CALM_TICK_MS / 1000), CALM_TICK_MS);
    else this.frame = requestAnimationFrame((now) => this.tick(now));
    this.show();
  }

  pause(): void {
    if (this.calmly) clearInterval(this.frame);
    else cancelAnimationFrame(this.frame);
    this.playing = false;
    this.show();
  }

  private tick(now: number): void {
    this.advance(Math.min(LONGEST_FRAME_S, (now - this.last) / 1000));
    this.last = now;
    if (this.playing) this.frame = requestAnimationFrame((next) => this.tick(next));
  }

  private advance(seconds: number): void {
    const t = this.t + seconds * this.speed();
    if (t < this.end) return this.go(t);
    this.t = this.end;
    this.pause();
  }
}
