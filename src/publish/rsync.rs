//! Owns the target `rsync`: a server that is reached by ssh, with a folder of releases and one link to the current one.
//!
//! A release is made beside the others (what has not changed is linked to the one before, and never sent), compared with
//! what lies here, and put in place by exchanging the link `current` in one step, if nobody else has done so meanwhile. The
//! web server's root is `TO/current`.

use std::collections::BTreeSet;

use super::process::{Call, Said, quoted};
use super::shipment::Shipment;
use super::{Done, Order};
use crate::diagnostic::Diagnostic;
use crate::manifest::{DEPLOYED, Deployed};

/// The exit codes of our scripts: somebody holds the lock; somebody was faster; there is no such release.
const HELD: i32 = 75;
const OVERTAKEN: i32 = 76;
const UNKNOWN: i32 = 77;

/// Says what stands there: the current release, then its manifest, after which all its files are named.
const LOOK: &str = r#"set -e
[ -d "$D" ] || { echo -; exit 0; }
cd "$D"
readlink current || echo -
if [ -f "current/$M" ]; then tr -d '\n' < "current/$M"; fi
echo
if [ -d current/ ]; then cd current/ && find . -type f | sed 's/^\.\///'; fi
"#;

/// Exchanges the link, and removes releases that are older than the log says can be gone back to.
const SWITCH: &str = r#"set -e
cd "$D"
mkdir .watchpost-lock 2> /dev/null || exit 75
trap 'rmdir .watchpost-lock' EXIT
[ "$(readlink current || echo -)" = "$OLD" ] || exit 76
if [ -d "releases/.$NEW.part" ]; then
    rm -rf "releases/$NEW"
    mv "releases/.$NEW.part" "releases/$NEW"
fi
[ -d "releases/$NEW" ] || exit 77
ln -sfn "releases/$NEW" .current.new
mv -T .current.new current
echo "$NEW" >> releases/log
awk '{ line[NR] = $0 } END { for (i = NR; i > 0; i--) if (!seen[line[i]]++ && ++kept > keep) print line[i] }' "keep=$KEEP" releases/log |
while read -r name; do
    case "$name" in *[!0-9a-f]*|"") ;; *) [ "$name" = "$NEW" ] || rm -rf "releases/$name" ;; esac
done
"#;

/// Names the releases, the newest first.
const RELEASES: &str = r#"set -e
cd "$D" 2> /dev/null || { echo -; exit 0; }
readlink current || echo -
[ -f releases/log ] && awk '{ line[NR] = $0 } END { for (i = NR; i > 0; i--) if (!seen[line[i]]++) print line[i] }' releases/log
true
"#;

/// Where a target is.
struct Server<'a> {
    order: &'a Order<'a>,
    host: &'a str,
    folder: &'a str,
}

impl<'a> Server<'a> {
    fn of(order: &'a Order<'a>) -> Server<'a> {
        let to = order.target.to.as_str();
        let (host, folder) = to.split_at(to.find(":/").unwrap_or(0));
        Server { order, host, folder: folder.trim_start_matches(':') }
    }

    /// Runs a script there.
    fn run(&self, script: &str, variables: &[(&str, &str)]) -> Result<Said, Diagnostic> {
        let mut text = format!("D={}\nM={}\n", quoted(self.folder), quoted(DEPLOYED));
        for (name, value) in variables {
            text.push_str(&format!("{name}={}\n", quoted(value)));
        }
        let options = self.order.target.ssh.iter().cloned();
        let batch = ["-o", "BatchMode=yes", "-o", "ConnectTimeout=15", "-o", "LogLevel=ERROR"].map(str::to_owned);
        let arguments = batch.into_iter().chain(options).chain([self.host.to_owned(), "sh -s".to_owned()]);
        Call::new("ssh", arguments).input(text + script).run()
    }

    /// Runs a script that has to go well.
    fn ask(&self, script: &str, variables: &[(&str, &str)]) -> Result<String, Vec<Diagnostic>> {
        let said = self.run(script, variables).map_err(|problem| vec![problem])?;
        if said.is_good() { Ok(said.out) } else { Err(vec![self.refused(&said)]) }
    }

    fn refused(&self, said: &Said) -> Diagnostic {
        let to = &self.order.target.to;
        match said.code {
            Some(HELD) => Diagnostic::error("publish/conflict", format!("another run publishes to {to} right now")).hint(
                "wait until it has ended; if it was killed, remove the folder `.watchpost-lock` there, or use `--take-over`",
            ),
            Some(OVERTAKEN) => {
                let message = format!("somebody else published to {to} meanwhile");
                Diagnostic::error("publish/conflict", message).hint("look at what they published, and publish again")
            }
            Some(UNKNOWN) => Diagnostic::error("publish/no-build", format!("{to} has no such release")),
            Some(255) => {
                let message = format!("{to} cannot be reached: {}", said.complaint());
                Diagnostic::error("publish/denied", message).hint("try `ssh` by hand; options go into `ssh = [\"-p\", \"2222\"]`")
            }
            _ => Diagnostic::error("publish/broken", format!("{to} refused: {}", said.complaint()))
                .hint("publish again: the current release was not touched"),
        }
    }

    /// Runs rsync from the shipment to a folder of releases; returns the paths that it names.
    fn send(&self, shipment: &Shipment, release: &str, further: &[&str]) -> Result<Vec<String>, Vec<Diagnostic>> {
        let ssh: Vec<String> = self.order.target.ssh.iter().map(|option| quoted(option)).collect();
        let shell = format!("ssh -o BatchMode=yes -o ConnectTimeout=15 -o LogLevel=ERROR {}", ssh.join(" "));
        let from = format!("{}/", shipment.folder.display());
        let to = format!("{}:{}/{release}/", self.host, self.folder);
        // No times: two builds of the same text differ in nothing else.
        let usual = [
            "--recursive",
            "--checksum",
            "--perms",
            "--chmod=D755,F644",
            "--delete",
            "--protect-args",
            "--out-format=%i %n",
        ];
        let arguments = usual.iter().chain(further).map(|text| (*text).to_owned());
        let arguments = arguments.chain(["--rsh".to_owned(), shell, from, to]);
        let said = Call::new("rsync", arguments).run().map_err(|problem| vec![problem])?;
        if !said.is_good() {
            let message = format!("rsync to {} failed: {}", self.order.target.to, said.complaint());
            let hint = "publish again: the current release was not touched, and what was sent is not sent again";
            return Err(vec![Diagnostic::error("publish/broken", message).hint(hint)]);
        }
        let files = said.out.lines().filter(|line| line.starts_with('<') || line.starts_with("*deleting"));
        let names = files.filter_map(|line| line.split_once(' ')).map(|(_, name)| name.trim().to_owned());
        Ok(names.filter(|name| !name.ends_with('/')).collect())
    }
}

/// What stands on a server.
struct There {
    current: String,
    build: Option<crate::digest::Digest>,
    files: BTreeSet<String>,
}

fn look(server: &Server<'_>) -> Result<There, Vec<Diagnostic>> {
    let text = server.ask(LOOK, &[])?;
    let mut lines = text.lines();
    let current = lines.next().unwrap_or("-").to_owned();
    let manifest: Option<Deployed> = lines.next().and_then(|line| serde_json::from_str(line).ok());
    Ok(There { current, build: manifest.map(|manifest| manifest.build_id), files: lines.map(str::to_owned).collect() })
}

/// Makes a release and puts it in place.
pub(super) fn publish(order: &Order<'_>, shipment: &Shipment) -> Result<Done, Vec<Diagnostic>> {
    let server = Server::of(order);
    let there = look(&server)?;
    let given_up: Vec<String> =
        there.files.iter().filter(|path| !shipment.files.contains_key(*path) && *path != DEPLOYED).cloned().collect();
    let done = Done {
        build: Some(shipment.build),
        is_there: there.build == Some(shipment.build),
        is_first: there.current == "-",
        given_up: given_up.clone(),
        ..Done::default()
    };
    if done.is_there {
        return Ok(Done { kept: shipment.files.len(), ..done });
    }
    if given_up.len() * 4 > there.files.len() && !order.leave.remove_many && !order.leave.dry_run {
        let message =
            format!("{} of the {} files at {} would be given up", given_up.len(), there.files.len(), order.target.to);
        let hint = "see which with `--dry-run`; if they should go, add `--remove-many`";
        return Err(vec![Diagnostic::error("publish/removes-many", message).hint(hint)]);
    }
    let is_known = there.current != "-";
    if order.leave.dry_run {
        let changed = match is_known {
            true => server.send(shipment, "current", &["--dry-run"])?,
            false => shipment.files.keys().cloned().chain([DEPLOYED.to_owned()]).collect(),
        };
        let writes = changed.iter().filter_map(|path| {
            let parcel = shipment.files.get(path)?;
            Some((path.clone(), parcel.size, parcel.class))
        });
        return Ok(Done { writes: writes.collect(), changed: changed.clone(), ..done });
    }
    let name = shipment.build.short();
    let part = format!("releases/.{name}.part");
    let base = there.current.rsplit('/').next().unwrap_or_default();
    let link = format!("--link-dest=../{base}");
    order.progress.step("a new release", 1);
    server.ask("mkdir -p \"$D/releases\"\n", &[])?;
    if order.leave.take_over {
        server.ask("rmdir \"$D/.watchpost-lock\" 2> /dev/null || true\n", &[])?;
    }
    let linked: &[&str] = if is_known { &[link.as_str()] } else { &[] };
    let sent = server.send(shipment, &part, linked)?;
    order.progress.step("comparing it with what lies here", 1);
    let differing = server.send(shipment, &part, &["--dry-run"])?;
    if let Some(path) = differing.first() {
        let message = format!("{} does not give back what was written to `{path}`", order.target.to);
        return Err(vec![Diagnostic::error("publish/read-back", message).hint("publish again")]);
    }
    order.progress.step("exchanging the link", 1);
    let keep = (order.target.keep + 1).to_string();
    server.ask(SWITCH, &[("OLD", &there.current), ("NEW", &name), ("KEEP", &keep)])?;
    let sizes = sent.iter().filter_map(|path| shipment.files.get(path)).map(|parcel| parcel.size);
    let bytes = usize::try_from(sizes.sum::<u64>()).unwrap_or(usize::MAX);
    let kept = (shipment.files.len() + 1).saturating_sub(sent.len());
    let changed = sent.iter().chain(&given_up).filter(|path| !crate::manifest::is_deployed(path)).cloned().collect();
    Ok(Done { uploaded: sent.len(), bytes, kept, changed, ..done })
}

/// Puts an earlier release in place.
pub(super) fn back(order: &Order<'_>, wanted: Option<&str>) -> Result<Done, Vec<Diagnostic>> {
    let server = Server::of(order);
    let text = server.ask(RELEASES, &[])?;
    let mut lines = text.lines();
    let current = lines.next().unwrap_or("-").to_owned();
    let releases: Vec<&str> = lines.collect();
    let now = current.rsplit('/').next().unwrap_or_default();
    let found = match wanted {
        Some(wanted) => releases.iter().find(|name| name.starts_with(wanted) || wanted.starts_with(**name)),
        None => releases.iter().find(|name| **name != now),
    };
    let Some(name) = found else {
        let message = format!("there is no such release at {} to go back to", order.target.to);
        let hint = format!("known are, newest first: {}", releases.join(", "));
        return Err(vec![Diagnostic::error("publish/no-build", message).hint(hint)]);
    };
    if order.leave.dry_run || *name == now {
        return Ok(Done { is_there: *name == now, ..Done::default() });
    }
    let keep = (order.target.keep + 1).to_string();
    server.ask(SWITCH, &[("OLD", &current), ("NEW", name), ("KEEP", &keep)])?;
    let there = look(&server)?;
    Ok(Done { build: there.build, changed: there.files.into_iter().collect(), ..Done::default() })
}
