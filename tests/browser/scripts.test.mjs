// Shows that the two scripts see what they are for: `node --test tests/browser/`.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

/** Writes `files` to a folder, runs a script over it, and returns its exit code and output. */
function run(script, files, ...words) {
  const folder = mkdtempSync(join(tmpdir(), 'watchpost-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const path = fileURLToPath(new URL(script, import.meta.url));
    const { status, stdout, stderr } = spawnSync(process.execPath, [path, folder, ...words], { encoding: 'utf8' });
    return { status, output: stdout + stderr };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const page = (body, head = '') => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,"><title>A page</title>${head}</head>
<body><main><h1>A page</h1>${body}</main></body></html>`;

test('a page without fault passes both', () => {
  const files = { 'index.html': page('<p>Well.</p>'), 'a.css': 'p { color: #111 }' };
  for (const script of ['audit.mjs', 'validate.mjs']) {
    const { status, output } = run(script, files);
    assert.equal(status, 0, output);
  }
});

test('the audit sees contrast, overflow, third parties and errors, in the scheme and width they are in', () => {
  const pale = '<style>@media (prefers-color-scheme: dark) { html { background: #000; color: #333 } }</style>';
  const faults = {
    'contrast.html': [page('<p>Pale.</p>', pale), /: axe: color-contrast[^(]*\(dark 320; dark 768; dark 1280\)/],
    'wide.html': [page('<p style="width: 600px">Wide.</p>'), /: scrolls sideways by \d+ px\n.*\n *\(light 320; dark 320\)/],
    'foreign.html': [page('', '<script src="https://elsewhere.invalid/a.js"></script>'), /: a request to a third party\n *https:/],
    'error.html': [page('', '<script>throw new Error("broken")</script>'), /: an error in a script\n *broken/],
  };
  const files = Object.fromEntries(Object.entries(faults).map(([name, [text]]) => [name, text]));
  const { status, output } = run('audit.mjs', files);
  assert.equal(status, 1, output);
  for (const [name, [, expected]] of Object.entries(faults)) {
    assert.match(output, new RegExp(name.replace('.', '\\.') + expected.source));
  }
});

test('the host of the analytics may be asked, and is not', () => {
  const files = { 'index.html': page('<p>A</p>', '<script src="https://stats.invalid/a.js"></script>') };
  assert.equal(run('audit.mjs', files).status, 1);
  assert.equal(run('audit.mjs', files, '--analytics', 'stats.invalid').status, 0);
});

test('the validator sees faults in HTML, CSS and SVG', () => {
  const files = {
    'index.html': page('<p><div>A</div></p>'),
    'a.css': 'p { colour: red }',
    'a.svg': '<svg xmlns="http://www.w3.org/2000/svg"><bogus/></svg>',
  };
  const { status, output } = run('validate.mjs', files);
  assert.equal(status, 1, output);
  for (const name of Object.keys(files)) assert.match(output, new RegExp(`error: ${name}:`));
});

test('a folder without pages is a wrong call, not a success', () => {
  for (const script of ['audit.mjs', 'validate.mjs']) assert.equal(run(script, { 'a.txt': '' }).status, 2);
});
