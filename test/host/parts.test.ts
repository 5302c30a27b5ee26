/** Schedules, routes and file patterns of the host, each by itself. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { patternOf } from '../../src/host/app-files.ts';
import { Schedule } from '../../src/host/cron.ts';
import { Routes } from '../../src/host/routes.ts';
import { Timers } from '../../src/host/timers.ts';

function next(schedule: string, after: string): string {
  return new Date(new Schedule(schedule).next(Date.parse(after))).toISOString();
}

describe('Schedule', () => {
  it('finds the next time', () => {
    assert.equal(next('0 */5 * * * *', '2026-01-01T00:00:00Z'), '2026-01-01T00:05:00.000Z');
    assert.equal(next('*/5 * * * *', '2026-01-01T00:04:59.999Z'), '2026-01-01T00:05:00.000Z');
    assert.equal(next('0 30 9 * Jan Mon', '2026-01-01T00:00:00Z'), '2026-01-05T09:30:00.000Z');
    assert.equal(next('0 0 0 29 2 *', '2026-01-01T00:00:00Z'), '2028-02-29T00:00:00.000Z');
    assert.equal(next('5,7 0 22-23 * * 1-5', '2026-01-02T23:00:07Z'), '2026-01-05T22:00:05.000Z');
    assert.equal(next('0 50/4 * * * *', '2026-01-01T00:55:00Z'), '2026-01-01T00:58:00.000Z');
  });

  it('refuses what is none, and what never comes', () => {
    for (const text of ['', '* * *', '60 * * * * *', '0 0 0 30 2 *', '*/0 * * * * *', '5-1 * * * * *', 'x * * * * *']) {
      assert.throws(() => new Schedule(text), { code: 'ERR_CONFIG' }, text);
    }
  });
});

describe('Timers', () => {
  it('fire at their time, wait for a run that takes long, and stop', async () => {
    let now = Date.parse('2026-01-01T00:00:00Z');
    let armed: { at: number; callback: () => void } | undefined;
    const clock = {
      now: () => now,
      after: (delayMs: number, callback: () => void) => {
        armed = { at: now + delayMs, callback };
        return () => {
          armed = undefined;
        };
      },
    };
    let finishRun: () => void = () => undefined;
    const fired: number[] = [];
    const timers = new Timers(clock, () => {
      fired.push(now);
      return new Promise((resolve) => {
        finishRun = resolve;
      });
    });
    timers.start({ functionName: 'f', schedule: new Schedule('0 * * * * *'), runOnStartup: false });
    const first = armed as { at: number; callback: () => void } | undefined;
    assert.equal(first?.at, now + 60_000);
    now = first.at;
    armed = undefined;
    first.callback();
    assert.deepEqual(fired, [now]);
    assert.equal(armed, undefined);
    now += 90_000;
    finishRun();
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal((armed as { at: number } | undefined)?.at, Date.parse('2026-01-01T00:03:00Z'));
    timers.stop();
    assert.equal(armed, undefined);
  });
});

describe('Routes', () => {
  it('tries the more specific first, and decodes parameters', () => {
    const routes = new Routes<string>();
    routes.add('api/{*rest}', ['GET'], 'rest');
    routes.add('api/orders/{name}', ['GET'], 'name');
    routes.add('api/orders/{id:int}', ['GET'], 'id');
    routes.add('api/orders/new', ['GET'], 'new');
    routes.add('api/pages/{page?}', ['GET'], 'page');
    const find = (path: string): unknown => {
      const found = routes.find('GET', path);
      return found && [found.target, found.params];
    };
    assert.deepEqual(find('/api/orders/new'), ['new', {}]);
    assert.deepEqual(find('/api/orders/7'), ['id', { id: '7' }]);
    assert.deepEqual(find('/api/orders/a%20b'), ['name', { name: 'a b' }]);
    assert.deepEqual(find('/api/pages'), ['page', {}]);
    assert.deepEqual(find('/api/x/y'), ['rest', { rest: 'x/y' }]);
    assert.equal(find('/other'), undefined);
    assert.equal(routes.find('POST', '/api/orders/new'), undefined);
  });

  it('refuses what it does not know', () => {
    for (const template of ['a/{id:regex(x)}', 'a/{', 'a/x{id}']) {
      assert.throws(
        () => {
          new Routes<string>().add(template, ['GET'], 'x');
        },
        { code: 'ERR_CONFIG' },
      );
    }
  });
});

describe('patterns of main', () => {
  it('fit as in Azure', () => {
    assert.ok(patternOf('src/functions/*.js').test('src/functions/a.js'));
    assert.ok(!patternOf('src/functions/*.js').test('src/functions/deep/a.js'));
    assert.ok(patternOf('dist/src/{index.js,functions/*.js}').test('dist/src/functions/a.js'));
    assert.ok(patternOf('dist/src/{index.js,functions/*.js}').test('dist/src/index.js'));
    assert.ok(patternOf('dist/**/*.js').test('dist/a/b/c.js'));
    assert.ok(!patternOf('dist/**/*.js').test('dist/a.mjs'));
  });
});
