// The parts of the preview's script that need no browser.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import test from 'node:test';

const { common, count, fresh, pieces, summary } = createRequire(import.meta.url)('../../src/serve/client/preview.js');

/** The longest common subsequence, by trying everything. */
function longest(one, other) {
  if (one.length === 0 || other.length === 0) return 0;
  if (one[0] === other[0]) return 1 + longest(one.slice(1), other.slice(1));
  return Math.max(longest(one.slice(1), other), longest(one, other.slice(1)));
}

test('pairs of equal keys are in order, equal, and as many as can be', () => {
  let seed = 7;
  const random = (limit) => (seed = (seed * 1103515245 + 12345) % 2147483648) % limit;
  const letters = () => Array.from({ length: random(9) }, () => 'abc'[random(3)]);
  for (let round = 0; round < 2000; round++) {
    const [one, other] = [letters(), letters()];
    const pairs = common(one, other);
    assert.equal(pairs.length, longest(one, other), `${one} ${other}`);
    pairs.forEach(([left, right], index) => {
      assert.equal(one[left], other[right]);
      if (index > 0) assert.ok(left > pairs[index - 1][0] && right > pairs[index - 1][1]);
    });
  }
});

test('long lists without anything in common come to an end', () => {
  const list = (letter) => Array.from({ length: 5000 }, (_, index) => letter + index);
  assert.deepEqual(common(list('a'), list('b')), []);
  assert.equal(common(list('a'), list('a')).length, 5000);
});

test('an address is asked for anew without losing its query', () => {
  assert.equal(fresh('/style.css?v=2', 'http://127.0.0.1:1/a/', '7'), 'http://127.0.0.1:1/style.css?v=2&watchpost=7');
  assert.equal(fresh('http://127.0.0.1:1/a.css?watchpost=6', 'http://127.0.0.1:1/', '7'), 'http://127.0.0.1:1/a.css?watchpost=7');
});

test('the bar says states first, then what is wrong, then what is so', () => {
  const status = {
    page: { states: [{ name: 'draft' }], words: 1, minutes: 1 },
    problems: [{ level: 'error' }, { level: 'warning' }, { level: 'note' }],
    links: [{}, {}], images: [{}], guard: [{ verdict: 'drift' }, { verdict: 'unknown' }], hits: [{ ok: true }, { ok: false }],
  };
  assert.deepEqual(summary(status).map((item) => item.text), ['draft', '1 error', '2 warnings', '2 broken links',
    '1 image without alt', '1 guard finding', '1 bad hit', '1 word, 1 min', '1 hit']);
  assert.deepEqual(summary({}), []);
});

test('what stands between backticks is code, and stays text', () => {
  assert.deepEqual(pieces('a `<b>` c'), ['a ', '<b>', ' c']);
  assert.equal(count(0, 'word'), '0 words');
});
