#!/usr/bin/env python3
"""Counts the instructions that the three hottest functions take in a cold build, and holds them against benches/instructions.json.

    .ci/instructions.py                 exits 1 if one has grown by more than 5 %
    .ci/instructions.py --write         writes what is counted now: whoever makes one dearer says so in the same change
    .ci/instructions.py --runs 3        counts each three times and prints the spread

A count does not depend on what else a machine does, so that a regression shows where a clock would show noise. callgrind
runs target/release/blog, as it is, over 150 posts that bench/gen_blog.py makes from a seed, with one thread, and collects
only inside the function. With another compiler, C compiler, valgrind, set of vector instructions or other posts than the
file was written with, the numbers differ a little by themselves: then the limit is 20 %, and that is said.
Needs: cargo build --release --bin blog; valgrind; nm (binutils).
"""
import argparse, hashlib, json, os, pathlib, re, shutil, subprocess, sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BASELINE = ROOT / "benches/instructions.json"
FOLDER = ROOT / "target/instructions"
POSTS, SEED = 150, 1
GROWTH, GROWTH_ELSEWHERE = 0.05, 0.20
# What is counted, the function that stands for it, and the overlay of the site that is built.
HOTTEST = [
    ("highlight code", "watchpost::article::highlight::Highlighter::colour", "highlight-on"),
    ("typeset and render pages", "watchpost::render::page", "highlight-off"),
    ("read written pages", "watchpost::check::page::read", "highlight-off"),
]


def said(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def symbols(program):
    """Returns the names in the program by what they stand for; the same function may have several."""
    raw, plain = (said("nm", "-p", "--defined-only", *flags, program).splitlines() for flags in ([], ["--demangle"]))
    found = {}
    for line, named in zip(raw, plain, strict=True):
        name = re.sub(r"::h[0-9a-f]{16}$", "", re.sub(r" \(?\.llvm\.\d+\)?.*$", "", named.split(" ", 2)[2]))
        found.setdefault(re.sub(r"^<(.*)>::", r"\1::", name), []).append(line.split(" ", 2)[2])
    return found


def blog():
    """Makes the posts; returns the site's folder and a digest of all its files."""
    shutil.rmtree(FOLDER / "blog", ignore_errors=True)
    said(sys.executable, str(ROOT / "bench/gen_blog.py"), "--posts", str(POSTS), "--seed", str(SEED), "--engines", "plain",
         "--out", str(FOLDER / "blog"))
    site, digest = FOLDER / "blog/plain", hashlib.sha256()
    for path in sorted(site.rglob("*")):
        if path.is_file():
            digest.update(f"{path.relative_to(site)}\n".encode() + path.read_bytes())
    return site, digest.hexdigest()[:16]


def surroundings(digest):
    try:
        flags = re.search(r"^flags\s*:(.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M).group(1).split()
    except (OSError, AttributeError):
        flags = []
    return {
        "rustc": re.search(r"^rustc (.*)$", said("rustc", "-V"), re.M).group(1),
        "cc": said("cc", "--version").splitlines()[0],
        "valgrind": said("valgrind", "--version").strip(),
        "machine": " ".join([os.uname().machine, *(flag for flag in ("avx2",) if flag in flags)]),
        "posts": f"{POSTS}, {digest}",
    }


def count(program, names, site, overlay):
    """Builds the site from nothing and returns the instructions inside the function of these names."""
    for left in ("public", ".blog"):
        shutil.rmtree(site / left, ignore_errors=True)
    out = FOLDER / "callgrind.out"
    out.unlink(missing_ok=True)
    environment = {"PATH": os.environ["PATH"], "HOME": str(site), "LC_ALL": "C", "RAYON_NUM_THREADS": "1"}
    outcome = subprocess.run(
        ["valgrind", "--tool=callgrind", "--demangle=no", *(f"--toggle-collect={name}" for name in names), f"--callgrind-out-file={out}",
         program, "build", "--offline", "--env", overlay, "--clock", "2026-03-10T00:00:00Z"],
        cwd=site, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if outcome.returncode or not out.is_file():
        sys.exit(f"the build under valgrind failed with {outcome.returncode}:\n{outcome.stderr[-3000:]}")
    total = re.search(r"^(?:totals|summary): (\d+)", out.read_text(), re.M)
    if not total or int(total.group(1)) == 0:
        sys.exit(f"nothing was counted in {' '.join(names)}")
    return int(total.group(1))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--program", default=str(ROOT / "target/release/blog"))
    options = parser.parse_args()
    known = symbols(options.program)
    site, digest = blog()
    here, counted = surroundings(digest), {}
    for what, function, overlay in HOTTEST:
        names = known.get(function)
        if not names:
            sys.exit(f"{options.program} has no function {function}: name it in HOTTEST of .ci/instructions.py, and keep it from being inlined")
        counts = [count(options.program, names, site, overlay) for _ in range(options.runs)]
        counted[what] = sorted(counts)[len(counts) // 2]
        if options.runs > 1:
            print(f"{what}: {counts}, spread {max(counts) / min(counts) - 1:.4%}")
    if options.write:
        BASELINE.write_text(json.dumps({"made_with": here, "instructions": counted}, indent=2) + "\n")
        print(f"wrote {BASELINE.relative_to(ROOT)}: {json.dumps(counted)}")
        return
    baseline = json.loads(BASELINE.read_text())
    other = [f"{key}: {baseline['made_with'].get(key)} then, {value} now" for key, value in here.items() if baseline["made_with"].get(key) != value]
    for line in other:
        print(f"not as when the baseline was written: {line}")
    limit = GROWTH_ELSEWHERE if other else GROWTH
    dearer = []
    for what, now in counted.items():
        before = baseline["instructions"].get(what)
        if before is None:
            dearer.append(what)
            print(f"{what}: {now:,} instructions, and none in the baseline")
            continue
        growth = now / before - 1
        if growth > limit:
            dearer.append(what)
        cheaper = "; --write keeps the gain" if growth < -GROWTH else ""
        print(f"{what}: {now:,} instructions, {before:,} in the baseline, {growth:+.2%}{cheaper}")
    if dearer:
        sys.exit(f"dearer by more than {limit:.0%}: {', '.join(dearer)}. If that is meant, run .ci/instructions.py --write and say why in the same change")


main()
