#!/usr/bin/env python3
"""Writes THIRD-PARTY.md: every crate that is compiled into `blog`, its licence, and the licence texts, each once.

    .ci/third-party.py            writes the file
    .ci/third-party.py --check    exits 1 if the file is not what would be written

Reads `cargo metadata` and the crates' own files; only Python's standard library.
"""
import hashlib, json, os, re, subprocess, sys

FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "THIRD-PARTY.md")
TARGET = "x86_64-unknown-linux-gnu"
# What the program carries that is no crate: its name, its licence, and where the text of that stands.
CARRIED = [("Inter, the font of cards", "OFL-1.1", "src/images/fonts/LICENSE")]
NAMES = re.compile(r"^(licen[cs]e|copying|unlicense|notice|copyright)", re.I)


def compiled():
    """The packages that a normal build of `blog` links, without tests' and build scripts' own needs."""
    out = subprocess.run(["cargo", "metadata", "--format-version", "1", "--locked", "--filter-platform", TARGET],
                         check=True, capture_output=True, text=True).stdout
    metadata = json.loads(out)
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    seen, todo = set(), [metadata["resolve"]["root"]]
    while todo:
        package = todo.pop()
        if package in seen:
            continue
        seen.add(package)
        todo += [dep["pkg"] for dep in nodes[package]["deps"] if any(kind["kind"] is None for kind in dep["dep_kinds"])]
    packages = [p for p in metadata["packages"] if p["id"] in seen and p["id"] != metadata["resolve"]["root"]]
    return sorted(packages, key=lambda p: (p["name"], p["version"]))


def texts(package):
    folder = os.path.dirname(package["manifest_path"])
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if NAMES.match(name) and os.path.isfile(path):
            text = open(path, encoding="utf-8", errors="replace").read().replace("\r\n", "\n").strip()
            if text:
                yield "\n".join(line.rstrip() for line in text.split("\n"))


def main():
    packages, found = compiled(), {}
    rows = []
    for package in packages:
        label = f"{package['name']} {package['version']}"
        rows.append(f"| {package['name']} | {package['version']} | {package['license'] or 'see its text'} |")
        for text in texts(package):
            found.setdefault(hashlib.sha256(re.sub(r"\s+", " ", text).encode()).hexdigest(), (text, []))[1].append(label)
    for label, licence, path in CARRIED:
        rows.append(f"| {label} | | {licence} |")
        text = open(os.path.join(os.path.dirname(FILE), path), encoding="utf-8").read().strip()
        found.setdefault(path, (text, []))[1].append(label)
    parts = ["# Third-party software in `blog`\n",
             "Written by `.ci/third-party.py` from `Cargo.lock`.\n",
             "| crate | version | licence |\n|---|---|---|\n" + "\n".join(rows) + "\n"]
    for text, labels in sorted(found.values(), key=lambda entry: entry[1]):
        fence = "~~~~" if "~~~" in text else "~~~"
        parts.append(f"## {', '.join(dict.fromkeys(labels))}\n\n{fence}text\n{text}\n{fence}\n")
    written = "\n".join(parts)
    if "--check" in sys.argv[1:]:
        if not os.path.exists(FILE) or open(FILE, encoding="utf-8").read() != written:
            sys.exit("THIRD-PARTY.md is not up to date: run .ci/third-party.py")
        return
    open(FILE, "w", encoding="utf-8").write(written)


main()
