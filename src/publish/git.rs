//! Owns the target `git`: a branch of a repository that a host serves (GitHub Pages, GitLab Pages, Codeberg Pages).
//!
//! A commit is made without a work tree in a small repository below `.blog/`, on top of the branch as it is there, and pushed
//! only if the branch has not moved meanwhile. Files that no manifest of ours lists stay as they are.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::process::{Call, Said};
use super::shipment::Shipment;
use super::{Done, Order};
use crate::diagnostic::Diagnostic;
use crate::manifest::{DEPLOYED, Deployed, DeployedList, list_path};

/// Stops GitHub from leaving out what begins with an underscore or a dot.
const NO_JEKYLL: &str = ".nojekyll";

/// The repository in which commits are made.
struct Repository<'a> {
    order: &'a Order<'a>,
    folder: PathBuf,
    branch: String,
}

impl<'a> Repository<'a> {
    fn open(order: &'a Order<'a>) -> Result<Repository<'a>, Vec<Diagnostic>> {
        let folder = order.root.join(".blog/publish").join(format!("{}.git", order.target.name));
        let repository = Repository { order, folder, branch: format!("refs/heads/{}", order.target.branch) };
        if !repository.folder.join("HEAD").is_file() {
            let path = repository.folder.display().to_string();
            let said = Call::new("git", ["init", "--quiet", "--bare", path.as_str()]).run();
            let said = said.map_err(|problem| vec![problem])?;
            if !said.is_good() {
                return Err(vec![repository.refused(&said)]);
            }
        }
        Ok(repository)
    }

    fn call<'b>(&self, arguments: &[&str]) -> Call<'b> {
        let own = [format!("--git-dir={}", self.folder.display())];
        let call = Call::new("git", own.into_iter().chain(arguments.iter().map(|text| (*text).to_owned())));
        call.variable("GIT_TERMINAL_PROMPT", "0").variable("GIT_OPTIONAL_LOCKS", "0")
    }

    fn must(&self, call: &Call<'_>) -> Result<String, Vec<Diagnostic>> {
        let said = call.run().map_err(|problem| vec![problem])?;
        if said.is_good() { Ok(said.out.trim_end().to_owned()) } else { Err(vec![self.refused(&said)]) }
    }

    fn ask(&self, arguments: &[&str]) -> Result<String, Vec<Diagnostic>> {
        self.must(&self.call(arguments))
    }

    fn refused(&self, said: &Said) -> Diagnostic {
        let message = format!("git refused for the target `{}`: {}", self.order.target.name, said.complaint());
        let secret = url::Url::parse(&self.order.target.to).ok().and_then(|url| url.password().map(str::to_owned));
        let message = secret.map_or(message.clone(), |secret| message.replace(&secret, "…"));
        Diagnostic::error("publish/broken", message).hint("the branch is as it was; publish again")
    }

    /// Fetches the branch; returns its newest commits, the newest first, if it is there.
    fn fetch(&self) -> Result<Vec<String>, Vec<Diagnostic>> {
        let to = &self.order.target.to;
        let there = self.ask(&["ls-remote", to, &self.branch])?;
        let Some(newest) = there.split_whitespace().next() else { return Ok(Vec::new()) };
        let depth = format!("--depth={}", self.order.target.keep + 2);
        self.ask(&["fetch", "--quiet", "--no-tags", &depth, to, &format!("+{}:refs/watchpost/there", self.branch)])?;
        let count = format!("--max-count={}", self.order.target.keep + 2);
        let commits = self.ask(&["rev-list", "--first-parent", &count, newest])?;
        Ok(commits.lines().map(str::to_owned).collect())
    }

    /// Returns a file of a commit, if it is there.
    fn show(&self, commit: &str, path: &str) -> Option<String> {
        let said = self.call(&["show", &format!("{commit}:{path}")]).run().ok()?;
        said.is_good().then_some(said.out)
    }

    fn manifest(&self, commit: &str) -> Option<Deployed> {
        serde_json::from_str(&self.show(commit, DEPLOYED)?).ok()
    }

    fn paths(&self, commit: &str) -> Result<BTreeSet<String>, Vec<Diagnostic>> {
        let text = self.ask(&["ls-tree", "-r", "-z", "--name-only", commit])?;
        Ok(text.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect())
    }

    /// Returns the files of a commit that its manifest lists, those that nothing links to by the digests of their paths.
    fn ours(&self, commit: &str) -> Result<BTreeSet<String>, Vec<Diagnostic>> {
        let Some(manifest) = self.manifest(commit) else { return Ok(BTreeSet::new()) };
        let mut ours: BTreeSet<String> = [DEPLOYED.to_owned()].into();
        let mut hidden = BTreeSet::new();
        for name in &manifest.lists {
            let path = list_path(name);
            let list: Option<DeployedList> = self.show(commit, &path).and_then(|text| serde_json::from_str(&text).ok());
            let list = list.unwrap_or_default();
            ours.extend(list.files.into_keys());
            hidden.extend(list.unlisted.into_keys());
            ours.insert(path);
        }
        if !hidden.is_empty() {
            let paths = self.paths(commit)?;
            ours.extend(paths.into_iter().filter(|path| hidden.contains(&crate::digest::Digest::of(path).to_string())));
        }
        Ok(ours)
    }

    /// Makes a commit and pushes it, if the branch is still where it was.
    fn push(&self, tree: &str, parent: Option<&str>, message: &str) -> Result<String, Vec<Diagnostic>> {
        let now = format!("{} +0000", self.order.now.as_second());
        let parents: Vec<&str> = parent.into_iter().flat_map(|parent| ["-p", parent]).collect();
        let arguments: Vec<&str> = ["commit-tree", tree, "-m", message].into_iter().chain(parents).collect();
        let mut call =
            self.call(&arguments).variable("GIT_AUTHOR_DATE", now.clone()).variable("GIT_COMMITTER_DATE", now);
        let named = self.call(&["config", "user.email"]).run().map_err(|problem| vec![problem])?;
        if !named.is_good() {
            for name in ["GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"] {
                call = call.variable(name, "Watchpost");
            }
            for name in ["GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"] {
                call = call.variable(name, "watchpost@localhost");
            }
        }
        let commit = self.must(&call)?;
        let lease = format!("--force-with-lease={}:{}", self.branch, parent.unwrap_or_default());
        let what = format!("{commit}:{}", self.branch);
        let said = self.call(&["push", "--porcelain", &lease, &self.order.target.to, &what]).run();
        let said = said.map_err(|problem| vec![problem])?;
        if !said.is_good() && format!("{}{}", said.out, said.error).contains("stale info") {
            let message = format!("somebody else pushed to `{}` meanwhile", self.order.target.branch);
            let hint = "look at what they pushed, and publish again";
            return Err(vec![Diagnostic::error("publish/conflict", message).hint(hint)]);
        }
        if !said.is_good() {
            return Err(vec![self.refused(&said)]);
        }
        let there = self.ask(&["ls-remote", &self.order.target.to, &self.branch])?;
        match there.split_whitespace().next() == Some(commit.as_str()) {
            true => Ok(commit),
            false => {
                let message = format!("`{}` does not stand where it was pushed to", self.order.target.branch);
                Err(vec![
                    Diagnostic::error("publish/read-back", message).hint("look at who pushes there, and publish again"),
                ])
            }
        }
    }

    /// Returns the paths that differ between two trees.
    fn differing(&self, from: &str, to: &str) -> Result<Vec<String>, Vec<Diagnostic>> {
        let text = self.ask(&["diff-tree", "-r", "-z", "--name-only", "--no-renames", from, to])?;
        Ok(text.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect())
    }
}

/// The tree without files.
const EMPTY: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

/// Pushes a commit with a shipment.
pub(super) fn publish(order: &Order<'_>, shipment: &Shipment) -> Result<Done, Vec<Diagnostic>> {
    let repository = Repository::open(order)?;
    order.progress.step("fetching the branch", 1);
    let commits = repository.fetch()?;
    let newest = commits.first().map(String::as_str);
    let standing = newest.and_then(|commit| repository.manifest(commit));
    let done = Done {
        build: Some(shipment.build),
        is_first: standing.is_none(),
        is_there: standing.is_some_and(|manifest| manifest.build_id == shipment.build),
        ..Done::default()
    };
    if done.is_there {
        return Ok(Done { kept: shipment.files.len(), ..done });
    }
    let is_new = |path: &String| path == DEPLOYED || shipment.files.contains_key(path);
    let ours = newest.map(|commit| repository.ours(commit)).transpose()?.unwrap_or_default();
    let given_up: Vec<String> = ours.iter().filter(|path| !is_new(path)).cloned().collect();
    // What the commit before gave up has had its time.
    let before = commits.get(1).map(|commit| repository.ours(commit)).transpose()?.unwrap_or_default();
    let doomed: Vec<String> = before.iter().filter(|path| !is_new(path) && !ours.contains(*path)).cloned().collect();
    if given_up.len() * 4 > ours.len() && !order.leave.remove_many && !order.leave.dry_run {
        let message =
            format!("{} of the {} files on `{}` would be given up", given_up.len(), ours.len(), order.target.branch);
        let hint = "see which with `--dry-run`; if they should go, add `--remove-many`";
        return Err(vec![Diagnostic::error("publish/removes-many", message).hint(hint)]);
    }
    order.progress.step("making a commit", 1);
    let index = repository.folder.join("watchpost-index").display().to_string();
    let tree = format!("--work-tree={}", shipment.folder.display());
    let work = [tree.as_str(), "-c", "core.bare=false", "-c", "core.autocrlf=false", "-c", "core.fileMode=false"];
    let with_index = |arguments: &[&str]| {
        repository.call(&[work.as_slice(), arguments].concat()).variable("GIT_INDEX_FILE", index.clone())
    };
    repository.must(&with_index(&["read-tree", newest.unwrap_or("--empty")]))?;
    let rows: Vec<String> = shipment.files.keys().cloned().chain([DEPLOYED.to_owned()]).collect();
    let add = ["update-index", "--add", "-z", "--stdin"];
    repository.must(&with_index(&add).input(joined(&rows)))?;
    if !doomed.is_empty() {
        repository.must(&with_index(&["update-index", "--force-remove", "-z", "--stdin"]).input(joined(&doomed)))?;
    }
    let blob = repository.ask(&["hash-object", "-w", "--stdin"])?;
    let marker = format!("100644,{blob},{NO_JEKYLL}");
    repository.must(&with_index(&["update-index", "--add", "--cacheinfo", &marker]))?;
    let tree = repository.must(&with_index(&["write-tree"]))?;
    let changed = repository.differing(newest.unwrap_or(EMPTY), &tree)?;
    let is_file = |path: &&String| shipment.files.contains_key(*path);
    if order.leave.dry_run {
        let writes = changed.iter().filter(is_file).map(|path| {
            let parcel = shipment.files[path];
            (path.clone(), parcel.size, parcel.class)
        });
        return Ok(Done { writes: writes.collect(), removes: doomed, changed: changed.clone(), given_up, ..done });
    }
    order.progress.step("pushing", 1);
    let message = format!("Publish build {}", shipment.build.short());
    repository.push(&tree, newest, &message)?;
    let uploaded: Vec<&String> = changed.iter().filter(is_file).collect();
    let bytes: u64 = uploaded.iter().map(|path| shipment.files[*path].size).sum();
    Ok(Done {
        uploaded: uploaded.len(),
        bytes: usize::try_from(bytes).unwrap_or(usize::MAX),
        kept: shipment.files.len() - uploaded.len(),
        removed: doomed.len(),
        changed: changed.into_iter().filter(|path| !crate::manifest::is_deployed(path)).collect(),
        given_up,
        ..done
    })
}

/// Pushes a commit with the tree of an earlier one.
pub(super) fn back(order: &Order<'_>, wanted: Option<&str>) -> Result<Done, Vec<Diagnostic>> {
    let repository = Repository::open(order)?;
    let commits = repository.fetch()?;
    let builds: Vec<(String, Deployed)> =
        commits.iter().filter_map(|commit| Some((commit.clone(), repository.manifest(commit)?))).collect();
    let now = builds.first().map(|(_, manifest)| manifest.build_id);
    let is_wanted = |manifest: &Deployed| match wanted {
        Some(wanted) => manifest.build_id.to_string().starts_with(wanted),
        None => Some(manifest.build_id) != now,
    };
    let Some((commit, manifest)) = builds.iter().find(|(_, manifest)| is_wanted(manifest)) else {
        let known: Vec<String> = builds.iter().map(|(_, manifest)| manifest.build_id.short()).collect();
        let message = format!("there is no such build on `{}` to go back to", order.target.branch);
        let hint = format!("known are, newest first: {}", known.join(", "));
        return Err(vec![Diagnostic::error("publish/no-build", message).hint(hint)]);
    };
    let done = Done { build: Some(manifest.build_id), is_there: now == Some(manifest.build_id), ..Done::default() };
    let Some(newest) = commits.first().filter(|_| !done.is_there) else { return Ok(done) };
    let changed = repository.differing(newest, commit)?;
    if order.leave.dry_run {
        return Ok(Done { changed, ..done });
    }
    let tree = repository.ask(&["rev-parse", &format!("{commit}^{{tree}}")])?;
    repository.push(&tree, Some(newest), &format!("Go back to build {}", manifest.build_id.short()))?;
    Ok(Done { uploaded: changed.len(), changed, ..done })
}

fn joined(paths: &[String]) -> Vec<u8> {
    paths.iter().flat_map(|path| path.bytes().chain([0])).collect()
}
