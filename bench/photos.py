#!/usr/bin/env python3
"""Posts with one photo of 12 megapixels each: every photo in three widths, as WebP and as JPEG, by us and by Hugo in turn.

    photos.py --blog target/release/blog --hugo HUGO --dir /dev/shm/photos [--photos 100] [--runs 3]

From nothing, and again with the cache of the run before. Prints a table: median wall and CPU seconds, and the highest peak of memory.
The photo is drawn from noise, which is harder to compress than most. Needs Pillow (`pip install pillow`)."""

import argparse
import multiprocessing
import os
import shutil
import statistics
import subprocess
import time

HOOK = """{{ $i := .Page.Resources.GetMatch .Destination }}{{ $s := slice }}{{ range (slice "webp" "jpg") }}{{ $f := . }}{{ range (slice 480 960 1600) }}{{ $r := $i.Resize (printf "%dx %s" . $f) }}{{ $s = $s | append (printf "%s %dw" $r.RelPermalink .) }}{{ end }}{{ end }}<img src="{{ $i.RelPermalink }}" srcset="{{ delimit $s ", " }}" alt="{{ .Text }}">"""
OURS = 'title = "Photos"\nbase_url = "https://photos.example/"\ntimezone = "UTC"\ntheme = "paper"\n[images]\nwidths = [480, 960, 1600]\nquality = 80\n'
THEIRS = 'baseURL = "https://photos.example/"\ntitle = "Photos"\ndisableKinds = ["taxonomy", "term"]\n[imaging]\nquality = 80\n'


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def make(folder, photos):
    from PIL import Image

    noise = Image.effect_noise((1000, 750), 60).resize((4000, 3000), Image.LANCZOS)
    grain = Image.effect_noise((4000, 3000), 25)
    photo = Image.merge("RGB", [Image.blend(noise.rotate(90 * turn).resize((4000, 3000)), grain, 0.2) for turn in range(3)])
    content = os.path.join(folder, "content")
    for number in range(photos):
        post = os.path.join(content, f"posts/p{number:04}")
        write(os.path.join(post, "index.md"), f'+++\ntitle = "Post {number}"\ndate = 2026-01-{number % 28 + 1:02}\n+++\n![A photo](photo.jpg)\n\nWords.\n')
        photo.rotate(number * 0.3).save(os.path.join(post, "photo.jpg"), quality=85)
    for name in ("ours", "hugo"):
        shutil.rmtree(os.path.join(folder, name), ignore_errors=True)
    shutil.copytree(content, os.path.join(folder, "ours/content"))
    shutil.copytree(content, os.path.join(folder, "hugo/content"))
    shutil.rmtree(content)
    write(os.path.join(folder, "ours/site.toml"), OURS)
    write(os.path.join(folder, "hugo/hugo.toml"), THEIRS)
    write(os.path.join(folder, "hugo/layouts/_default/_markup/render-image.html"), HOOK)
    write(os.path.join(folder, "hugo/layouts/_default/single.html"), "<!doctype html><title>{{ .Title }}</title>{{ .Content }}")
    write(os.path.join(folder, "hugo/layouts/_default/list.html"), '<!doctype html><title>x</title>{{ range .Pages }}<a href="{{ .RelPermalink }}">{{ .Title }}</a>{{ end }}')


def run(command, root, remove):
    for name in remove:
        shutil.rmtree(os.path.join(root, name), ignore_errors=True)
    start = time.monotonic()
    child = subprocess.Popen(command, cwd=root, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    said = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    if status != 0:
        raise SystemExit(f"{' '.join(command)} failed:\n{said[-2000:]}")
    return time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--blog", required=True)
    parser.add_argument("--hugo", required=True)
    parser.add_argument("--dir", required=True)
    parser.add_argument("--photos", type=int, default=100)
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    # In a process of its own: what this one has in memory would count as its children's.
    maker = multiprocessing.get_context("spawn").Process(target=make, args=(given.dir, given.photos))
    maker.start()
    maker.join()
    if maker.exitcode:
        raise SystemExit(1)
    engines = {
        "ours": [os.path.abspath(given.blog), "build", "--offline"],
        "hugo": [os.path.abspath(given.hugo), "--quiet"],
    }
    found = {}
    for _ in range(given.runs):
        for name, command in engines.items():
            root = os.path.join(given.dir, name)
            found.setdefault((name, "from nothing"), []).append(run(command, root, ["public", ".blog", "resources"]))
            found.setdefault((name, "cached"), []).append(run(command, root, ["public"]))
    print("| | wall, s | CPU, s | peak, MiB |\n|---|---|---|---|")
    for (name, state), runs in found.items():
        wall, cpu, peak = zip(*runs)
        print(f"| {name}, {state} | {statistics.median(wall):.2f} | {statistics.median(cpu):.2f} | {max(peak):.0f} |")


if __name__ == "__main__":
    main()
