#!/usr/bin/env python3
"""Fetches real code in many languages, for the test that compares the highlighter with syntect.

    tests/corpus/fetch.py FOLDER

Takes what `packages.toml` beside it lists: source packages of Debian, packages of npm, and crates that `Cargo.lock`
names, each by the client of its registry, as that is set up on the machine. Archives are kept in FOLDER/archives and
held against their digests; what was fetched before is not fetched again. Of each package some files of every kind go
to FOLDER/files: text in UTF-8, of common length, not minified. The first lines of a long file will do.

What cannot be had (another release of Debian carries other versions) is said; the test says whether the rest is enough.
An archive with other bytes than listed is refused, and then the exit is 1.
"""
import collections, hashlib, io, json, os, pathlib, re, shutil, subprocess, sys, tarfile, tomllib

HERE = pathlib.Path(__file__).resolve().parent
# Of one kind of file in one package: lines in all, and of one file.
MOST_LINES, MOST_LINES_OF_FILE = 4000, 1000
LONGEST_LINE, LARGEST = 1000, 1 << 20
MINIFIED = re.compile(r"[.-]min\.|\.map$|/(vendor|dist|umd|bundles)/|package-lock\.json$")


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def run(command, folder, **more):
    return subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, **more)


def debian(row, archives, options):
    """apt-get wants all parts of a source package; the upstream archive is enough."""
    run(["apt-get", "source", "-qq", "--download-only", *options, row["name"]], archives)


def sources_of_debian(folder):
    """Returns apt's options for lists of its own, with the source packages of the mirrors that the machine uses."""
    parts, lists = folder / "apt/parts", folder / "apt/lists"
    (lists / "partial").mkdir(parents=True, exist_ok=True)
    parts.mkdir(parents=True, exist_ok=True)
    for name in ["sources.list", "sources.list.d/debian.sources"]:
        path = pathlib.Path("/etc/apt") / name
        if path.is_file():
            text = re.sub(r"(?m)^Types:.*$", "Types: deb-src", re.sub(r"(?m)^deb\s", "deb-src ", path.read_text()))
            (parts / f"source{path.suffix}").write_text(text)
    settings = {"Dir::State::lists": lists, "Dir::Etc::SourceList": "/dev/null", "Dir::Etc::SourceParts": parts,
                "Dir::Cache::srcpkgcache": "", "Dir::Cache::pkgcache": "", "APT::Sandbox::User": "root"}
    options = [part for key, value in settings.items() for part in ("-o", f"{key}={value}")]
    outcome = run(["apt-get", "update", "-qq", *options], folder)
    if outcome.returncode:
        print(f"the lists of source packages were not fetched: {outcome.stderr.strip()[-500:]}", file=sys.stderr)
    return options


def npm(row, archives, _):
    run(["npm", "pack", "--silent", "--ignore-scripts", f"{row['name']}@{row['version']}"], archives)


def files_of_archive(path):
    with tarfile.open(path) as archive:
        for member in archive:
            if member.isfile() and member.size <= LARGEST:
                yield member.name.partition("/")[2], archive.extractfile(member).read()


def files_of_crate(manifest):
    root = pathlib.Path(manifest).parent
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.is_symlink() and path.stat().st_size <= LARGEST:
            yield str(path.relative_to(root)), path.read_bytes()


def text_of(content):
    """Returns the beginning of a text that is like what people write; none of anything else."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    text = text.replace("\r\n", "\n")
    lines = text.split("\n")
    if "\0" in text or "\r" in text or len(lines) < 3 or len(text) / len(lines) > 120:
        return None
    if max(map(lambda line: len(line.encode()), lines)) > LONGEST_LINE:
        return None
    return text if len(lines) <= MOST_LINES_OF_FILE else "\n".join(lines[:MOST_LINES_OF_FILE]) + "\n"


def choose(files, folder):
    """Writes some files of each kind, spread over the whole package; returns how many lines."""
    shutil.rmtree(folder, ignore_errors=True)
    taken = collections.Counter()
    kept = [(name, content) for name, content in files if not MINIFIED.search(f"/{name}")]
    for name, content in sorted(kept, key=lambda file: hashlib.sha256(file[0].encode()).digest()):
        path = pathlib.PurePosixPath(name)
        kind = path.suffix or path.name
        if ".." in path.parts or path.is_absolute() or taken[kind] >= MOST_LINES:
            continue
        text = text_of(content)
        if text is None:
            continue
        taken[kind] += text.count("\n")
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text.encode())
    return sum(taken.values())


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.strip())
    folder = pathlib.Path(sys.argv[1]).resolve()
    archives, files = folder / "archives", folder / "files"
    archives.mkdir(parents=True, exist_ok=True)
    packages = tomllib.loads((HERE / "packages.toml").read_text())
    shutil.rmtree(files, ignore_errors=True)
    options, absent, wrong, lines = None, [], [], 0
    for registry, fetch in (("debian", debian), ("npm", npm)):
        for row in packages[registry]:
            path = archives / row["file"]
            if not path.is_file():
                if options is None and registry == "debian":
                    options = sources_of_debian(folder)
                fetch(row, archives, options)
            if not path.is_file():
                absent.append(f"{registry}: {row['name']} ({row['file']})")
            elif digest(path) != row["sha256"]:
                wrong.append(f"{registry}: {row['name']}: {row['file']} has the digest {digest(path)}")
            else:
                lines += choose(files_of_archive(path), files / registry / row["name"])
    metadata = subprocess.run(["cargo", "metadata", "--format-version", "1", "--locked"], cwd=HERE, check=True, stdout=subprocess.PIPE)
    crates = {package["name"]: package["manifest_path"] for package in json.loads(metadata.stdout)["packages"]}
    for name in packages["crates"]["names"]:
        if name in crates:
            lines += choose(files_of_crate(crates[name]), files / "crates" / name)
        else:
            absent.append(f"crates: {name} is not in Cargo.lock")
    for text in absent:
        print(f"not to be had: {text}")
    for text in wrong:
        print(f"not what was listed: {text}")
    print(f"{lines} lines in {files}, {len(absent)} packages not to be had")
    sys.exit(1 if wrong else 0)


main()
