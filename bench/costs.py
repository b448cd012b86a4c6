#!/usr/bin/env python3
"""What each feature adds to a build of 1,000 posts, against the same build without it, in turn in one run.

    costs.py --blog target/release/blog --dir /dev/shm/costs [--posts 1000] [--runs 5] [--json]

The posts are those of gen_blog.py. A feature is lines of site.toml, sometimes with files or a line in each post; its cost is the median
of (CPU seconds with it - CPU seconds of the plain build right before it). Wall seconds and peak memory stand beside it. Everything is
built offline and from nothing: the output and the cache are removed before each run. Python 3 standard library only."""

import argparse
import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))


def each_post(change):
    """Returns what changes each post of a site: its number and its text come in, its text goes out."""

    def apply(root):
        folder = os.path.join(root, "content/posts")
        for number, name in enumerate(sorted(os.listdir(folder))):
            path = os.path.join(folder, name)
            with open(path, encoding="utf-8") as file:
                text = file.read()
            with open(path, "w", encoding="utf-8") as file:
                file.write(change(number, text))

    return apply


def file(path, text):
    def apply(root):
        target = os.path.join(root, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "w", encoding="utf-8") as out:
            out.write(text)

    return apply


def front(line):
    return each_post(lambda number, text: text.replace("+++\n", "+++\n" + line.format(series=number // 10, index=number % 10 + 1) + "\n", 1))


# Name, lines of site.toml, what is changed in the sources.
FEATURES = [
    ("nothing (the noise)", "", None),
    ("feeds: RSS, Atom and JSON", '[[feeds]]\npath = "rss.xml"\n[[feeds]]\nformat = "atom"\n[[feeds]]\nformat = "json"\n', None),
    ("a feed for each tag", "[taxonomies.tags]\nfeed = true\npaginate = 20\n", None),
    ("archives by year and month", '[archives]\nby = ["year", "month"]\n', file("templates/archive.html", '{% extends "base.html" %}\n')),
    ("a second language, 1,000 fallbacks", "[languages.fr]\nfallback = true\n", None),
    ("series of ten", "", front('series = ["s{series}"]\nseries_index = {index}')),
    ("wikilinks on, none written", "[markdown]\nwikilinks = true\n", None),
    ("bare addresses off (they are on)", "[markdown]\nautolinks = false\n", None),
    ("mathematics, two formulas a post", "[markdown]\nmath = true\n", each_post(lambda _, text: text + "\n\nThus $a^2 + b^2 = c^2$.\n\n$$\n\\sum_{k=1}^n k = \\frac{n(n+1)}{2}\n$$\n")),
    ("shortcodes, one a post", "", each_post(lambda _, text: text + '\n\n{% note(title="Note") %}\nA *box*.\n{% end %}\n')),
    ("a render hook for links", "", file("templates/hooks/link.html", '<a href="{{ url }}">{{ text }}</a>')),
    ("related posts, three a page", "", "related"),
    ("Sass", "", file("sass/more.scss", "$a: red;\n.a { .b { color: $a } }\n")),
    ("computed policy", 'headers_from = "netlify"\n[csp]\nmode = "auto"\n', None),
    ("redirects, one a post", '[redirects]\nemit = ["nginx"]\n', each_post(lambda number, text: text.replace("+++\n", f'+++\naliases = ["/old/{number}/"]\n', 1))),
    ("two contracts", '[[contract]]\nmatch = "**"\nexactly_one = ["main", "h1"]\n[[contract]]\nmatch = "posts/**"\nat_least_one = "time[datetime]"\n', None),
    ("minify", "minify = true\n", None),
    ("pictures on, none shown", "[images]\n", None),
    ("seo() on each page", "", "seo"),
    ("seo() and a card for each post", "[images]\ncards = true\n", "seo"),
    ("search", "[search]\n", None),
]


def prepare(root, plain, lines, change):
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(plain, root, ignore=shutil.ignore_patterns("public", ".watchpost*"))
    path = os.path.join(root, "site.toml")
    with open(path, encoding="utf-8") as settings:
        text = settings.read()
    # Keys of the top level stand before the first table; a table that the site has already is taken out.
    top = "".join(line + "\n" for line in lines.splitlines() if re.match(r"headers_from|minify", line))
    tables = "".join(line + "\n" for line in lines.splitlines() if not re.match(r"headers_from|minify", line))
    for name in set(re.findall(r"^\[+([a-z.]+)\]+$", tables, re.M)):
        text = re.sub(r"^\[+" + re.escape(name) + r"\]+\n(?:[^\[\n][^\n]*\n|\n)*", "", text, flags=re.M)
    with open(path, "w", encoding="utf-8") as settings:
        settings.write(top + text + "\n" + tables)
    if change == "related":
        template = os.path.join(root, "templates/post.html")
        with open(template, encoding="utf-8") as source:
            text = source.read()
        with open(template, "w", encoding="utf-8") as target:
            before = "{{ page.content | safe }}"
            assert before in text
            target.write(text.replace(before, before + "{% for other in related(limit=3) %}<a href=\"{{ other.path }}\">{{ other.title }}</a>{% endfor %}", 1))
    elif change == "seo":
        template = os.path.join(root, "templates/base.html")
        with open(template, encoding="utf-8") as source:
            text = source.read()
        with open(template, "w", encoding="utf-8") as target:
            assert "</head>" in text
            target.write(text.replace("</head>", "{{ seo() }}</head>", 1))
    elif change:
        change(root)


def build(blog, root):
    shutil.rmtree(os.path.join(root, "public"), ignore_errors=True)
    shutil.rmtree(os.path.join(root, ".blog"), ignore_errors=True)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    run = subprocess.run([blog, "build", "--offline", "--root", root], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    wall = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if run.returncode != 0:
        sys.stderr.write(f"the build of {root} failed:\n{run.stderr[-2000:]}\n")
        raise SystemExit(1)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--blog", required=True)
    parser.add_argument("--dir", required=True)
    parser.add_argument("--posts", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    blog = os.path.abspath(given.blog)
    base = os.path.join(given.dir, "blogs")
    subprocess.run([sys.executable, os.path.join(HERE, "gen_blog.py"), "--posts", str(given.posts), "--out", base, "--engines", "plain"], check=True, stdout=subprocess.DEVNULL)
    plain = os.path.join(base, "plain")
    rows = []
    for name, lines, change in FEATURES:
        root = os.path.join(given.dir, "with")
        prepare(root, plain, lines, change)
        pairs = []
        for number in range(given.runs + 1):
            without, with_it = build(blog, plain), build(blog, root)
            # The first pair warms the machine.
            if number:
                pairs.append((without, with_it))
        wall = [two[0] - one[0] for one, two in pairs]
        cpu = [two[1] - one[1] for one, two in pairs]
        usual = statistics.median(one[1] for one, _ in pairs)
        rows.append({"feature": name, "cpu": cpu, "wall": wall, "plain_cpu": usual})
        if not given.json:
            print(f"| {name} | {1000 * statistics.median(cpu):+.0f} | {1000 * min(cpu):+.0f} to {1000 * max(cpu):+.0f} | {100 * statistics.median(cpu) / usual:+.0f} % | {1000 * statistics.median(wall):+.0f} |", flush=True)
    if given.json:
        print(json.dumps(rows))


if __name__ == "__main__":
    main()
