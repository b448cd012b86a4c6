//! `blog schedule`: when a build is worth it, and what makes one happen then.
//!
//! Prints; installs nothing. Times are those of front matter, made exact by the site's own zone, and written in UTC where a
//! scheduler reads them.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;
use watchpost::config::Config;
use watchpost::diagnostic::Exit;
use watchpost::library::{Turn, Upcoming};

use crate::cli::Format;
use crate::cli::addresses::{Schedule, Scheduler};
use crate::commands::{Outcome, arrange};
use crate::console::{Console, counted, printable};

/// Prints what comes, or the text for a scheduler.
pub(super) fn run(arguments: &Schedule, config: &Config, console: &Console) -> Outcome {
    let upcoming = arrange(config)?.upcoming(config.clock);
    let Some(scheduler) = arguments.emit else {
        list(config, &upcoming, console);
        return Ok(Exit::Success);
    };
    let root = std::path::absolute(&config.root).unwrap_or_else(|_| config.root.clone());
    let root = std::fs::canonicalize(&root).unwrap_or(root).display().to_string();
    let changes = changes(config, &upcoming);
    let text = match scheduler {
        Scheduler::Cron => cron(&changes, &root),
        Scheduler::Systemd => systemd(&changes, &root),
        Scheduler::GithubActions => github_actions(&changes),
    };
    match console.format() {
        Format::Human => console.data(&text),
        Format::Json => console.object("schedule", json!({"for": scheduler.name(), "text": text})),
    }
    if changes.is_empty() {
        console.say("nothing will change by itself: no post has a date that is still to come, and none expires");
    } else {
        console.say("print it again after each post with a date that is still to come");
    }
    Ok(Exit::Success)
}

/// Returns a change in words: `content/posts/a.md appears`.
pub(super) fn words(change: &Upcoming) -> String {
    let turn = match change.turn {
        Turn::Appears => "appears",
        Turn::Expires => "expires",
    };
    format!("{} {turn}", printable(change.source.as_str()))
}

fn list(config: &Config, upcoming: &[Upcoming], console: &Console) {
    for change in upcoming {
        let local = change.at.to_zoned(config.timezone.clone());
        match console.format() {
            Format::Human => {
                console.data(&format!("{}  {}\n", local.strftime("%Y-%m-%d %H:%M %:z"), words(change)));
            }
            Format::Json => console.object(
                "change",
                json!({"at": change.at.to_string(), "turn": words(change).rsplit(' ').next(), "source": change.source}),
            ),
        }
    }
    console.say(match upcoming.len() {
        0 => "nothing will change by itself: no post has a date that is still to come, and none expires".to_owned(),
        _ => format!("{}; a build has to run after each", counted(upcoming.len(), "change")),
    });
}

/// One moment at which a build is worth it, and why.
struct Change {
    /// In UTC, in whole minutes, never before the moment itself.
    at: jiff::Zoned,
    why: String,
}

/// Returns the moments, each once: schedulers count in minutes, and a build must not come too early.
fn changes(config: &Config, upcoming: &[Upcoming]) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    for change in upcoming {
        let seconds = change.at.as_second() + i64::from(change.at.subsec_nanosecond() > 0);
        let minute = seconds.div_euclid(60) + i64::from(seconds.rem_euclid(60) > 0);
        let Ok(at) = Timestamp::from_second(minute * 60) else { continue };
        let at = at.to_zoned(TimeZone::UTC);
        let local = change.at.to_zoned(config.timezone.clone());
        let why = format!("{} ({})", words(change), local.strftime("%Y-%m-%d %H:%M %:z"));
        match changes.last_mut().filter(|last| last.at == at) {
            Some(last) => last.why = format!("{}, {why}", last.why),
            None => changes.push(Change { at, why }),
        }
    }
    changes
}

fn cron(changes: &[Change], root: &str) -> String {
    let mut text =
        "# For `crontab -e`. The times are UTC: cronie obeys the next line; where cron does not know it (Debian's),\n\
                    # the machine's own zone has to be UTC. Cron knows no year, so each line asks for it.\n\
                    CRON_TZ=UTC\n"
            .to_owned();
    // In a crontab `%` ends the command.
    let folder = quoted(root).replace('%', "\\%");
    for Change { at, why } in changes {
        let when = format!("{} {} {} {} *", at.minute(), at.hour(), at.day(), at.month());
        let year = at.year();
        let _ =
            writeln!(text, "# {why}\n{when} [ \"$(date -u +\\%Y)\" = {year} ] && cd {folder} && blog build --locked");
    }
    text
}

fn systemd(changes: &[Change], root: &str) -> String {
    // systemd reads `%` and `\` in a unit itself.
    let folder = root.replace('\\', "\\\\").replace('%', "%%");
    let mut text = format!(
        "# ~/.config/systemd/user/blog-build.service\n[Unit]\nDescription=Build the blog\n\n[Service]\nType=oneshot\n\
         WorkingDirectory={folder}\nExecStart=blog build --locked\n\n\
         # ~/.config/systemd/user/blog-build.timer; then: systemctl --user daemon-reload; systemctl --user enable --now blog-build.timer\n\
         # A machine that sleeps builds as soon as it wakes: Persistent=true.\n\
         [Unit]\nDescription=Build the blog when a post appears or expires\n\n[Timer]\nPersistent=true\nAccuracySec=1s\n"
    );
    for Change { at, why } in changes {
        let _ = writeln!(text, "# {why}\nOnCalendar={}", at.strftime("%Y-%m-%d %H:%M:%S UTC"));
    }
    text.push_str("\n[Install]\nWantedBy=timers.target\n");
    text
}

fn github_actions(changes: &[Change]) -> String {
    let mut text = "# For the workflow that builds and publishes the site. The times are UTC. GitHub starts such runs late when it is busy,\n\
                    # or drops them, never more often than every 5 minutes, only on the default branch,\n\
                    # and stops them in a public repository after 60 days without a commit. Cron knows no year: a line that is past\n\
                    # runs once more next year, which does no harm.\n\
                    on:\n  workflow_dispatch:\n"
        .to_owned();
    if !changes.is_empty() {
        text.push_str("  schedule:\n");
    }
    for Change { at, why } in changes {
        let when = format!("{} {} {} {} *", at.minute(), at.hour(), at.day(), at.month());
        let _ = writeln!(text, "    # {why}\n    - cron: \"{when}\"");
    }
    text
}

/// Puts a path into quotes for a shell.
fn quoted(path: &str) -> String {
    let is_plain = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte));
    if is_plain { path.to_owned() } else { format!("'{}'", path.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use watchpost::paths::SourcePath;

    use super::*;

    fn change(at: &str, turn: Turn, source: &str) -> Upcoming {
        Upcoming { at: at.parse().expect("a constant time"), turn, source: SourcePath::new(source) }
    }

    fn moments() -> Vec<Change> {
        let world = watchpost::config::World::default();
        let text = "title = \"T\"\nbase_url = \"https://x.example\"\ntimezone = \"Europe/Brussels\"\n";
        let config = watchpost::config::read("/x".as_ref(), text, &Default::default(), &world).expect("good settings");
        let upcoming = [
            change("2027-01-15T08:00:00Z", Turn::Appears, "content/a.md"),
            change("2027-01-15T07:59:30.5Z", Turn::Expires, "content/b.md"),
            change("2027-07-01T22:00:00Z", Turn::Appears, "content/c.md"),
        ];
        changes(&config, &upcoming)
    }

    #[test]
    fn a_build_comes_in_the_minute_after_the_moment_and_once_for_it() {
        let moments = moments();
        let shown: Vec<String> =
            moments.iter().map(|moment| format!("{} {}", moment.at.timestamp(), moment.why)).collect();
        assert_eq!(
            shown,
            [
                "2027-01-15T08:00:00Z content/a.md appears (2027-01-15 09:00 +01:00), content/b.md expires (2027-01-15 08:59 +01:00)",
                "2027-07-01T22:00:00Z content/c.md appears (2027-07-02 00:00 +02:00)",
            ]
        );
    }

    #[test]
    fn each_scheduler_gets_what_it_reads() {
        let moments = moments();
        let cron = cron(&moments, "/home/ada/my blog 100%");
        assert!(
            cron.contains(
                "\n0 8 15 1 * [ \"$(date -u +\\%Y)\" = 2027 ] && cd '/home/ada/my blog 100\\%' && blog build --locked\n"
            ),
            "{cron}"
        );
        assert!(cron.contains("CRON_TZ=UTC\n"));
        let systemd = systemd(&moments, "/home/ada/100%");
        assert!(systemd.contains("WorkingDirectory=/home/ada/100%%\n"), "{systemd}");
        assert!(systemd.contains("OnCalendar=2027-07-01 22:00:00 UTC\n"), "{systemd}");
        assert!(github_actions(&moments).contains("    - cron: \"0 22 1 7 *\"\n"));
        assert!(!github_actions(&[]).contains("schedule:"));
    }
}
