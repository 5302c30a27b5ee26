/** The quick look at a text: it may err by a yes, never by a no, whatever it has made of the texts before. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mayBeAzureEnvelope, REQUIRED } from '../../src/binding/envelope-search.ts';

const ENVELOPE = JSON.stringify(Object.fromEntries([...REQUIRED, 'Key'].map((name) => [name, `my ${name}`])));

/** More texts than it takes until what was counted before has faded. */
const MANY = 20_000;

describe('the search for the names of an envelope', () => {
  it('needs braces around it, and takes space outside of them', () => {
    for (const space of ['', ' ', '\r\n\t', '\ufeff']) {
      assert.ok(mayBeAzureEnvelope(space + ENVELOPE + space), JSON.stringify(space));
    }
    for (const text of ['', '{', '}', 'text', `[${ENVELOPE}]`, ENVELOPE.slice(0, -1), ENVELOPE.slice(1)]) {
      assert.ok(!mayBeAzureEnvelope(text), text);
    }
  });

  it('needs every name, in letters or in escapes of them', () => {
    for (const name of REQUIRED) {
      const without = ENVELOPE.replace(`"${name}"`, '"Other"');
      assert.ok(!mayBeAzureEnvelope(without), name);
      assert.ok(!mayBeAzureEnvelope(without.replace('Other', 'tab\\t')), name);
      const code = name.charCodeAt(0).toString(16).padStart(4, '0');
      assert.ok(mayBeAzureEnvelope(ENVELOPE.replace(`"${name}"`, `"\\u${code}${name.slice(1)}"`)), name);
    }
  });

  for (const rare of [...REQUIRED, '"']) {
    it(`finds the names after many texts in which ${rare.charAt(0)} is rare`, () => {
      const common = [...REQUIRED, '"'].filter((first) => first.charAt(0) !== rare.charAt(0));
      const plain = `{${common.map((first) => first.charAt(0).repeat(9)).join(' ')}}`;
      for (let count = 0; count < MANY; count++) assert.ok(!mayBeAzureEnvelope(plain));
      assert.ok(mayBeAzureEnvelope(ENVELOPE));
      for (const name of REQUIRED) assert.ok(!mayBeAzureEnvelope(ENVELOPE.replace(`"${name}"`, '"Other"')), name);
    });
  }
});
