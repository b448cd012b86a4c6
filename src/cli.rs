//! Owns what can be typed: every command and flag of `blog`, as data.
//!
//! Gives [`Cli`]. Does nothing: `main` reads it, `commands` act on it. A flag exists here only if
//! something obeys it, and none of them switches the guard off without a word.

pub(crate) mod addresses;
pub(crate) mod fleet;
pub(crate) mod moving_in;
pub(crate) mod publishing;
pub(crate) mod upkeep;
pub(crate) mod writing;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use watchpost::browser::Places;
use watchpost::check::report::Document;
use watchpost::config::Overrides;
use watchpost::guard::dial::Network;
use watchpost::verdict::GuardLevel;
use watchpost::verification::Scope;

use self::addresses::{Feeds, Mv, Schedule};
use self::fleet::Part;
use self::moving_in::Import;
use self::publishing::{Publish, Rollback};
use self::upkeep::{Show, Upgrade};
use self::writing::List;
pub(crate) use self::writing::{Forge, Init};

/// A blog engine that verifies, after every build, that your analytics still work.
#[derive(Debug, Parser)]
#[command(name = "blog", version, propagate_version = true, max_term_width = 100, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    /// The site's folder; without it, the nearest one upwards that holds a `site.toml`.
    #[arg(long, value_name = "DIR", global = true, help_heading = "Everywhere")]
    pub(crate) root: Option<PathBuf>,
    /// For people, or one JSON object a line on stdout; for build and check also a report for other programs
    #[arg(long, value_name = "FORMAT", global = true, default_value = "human", help_heading = "Everywhere")]
    pub(crate) format: Asked,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The meaning of exit codes, at the foot of `--help`.
const EXIT_CODES: &str = "\
Exit codes: 0 done, and what was asked to be verified holds · 1 the site is wrong · 2 usage or configuration · \
3 drift: the analytics contract is broken · 4 unknown: it could not be verified · 5 the trend alarms · 6 the machine refused · \
70 a bug in blog";

/// What may be asked for by `--format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Asked {
    /// Words on stderr, data on stdout.
    Human,
    /// One JSON object a line on stdout.
    Json,
    /// JUnit XML on stdout: GitLab, Jenkins (build and check only).
    Junit,
    /// SARIF 2.1.0 on stdout: code scanning, editors (build and check only).
    Sarif,
    /// Annotations of a GitHub Actions run on stdout (build and check only).
    Github,
    /// One page of HTML on stdout (build, check and trend only).
    Html,
}

impl Asked {
    /// Returns for whom the output is, and the document that is to be on stdout in the end.
    pub(crate) fn parts(self) -> (Format, Option<Document>) {
        match self {
            Asked::Human => (Format::Human, None),
            Asked::Json => (Format::Json, None),
            Asked::Junit => (Format::Human, Some(Document::Junit)),
            Asked::Sarif => (Format::Human, Some(Document::Sarif)),
            Asked::Github => (Format::Human, Some(Document::Github)),
            Asked::Html => (Format::Human, Some(Document::Html)),
        }
    }
}

/// For whom the output is. With a document it is for people, who read the log beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// Words on stderr, data on stdout.
    Human,
    /// One JSON object a line on stdout.
    Json,
}

/// One thing that `blog` does.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start a blog: settings, a first post and an about page
    Init(Init),
    /// Start a post
    New(New),
    /// Render the site, verify it, and put it in place if it holds
    Build(Build),
    /// Verify a folder of finished pages, ours or another generator's
    Check(Check),
    /// Preview the site as you write it: each change is shown at once
    Serve(Serve),
    /// Build, verify, send what changed to where visitors get it, and verify what they get
    Publish(Box<Publish>),
    /// Bring another engine's blog in, and prove that nothing was lost
    Import(Box<Import>),
    /// Put an earlier deployment back
    Rollback(Box<Rollback>),
    /// Move a post with every link to it, its old address and its id in feeds
    Mv(Mv),
    /// Say what subscribers will see when the built feeds take the place of the live ones
    Feeds(Feeds),
    /// Say when a build is worth it, and print what makes one happen then
    Schedule(Schedule),
    /// Show what is deployed against what is locked; `--accept` locks what is deployed
    Lock(Lock),
    /// Break copies of the site in every way that is known, and see whether the guard notices
    Drill(Drill),
    /// Ask for the visits of each day, and say whether fewer came than chance allows
    Trend(Trend),
    /// Remove what builds have written, and nothing else
    Clean(Clean),
    /// Say what a code such as `link/broken` means and what to do
    Explain(Explain),
    /// List posts, and say why some are not shown
    List(List),
    /// Say which file an address comes from, or which address a file goes to
    Why(Why),
    /// Show every setting, and where it is set
    Config(Show),
    /// Write today's names of settings and templates where the site has older ones or another engine's
    Upgrade(Upgrade),
    /// Look at themes, and judge one
    Theme(Theme),
    /// Print the completions of a shell
    Completions(Completions),
    /// Print the manual page of `blog`, or of one command
    Man(Man),
    /// Print the licences of all that is inside `blog`; `blog --licenses` does it, too
    #[command(long_flag = "licenses")]
    Licenses,
}

impl Command {
    /// Returns whether it ends with a report, so that it can be told as a document.
    pub(crate) fn reports(&self) -> bool {
        matches!(self, Command::Build(_) | Command::Check(_) | Command::Publish(_))
    }

    /// Returns whether it can be told as this document; the trend is one page, and no list of findings.
    pub(crate) fn tells(&self, document: Document) -> bool {
        self.reports() || matches!((self, document), (Command::Trend(_), Document::Html))
    }
}

/// What may be set over `site.toml`, for every command that reads it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Over site.toml")]
pub(crate) struct Site {
    /// Where the site will stand on the web
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// Where the pages go
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The overlay `[env.NAME]` of `site.toml` to use; also by BLOG_ENV
    #[arg(long, value_name = "NAME")]
    env: Option<String>,
    /// What counts as now, as 2026-11-22T10:00:00Z; also by SOURCE_DATE_EPOCH
    #[arg(long, value_name = "TIME")]
    clock: Option<String>,
    /// Show drafts
    #[arg(long)]
    drafts: bool,
    /// Show posts whose date has not come
    #[arg(long)]
    future: bool,
}

impl Site {
    /// Returns what is set over `site.toml`.
    pub(crate) fn overrides(&self) -> Overrides {
        Overrides {
            base_url: self.base_url.clone(),
            out: self.out.clone(),
            env: self.env.clone(),
            clock: self.clock.clone(),
            drafts: self.drafts,
            future: self.future,
            stage: None,
        }
    }
}

/// What `main` read of the environment for the commands; what a site's settings take from it,
/// `config` reads itself.
#[derive(Debug, Clone, Default)]
pub(crate) struct Environment {
    /// Whether `CI` is set: nobody is there to commit a new lock.
    pub(crate) ci: bool,
    /// `TZ`, for `init` alone.
    pub(crate) timezone: Option<String>,
    /// Proxies and certificates.
    pub(crate) network: Network,
    /// Where a Chromium may be.
    pub(crate) browser: Places,
}

/// How much of the guard is asked for.
#[derive(Debug, Args)]
#[command(next_help_heading = "The guard")]
pub(crate) struct Verification {
    /// Ask no server; the last line says what was not verified
    #[arg(long)]
    pub(crate) offline: bool,
    /// Only these levels, as L0,L2; the last line says what was left out
    #[arg(long, value_name = "LEVELS", value_delimiter = ',', value_parser = level)]
    pub(crate) levels: Option<Vec<GuardLevel>>,
}

impl Verification {
    /// Returns how much of the guard is asked for.
    pub(crate) fn scope(&self, environment: &Environment) -> Scope {
        Scope {
            offline: self.offline,
            levels: self.levels.as_ref().map(|levels| levels.iter().copied().collect()),
            network: environment.network.clone(),
        }
    }
}

/// Reads the name of a level that this command can judge.
fn level(text: &str) -> Result<GuardLevel, String> {
    match text.trim().to_ascii_uppercase().as_str() {
        "L0" => Ok(GuardLevel::L0),
        "L1" => Ok(GuardLevel::L1),
        "L2" => Ok(GuardLevel::L2),
        "L3" => Ok(GuardLevel::L3),
        "L4" => Ok(GuardLevel::L4),
        "L5" => Ok(GuardLevel::L5),
        "L6" => Ok(GuardLevel::L6),
        _ => Err("the levels are L0 (pages), L1 (tracker), L2 (contract), L3 (version), L4 (collect) and, for `blog \
                  check`, L5 (read-back) and L6 (deployed site); `blog check --browser` asks for L7"
            .to_owned()),
    }
}

/// `blog theme`.
#[derive(Debug, Args)]
pub(crate) struct Theme {
    /// What to do
    #[command(subcommand)]
    pub(crate) action: ThemeAction,
}

/// What can be done with a theme.
#[derive(Debug, Subcommand)]
pub(crate) enum ThemeAction {
    /// Name the themes that this site can have
    List,
    /// Render every kind of page with a theme, on sites made for it, and judge what comes out
    Check(ThemeCheck),
}

/// `blog theme check`.
#[derive(Debug, Args)]
pub(crate) struct ThemeCheck {
    /// The theme: its name, or its folder; without it, the site's
    #[arg(value_name = "THEME")]
    pub(crate) theme: Option<String>,
    /// Keep the rendered sites in this folder, which must not be there yet
    #[arg(long, value_name = "DIR")]
    pub(crate) keep: Option<PathBuf>,
}

/// `blog new`.
#[derive(Debug, Args)]
pub(crate) struct New {
    /// The post's title
    pub(crate) title: String,
    /// Mark it as a draft
    #[arg(long)]
    pub(crate) draft: bool,
    /// Make it a folder, so that its images lie beside it
    #[arg(long)]
    pub(crate) bundle: bool,
    /// The folder below `content/`
    #[arg(long, value_name = "NAME", default_value = "posts")]
    pub(crate) section: String,
    #[command(flatten)]
    pub(crate) site: Site,
}

/// `blog build`.
#[derive(Debug, Args)]
pub(crate) struct Build {
    /// Change no lock file: each must be there and fit. For CI
    #[arg(long)]
    pub(crate) locked: bool,
    /// Show what posts, templates, languages of code and images took
    #[arg(long)]
    pub(crate) timings: bool,
    #[command(flatten)]
    pub(crate) part: Part,
    #[command(flatten)]
    pub(crate) verification: Verification,
    #[command(flatten)]
    pub(crate) site: Site,
}

/// `blog serve`.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The port; without it 2011, or the next free one
    #[arg(long, value_name = "PORT")]
    pub(crate) port: Option<u16>,
    /// The address to listen on; any but a loopback address shows your drafts to the network
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub(crate) bind: std::net::IpAddr,
    /// Speak HTTPS, with a certificate made for this run
    #[arg(long)]
    pub(crate) tls: bool,
    /// Open the site in a browser
    #[arg(long)]
    pub(crate) open: bool,
    /// Let browsers go to the page of the file that was just saved
    #[arg(long)]
    pub(crate) navigate: bool,
    /// Look for changes once a second: for network file systems, which tell of none
    #[arg(long)]
    pub(crate) poll: bool,
    #[command(flatten)]
    pub(crate) site: Site,
}

/// `blog check`.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The folder of finished pages; without it, the site's own output
    #[arg(value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
    /// The settings to judge it by, if they are not the site's
    #[arg(long, value_name = "FILE", conflicts_with = "root")]
    pub(crate) config: Option<PathBuf>,
    /// Also open each layout in a real Chromium and count the hits that leave it (L7); nothing leaves this machine
    #[arg(long)]
    pub(crate) browser: bool,
    /// Also send one marked hit and find it again (L5): on `canary_site`, never on the real site
    #[arg(long, conflicts_with = "offline")]
    pub(crate) read_back: bool,
    /// Also the site's own rules (links, feeds, sitemap) on a folder that is not our output
    #[arg(long, value_name = "RULES")]
    pub(crate) rules: Option<Rules>,
    /// Wait up to so many seconds before asking, each machine at its own place: for fleets with one timetable
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(..=86_400))]
    pub(crate) splay: Option<u64>,
    /// Also the deployed site (L6): what visitors get, at this URL or at `base_url`
    #[arg(long, value_name = "URL", num_args = 0..=1, conflicts_with = "offline", help_heading = "The guard")]
    pub(crate) live: Option<Option<String>>,
    /// Write the `site.toml` of another generator's site, by what its pages use
    #[arg(long, value_name = "URL|DIR", conflicts_with_all = ["live", "folder", "offline"], help_heading = "The guard")]
    pub(crate) init: Option<String>,
    /// With `--live` or `--init URL`: every page, and not a sample
    #[arg(long, help_heading = "The guard")]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) verification: Verification,
    #[command(flatten)]
    pub(crate) site: Site,
}

/// Which rules `blog check` applies besides the guard's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Rules {
    /// Links, feeds, sitemap, besides the guard.
    Site,
}

/// `blog lock`.
#[derive(Debug, Args)]
pub(crate) struct Lock {
    /// Lock what is deployed now, after showing the difference
    #[arg(long)]
    pub(crate) accept: bool,
    /// Only the addresses of `urls.lock`; with `--accept` it is begun. Asks no server
    #[arg(long)]
    pub(crate) urls: bool,
    #[command(flatten)]
    pub(crate) site: Site,
}

/// `blog drill`.
#[derive(Debug, Args)]
pub(crate) struct Drill {
    /// The folder of finished pages; without it, the site's own output
    #[arg(value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
    /// Instead: read generated cases of snippet, tracker and policy, and open each in a real browser. Needs no site
    #[arg(long, conflicts_with = "folder")]
    pub(crate) matrix: bool,
    /// What the cases of the matrix are made from; without it, another one each time
    #[arg(long, value_name = "N", requires = "matrix")]
    pub(crate) seed: Option<u64>,
    /// How many cases the matrix has
    #[arg(long, value_name = "N", requires = "matrix", default_value_t = 120)]
    pub(crate) cases: u16,
    #[command(flatten)]
    pub(crate) verification: Verification,
    #[command(flatten)]
    pub(crate) site: Site,
}

/// `blog trend`.
#[derive(Debug, Args)]
pub(crate) struct Trend {
    /// How many whole days to ask for; 8 weeks before a day tell what is usual
    #[arg(long, value_name = "DAYS", default_value_t = 112, value_parser = clap::value_parser!(u16).range(29..=400))]
    pub(crate) days: u16,
    #[command(flatten)]
    pub(crate) site: Site,
}

/// `blog clean`.
#[derive(Debug, Args)]
pub(crate) struct Clean {
    #[command(flatten)]
    pub(crate) site: Site,
}

/// `blog explain`.
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The code; without it, all of them are listed
    pub(crate) code: Option<String>,
}

/// `blog why`.
#[derive(Debug, Args)]
pub(crate) struct Why {
    /// An address (/posts/hello/ or the whole URL) or a source file
    #[arg(value_name = "PATH|URL")]
    pub(crate) what: String,
    #[command(flatten)]
    pub(crate) site: Site,
}

/// `blog man`.
#[derive(Debug, Args)]
pub(crate) struct Man {
    /// The command; without it, the page of `blog` itself
    pub(crate) command: Option<String>,
}

/// `blog completions`.
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// Which shell
    pub(crate) shell: clap_complete::Shell,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn every_command_and_flag_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_level_that_no_build_can_judge_is_refused() {
        assert_eq!(level("l2"), Ok(GuardLevel::L2));
        assert!(level("L7").is_err());
    }
}
