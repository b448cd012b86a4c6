//! `blog init DIR`: a working blog in an empty folder, or in one that has none of its files.

mod ci;

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use watchpost::config::{FILE, Overrides, load, timezone};
use watchpost::diagnostic::{Diagnostic, Exit, did_you_mean};
use watchpost::paths::BaseUrl;
use watchpost::theme_embedded::{self, Files};

use crate::cli::{Environment, Init};
use crate::commands::Outcome;
use crate::console::Console;

/// Where a blog stands that has no place yet: a host that cannot exist.
const NOWHERE: &str = "https://blog.example/";

/// Writes the files and says what to do next.
pub(super) fn run(arguments: &Init, environment: &Environment, console: &Console) -> Outcome {
    let zone = machine_zone(environment).unwrap_or_else(|| "UTC".to_owned());
    let base_url = arguments.base_url.as_deref().unwrap_or(NOWHERE);
    let base_url = BaseUrl::parse(base_url).map_err(|reason| {
        let message = format!("`{base_url}` is no address of a site: {reason}");
        vec![Diagnostic::error("usage/arguments", message).hint("write `--base-url https://blog.example/`")]
    })?;
    let theme = theme(&arguments.theme)?;
    let folder = &arguments.folder;
    let mut files = match arguments.ci.filter(|_| folder.join(FILE).is_file()) {
        // A blog that is there keeps all that it has.
        Some(forge) => vec![ci::workflow(forge, Some(&load(folder, &Overrides::default())?))],
        None => files(arguments, &zone, &base_url, theme),
    };
    let is_new = files.len() > 1;
    files.extend(arguments.ci.filter(|_| is_new).map(|forge| ci::workflow(forge, None)));
    let taken: Vec<Diagnostic> = files
        .iter()
        .filter(|(path, _)| fs::symlink_metadata(folder.join(path)).is_ok())
        .map(|(path, _)| {
            let message = format!("`{}` is there already", folder.join(path).display());
            Diagnostic::error("init/exists", message).hint("nothing was written; name an empty or a new folder")
        })
        .collect();
    if !taken.is_empty() {
        return Err(taken);
    }
    for (path, text) in &files {
        write(&folder.join(path), text)?;
    }
    for (path, text) in files.iter().filter(|(path, _)| !path.starts_with("themes/")) {
        let _ = text;
        console.say(format!("wrote {}", folder.join(path).display()));
    }
    if arguments.theme_files {
        let place = folder.join("themes").join(&arguments.theme);
        console.say(format!("wrote {} files of the theme in {}", theme.len(), place.display()));
    }
    if is_new {
        console.say(next(folder, &zone, arguments.base_url.is_none()));
    } else {
        console.say("commit it, with `analytics.lock`; the secrets that it names belong into the forge's settings");
    }
    console.object(
        "init",
        serde_json::json!({"folder": folder, "files": files.iter().map(|(path, _)| path).collect::<Vec<_>>()}),
    );
    Ok(Exit::Success)
}

/// Returns the files of a theme that the program carries.
fn theme(name: &str) -> Result<Files, Vec<Diagnostic>> {
    theme_embedded::find(name).ok_or_else(|| {
        let names: Vec<&str> = theme_embedded::THEMES.iter().map(|(known, _)| *known).collect();
        let hint = match did_you_mean(name, names.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!(
                "take one of `{}`; any other theme is a folder that you put into `themes/` yourself",
                names.join("`, `")
            ),
        };
        vec![Diagnostic::error("usage/arguments", format!("`blog` carries no theme `{name}`")).hint(hint)]
    })
}

/// Returns what a new blog consists of, each file with its bytes.
fn files(arguments: &Init, zone: &str, base_url: &BaseUrl, theme: Files) -> Vec<(String, Vec<u8>)> {
    let is_nowhere = base_url.as_str() == NOWHERE;
    let host = base_url.url().host_str().unwrap_or("blog.example");
    // Feed readers tell posts apart by this for ever, so two new blogs must not share it.
    let authority = if is_nowhere { format!("{}.blog.example", unique()) } else { host.to_owned() };
    let quoted = |text: &str| toml::Value::from(text).to_string();
    let settings = include_str!("init/site.toml")
        .replace("{title}", &quoted(&arguments.title))
        .replace("{base_url}", &quoted(base_url.as_str()))
        .replace("{theme}", &quoted(&arguments.theme))
        .replace("{timezone}", &quoted(zone))
        .replace("{feed_authority}", &quoted(&authority));
    let mut files = vec![
        (".gitignore".to_owned(), b"/public\n/.public.*\n/.blog\n".to_vec()),
        ("site.toml".to_owned(), settings.into_bytes()),
        ("content/about.md".to_owned(), include_bytes!("init/about.md").to_vec()),
        ("content/posts/first-post.md".to_owned(), include_bytes!("init/first-post.md").to_vec()),
    ];
    if arguments.theme_files {
        let named = |path: &str| format!("themes/{}/{path}", arguments.theme);
        files.extend(theme.iter().map(|(path, bytes)| (named(path), bytes.to_vec())));
    }
    files
}

/// Writes a file that is not there yet.
fn write(path: &Path, bytes: &[u8]) -> Result<(), Vec<Diagnostic>> {
    let write = || {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        File::options().write(true).create_new(true).open(path)?.write_all(bytes)
    };
    write().map_err(|error: io::Error| {
        vec![Diagnostic::error("output/write", format!("cannot write `{}`: {error}", path.display()))]
    })
}

/// Returns the name of the machine's time zone, if it has one that we know.
fn machine_zone(environment: &Environment) -> Option<String> {
    let from_link = || {
        let link = fs::read_link("/etc/localtime").ok()?;
        Some(link.to_str()?.split_once("zoneinfo/")?.1.to_owned())
    };
    let from_file = || Some(fs::read_to_string("/etc/timezone").ok()?.trim().to_owned());
    let named = environment.timezone.as_ref().map(|name| name.trim_start_matches(':').to_owned());
    [named, from_link(), from_file()].into_iter().flatten().find(|name| timezone(name).is_some())
}

/// Returns eight hexadecimal digits that no other new blog is likely to have.
fn unique() -> String {
    let mut bytes = [0; 4];
    match File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes)) {
        Ok(()) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        // Without a source of chance, the process still differs from the next one.
        Err(_) => format!("{:08x}", std::process::id()),
    }
}

/// Returns what to do next.
fn next(folder: &Path, zone: &str, is_nowhere: bool) -> String {
    let mut text = format!(
        "\nNext:\n  cd {}\n  blog build            renders it into `public/` and verifies it\n  \
         blog new \"A title\"    starts a post\n\nIn `site.toml`:\n",
        folder.display()
    );
    if is_nowhere {
        text.push_str("  base_url              is a placeholder: write where your blog will stand\n");
    }
    text.push_str(&format!("  timezone              is {zone}; dates without a zone are read in it\n"));
    text.push_str("  [analytics]           is the built-in stand-in: name your own server when you have one");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_new_blogs_do_not_share_the_ids_of_their_feeds() {
        assert_ne!(unique(), unique());
    }

    #[test]
    fn a_title_with_quotes_is_still_a_setting() {
        let arguments = Init {
            folder: "x".into(),
            title: "The \"new\" \\ blog".to_owned(),
            base_url: None,
            theme: "gazette".to_owned(),
            theme_files: false,
            ci: None,
        };
        let files = files(&arguments, "UTC", &BaseUrl::parse(NOWHERE).unwrap(), theme("gazette").unwrap());
        let settings: toml::Table = std::str::from_utf8(&files[1].1).unwrap().parse().unwrap();
        assert_eq!(settings["title"].as_str(), Some("The \"new\" \\ blog"));
        assert_eq!(settings["theme"].as_str(), Some("gazette"));
    }
}
