// The computed policy in a real browser: the repository's own blog, sent with the headers that the build wrote, violates
// nothing on any page; with one hash taken out, the page that needs it does. `node --test tests/browser/`.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

import { address, files, need } from './pages.mjs';

const { chromium } = need('playwright-core', 'needs the npm package `playwright-core`, Chromium, and a built `blog`');
const root = fileURLToPath(new URL('../..', import.meta.url));
const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];
const INLINE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Inline</title><link rel="icon" href="data:,">
<style>h1 { color: rgb(1, 2, 3) }</style><script>document.documentElement.dataset.ran = 'yes &amp; no';</script></head>
<body><h1>Inline</h1><p style="color: rgb(4, 5, 6)">Styled.</p>
<img alt="" src="data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==" onload="this.dataset.ran = 'yes'"></body></html>
`;
/** The hashes that the page above needs, as this runtime computes them. */
const INLINE_HASHES = new Set(['h1 { color: rgb(1, 2, 3) }', "document.documentElement.dataset.ran = 'yes &amp; no';",
  'color: rgb(4, 5, 6)', "this.dataset.ran = 'yes'"].map((text) =>
  `'sha256-${createHash('sha256').update(text).digest('base64')}'`));
const TYPES = { html: 'text/html; charset=utf-8', css: 'text/css', js: 'text/javascript', svg: 'image/svg+xml', xml: 'application/xml' };

/** The newest `blog` that was built. */
function program() {
  const built = ['release', 'debug'].map((profile) => join(root, 'target', profile, 'blog')).filter(existsSync);
  assert.ok(built.length > 0, 'there is no blog to build with: run `cargo build` first');
  return built.sort((one, other) => statSync(other).mtimeMs - statSync(one).mtimeMs)[0];
}

/** Builds the repository's blog with a computed policy; gives the folder and the policy. */
function build(folder) {
  for (const name of ['content', 'static', 'templates', 'sass']) {
    if (existsSync(join(root, name))) cpSync(join(root, name), join(folder, name), { recursive: true });
  }
  const exclude = '[analytics]\nexclude = ["/inline.html"]';
  const settings = readFileSync(join(root, 'site.toml'), 'utf8').replace('[analytics]', exclude);
  const more = '\n[assets]\nfingerprint = true\n[csp]\nmode = "auto"\n';
  writeFileSync(join(folder, 'site.toml'), `headers_from = "netlify"\n${settings}${more}`);
  const pages = join(folder, 'static');
  mkdirSync(pages, { recursive: true });
  writeFileSync(join(pages, 'inline.html'), INLINE);
  const run = spawnSync(program(), ['build', '--root', folder], { encoding: 'utf8', env: { ...process.env, CI: '' } });
  const out = join(folder, 'public');
  assert.ok(existsSync(join(out, '_headers')), run.stderr);
  const [, policy] = readFileSync(join(out, '_headers'), 'utf8').match(/Content-Security-Policy: (.*)/) ?? [];
  assert.ok(policy, 'the build wrote a policy');
  return { out, policy };
}

/** Opens every page under a policy, and returns what the browser refused, by page. */
async function violations(out, policy, only) {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, 'http://localhost').pathname);
    const file = join(out, path.endsWith('/') ? `${path}index.html` : path);
    const found = existsSync(file) && statSync(file).isFile();
    const type = TYPES[file.split('.').pop()] ?? 'application/octet-stream';
    response.writeHead(found ? 200 : 404, { 'content-type': type, 'content-security-policy': policy });
    response.end(found ? readFileSync(file) : '');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${server.address().port}/`;
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ARGUMENTS });
  const refused = new Map();
  try {
    const page = await browser.newPage();
    // The analytics are let pass by the policy, and answered here: nothing leaves the machine.
    await page.route((url) => !url.href.startsWith(origin) && url.protocol.startsWith('http'),
      (route) => route.fulfill({ status: 200, contentType: 'text/javascript', body: '' }));
    await page.exposeFunction('refuse', (at, what) => refused.set(at, [...(refused.get(at) ?? []), what]));
    await page.addInitScript(() => document.addEventListener('securitypolicyviolation', (event) =>
      window.refuse(new URL(document.URL).pathname, `${event.effectiveDirective} ${event.blockedURI} ${event.sample}`)));
    let seen = 0;
    for (const name of (await files(out, ['.html'])).filter((name) => !only || name === only)) {
      // A page that only leads on is left at once.
      if (readFileSync(join(out, name), 'utf8').includes('http-equiv="refresh"')) continue;
      await page.goto(address(origin, name), { waitUntil: 'load' });
      seen += 1;
      if (name === 'inline.html' && !only) {
        const state = await page.evaluate(() => [document.documentElement.dataset.ran, document.images[0].dataset.ran,
          getComputedStyle(document.querySelector('p')).color, getComputedStyle(document.querySelector('h1')).color]);
        assert.deepEqual(state, ['yes &amp; no', 'yes', 'rgb(4, 5, 6)', 'rgb(1, 2, 3)']);
      }
    }
    await page.waitForFunction(() => true);
    return { refused: Object.fromEntries(refused), seen };
  } finally {
    await browser.close();
    server.close();
  }
}

test('the computed policy refuses nothing, and everything whose hash is taken out', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'watchpost-'));
  try {
    const { out, policy } = build(folder);
    const whole = await violations(out, policy);
    assert.deepEqual(whole.refused, {});
    assert.ok(whole.seen > 20, `${whole.seen} pages were opened`);
    for (const hash of INLINE_HASHES) {
      assert.ok(policy.includes(hash), `${hash} is not in ${policy}`);
      const { refused } = await violations(out, policy.replace(hash, ''), 'inline.html');
      assert.equal(refused['/inline.html']?.length, 1, `${hash}: ${JSON.stringify(refused)}`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
