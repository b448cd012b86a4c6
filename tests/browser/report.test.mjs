// The report as a page, in a real browser: whatever a site is like, the page about it is whole, legible and asks nobody.
// `node --test tests/browser/`.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The newest `blog` that was built. */
function program() {
  const built = ['release', 'debug'].map((profile) => join(root, 'target', profile, 'blog')).filter(existsSync);
  assert.ok(built.length > 0, 'there is no blog to build with: run `cargo build` first');
  return built.sort((one, other) => statSync(other).mtimeMs - statSync(one).mtimeMs)[0];
}

const SETTINGS = `title = "A blog"
base_url = "https://blog.example/"
timezone = "UTC"
[analytics]
provider = "goatcounter"
endpoint = "embedded"
on_unknown = "warn"
site = "</title><script>document.title = 'run'</script>"
`;
const HOSTILE = '\'</title><script>document.title = "run"</script><img src="https://elsewhere.invalid/x" onerror="alert(1)"> `</code>\'';
const BARE = '<!doctype html><html lang="en"><head><title>x</title></head><body>{{ page.content }}</body></html>';
const post = (title, body) => `+++\ntitle = ${title}\ndate = 2026-11-01\n+++\n${body}\n`;
const whole = { 'site.toml': SETTINGS, 'content/posts/a.md': post(HOSTILE, 'Text.') };
const broken = {
  ...whole,
  'templates/post.html': BARE,
  'content/posts/b.md': post('"b"', `[gone](/${'a-very-long-name-'.repeat(20)}/) <script src="https://stats.other.example/count.js" data-goatcounter="https://stats.other.example/count"></script>`),
  'static/by<hand> & "co"/index.html': BARE,
};

/** Builds a site, and returns the exit code and the report as a page. */
function report(files, ...words) {
  const folder = mkdtempSync(join(tmpdir(), 'watchpost-'));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    // Where `CI` is set, a missing lock is an error.
    const { CI, ...env } = process.env;
    const run = spawnSync(program(), ['build', '--format', 'html', ...words], { cwd: folder, encoding: 'utf8', env });
    return { status: run.status, page: run.stdout, said: run.stderr };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('the page is legible at every width, in both schemes, valid, and runs nothing', () => {
  const pages = {
    'holds.html': [report(whole), 0],
    'drift.html': [report(broken), 3],
    'offline.html': [report(whole, '--offline'), 0],
    'early.html': [report({ ...whole, 'content/posts/c.md': '+++\ntilte = 1\n+++\n' }), 1],
  };
  const folder = mkdtempSync(join(tmpdir(), 'watchpost-'));
  try {
    for (const [name, [{ status, page, said }, expected]] of Object.entries(pages)) {
      assert.equal(status, expected, `${name}: ${said}`);
      writeFileSync(join(folder, name), page);
    }
    // The validator knows no digests in a policy, and warns of the style that the policy names by its digest.
    for (const [script, ...words] of [['audit.mjs'], ['validate.mjs', '--warnings-pass']]) {
      const path = fileURLToPath(new URL(script, import.meta.url));
      const run = spawnSync(process.execPath, [path, folder, ...words], { encoding: 'utf8' });
      assert.equal(run.status, 0, run.stdout + run.stderr);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
