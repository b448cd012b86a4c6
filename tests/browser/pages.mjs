// Which files of a built folder are looked at.

import { spawnSync } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, relative, sep } from 'node:path';

/** Returns the files below `folder` that end in one of `endings`, by their path with `/`, sorted. */
export async function files(folder, endings) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

/** Returns the address of an HTML file: `posts/a/index.html` stands at `/posts/a/`. */
export function address(base, file) {
  return base + file.replace(/(^|\/)index\.html$/, '$1');
}

/** Returns what `use` makes of an npm package, from a node_modules above this file or on NODE_PATH. */
export function need(name, text, use = (require) => require(name)) {
  try {
    return use(createRequire(import.meta.url));
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error;
    return usage(`the npm package \`${name}\` is missing`, text);
  }
}

/** Prints `problem` and the way to call the script, and ends with 2. */
export function usage(problem, text) {
  console.error(`${problem}\n\n${text}`);
  process.exit(2);
}

/** Returns the HTML documents of a folder, without those that only redirect. */
export async function documents(folder) {
  const kept = [];
  for (const name of await files(folder, ['.html'])) {
    const text = await readFile(join(folder, name), 'utf8');
    if (/<html[\s>]/i.test(text) && !/http-equiv="?refresh/i.test(text)) kept.push(name);
  }
  return kept;
}

/** Returns the path of Chromium; without one, ends with the usage `text`. */
export function browserPath(text) {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    const run = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' });
    if (run.status === 0) return run.stdout.trim();
  }
  return usage('Chromium is not on PATH, and CHROMIUM does not name it', text);
}
