/**
 * NCRONTAB, the schedules of timer triggers: {second} {minute} {hour} {day} {month} {day-of-week}, or five fields
 * without seconds; * , - / and English names. Times are UTC, as in Azure.
 */
import { ConfigError } from '../binding/config-error.ts';

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly names: readonly string[];
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const FIELDS: readonly Field[] = [
  { name: 'second', min: 0, max: 59, names: [] },
  { name: 'minute', min: 0, max: 59, names: [] },
  { name: 'hour', min: 0, max: 23, names: [] },
  { name: 'day', min: 1, max: 31, names: [] },
  { name: 'month', min: 1, max: 12, names: MONTHS },
  { name: 'day of week', min: 0, max: 6, names: DAYS },
];

const SECOND_MS = 1000;
const DAY_MS = 86_400_000;
/** 29 February comes back within eight years (1896 to 1904), so a day that has not come by then never comes. */
const DAYS_SEARCHED = 8 * 366 + 1;

export class Schedule {
  readonly #text: string;
  readonly #allowed: readonly (readonly number[])[];

  /** @throws ConfigError */
  constructor(text: string) {
    this.#text = text;
    const parts = text.trim().split(/\s+/);
    const fields = parts.length === 5 ? ['0', ...parts] : parts;
    if (fields.length !== FIELDS.length) {
      throw this.#fault('has not five or six fields: {second} {minute} {hour} {day} {month} {day-of-week}');
    }
    this.#allowed = FIELDS.map((field, index) => this.#values(field, fields[index] ?? ''));
    if (this.#next(0) === undefined) throw this.#fault('never comes');
  }

  /** The first time after that one, both in milliseconds since 1970. */
  next(afterMs: number): number {
    const found = this.#next(afterMs);
    if (found === undefined) throw this.#fault('never comes again');
    return found;
  }

  #next(afterMs: number): number | undefined {
    const startMs = (Math.floor(afterMs / SECOND_MS) + 1) * SECOND_MS;
    const firstDayMs = Math.floor(startMs / DAY_MS) * DAY_MS;
    for (let day = 0; day < DAYS_SEARCHED; day++) {
      const dayMs = firstDayMs + day * DAY_MS;
      if (!this.#isDay(new Date(dayMs))) continue;
      const time = this.#timeOfDay(Math.max(0, startMs - dayMs) / SECOND_MS);
      if (time !== undefined) return dayMs + time * SECOND_MS;
    }
    return undefined;
  }

  #isDay(date: Date): boolean {
    const [, , , days = [], months = [], weekDays = []] = this.#allowed;
    return (
      days.includes(date.getUTCDate()) && months.includes(date.getUTCMonth() + 1) && weekDays.includes(date.getUTCDay())
    );
  }

  /** The first allowed second of a day from that one on. */
  #timeOfDay(from: number): number | undefined {
    const [seconds = [], minutes = [], hours = []] = this.#allowed;
    for (const hour of hours) {
      if (hour * 3600 + 3599 < from) continue;
      for (const minute of minutes) {
        const start = hour * 3600 + minute * 60;
        if (start + 59 < from) continue;
        const second = seconds.find((candidate) => start + candidate >= from);
        if (second !== undefined) return start + second;
      }
    }
    return undefined;
  }

  #values(field: Field, text: string): readonly number[] {
    const values = new Set<number>();
    for (const part of text.split(',')) {
      const match = /^(?:\*|(\w+)(?:-(\w+))?)(?:\/(\d+))?$/.exec(part);
      if (match === null) throw this.#fault(`has "${part}" for the ${field.name}`);
      const [, first, last, stepText] = match;
      const step = Number(stepText ?? 1);
      const from = first === undefined ? field.min : this.#value(field, first);
      // "5/10" starts at 5 and goes on to the end.
      const open = first === undefined || stepText !== undefined ? field.max : from;
      const to = last === undefined ? open : this.#value(field, last);
      if (step === 0 || to < from) throw this.#fault(`has "${part}" for the ${field.name}`);
      for (let value = from; value <= to; value += step) values.add(value);
    }
    return [...values].sort((a, b) => a - b);
  }

  #value(field: Field, text: string): number {
    const named = field.names.indexOf(text.slice(0, 3).toLowerCase());
    const value = /^\d+$/.test(text) ? Number(text) : named < 0 ? -1 : named + field.min;
    if (value < field.min || value > field.max) {
      throw this.#fault(`has "${text}" for the ${field.name}; allowed: ${field.min} to ${field.max}`);
    }
    return value;
  }

  #fault(what: string): ConfigError {
    const message = `schedule: "${this.#text}" ${what}`;
    return new ConfigError([{ property: 'schedule', code: 'format', message }], 'a timer of the app');
  }
}
