//! `blog new "Title"`: a dated Markdown file with its front matter, or as an archetype has it. Never overwrites.

mod archetype;

use std::fs::{self, File};
use std::io::{self, Write as _};

use serde_json::json;
use watchpost::config::Config;
use watchpost::diagnostic::{Diagnostic, Exit};

use self::archetype::Tokens;
use crate::cli::New;
use crate::commands::Outcome;
use crate::console::Console;

/// Writes the file and says where it is.
pub(super) fn run(arguments: &New, config: &Config, console: &Console) -> Outcome {
    let title = arguments.title.split_whitespace().collect::<Vec<_>>().join(" ");
    let title = title.as_str();
    let slug = watchpost::library::slugify(title);
    if slug.is_empty() {
        let message = format!("no address can be made of the title `{title}`");
        return Err(vec![Diagnostic::error("new/title", message).hint("a title needs at least one letter or digit")]);
    }
    let section = section(&arguments.section)?;
    let now = config.clock.to_zoned(config.timezone.clone());
    let name = format!("{}-{slug}", now.strftime("%Y-%m-%d"));
    let path = match arguments.bundle {
        true => format!("content/{section}/{name}/index.md"),
        false => format!("content/{section}/{name}.md"),
    };
    // The same post as a file and as a bundle would collide only when it is built.
    for taken in [format!("content/{section}/{name}.md"), format!("content/{section}/{name}")] {
        if fs::symlink_metadata(config.root.join(&taken)).is_ok() {
            let message = format!("`{taken}` is there already");
            return Err(vec![Diagnostic::error("new/exists", message).hint("change it, or choose another title")]);
        }
    }
    let tokens = Tokens { title, slug: &slug, section, now: &now };
    let archetype = archetype::find(&config.root, section)?;
    let text = match &archetype {
        Some(archetype) => archetype.fill(config, &path, &tokens, arguments.draft)?,
        None => front_matter(title, &now, arguments.draft),
    };
    let file = config.root.join(&path);
    let write = || {
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        File::options().write(true).create_new(true).open(&file)?.write_all(text.as_bytes())
    };
    write().map_err(|error: io::Error| {
        vec![Diagnostic::error("output/write", format!("cannot write `{path}`: {error}"))]
    })?;
    console.say(format!("wrote {}", file.display()));
    if let Some(archetype) = &archetype {
        console.say(format!("as `{}` has it", archetype.source));
    }
    if arguments.bundle {
        console.say("images and other files beside it belong to it: `![A photo](photo.jpg)`");
    }
    console.say(match arguments.draft {
        true => "write below the front matter, then `blog build --drafts`; take `draft` out to publish it",
        false => "write below the front matter, then `blog build`",
    });
    console.object("new", json!({"source": path}));
    Ok(Exit::Success)
}

/// Returns the front matter of a new post, and room to write.
fn front_matter(title: &str, now: &jiff::Zoned, draft: bool) -> String {
    let title = toml::Value::from(title);
    let date = now.strftime("%Y-%m-%dT%H:%M:%S%:z");
    let draft = if draft { "draft = true\n" } else { "" };
    format!("+++\ntitle = {title}\ndate = {date}\n{draft}tags = []\n+++\n\n")
}

/// Refuses a section that would leave `content/` or that no build reads.
fn section(name: &str) -> Result<&str, Vec<Diagnostic>> {
    let name = name.trim_matches('/');
    let is_plain = |part: &str| !part.is_empty() && !part.starts_with(['.', '_']) && !part.contains(['\\', '\0']);
    match name.split('/').all(is_plain) {
        true => Ok(name),
        false => {
            let message = format!("`{name}` is no folder below `content/`");
            Err(vec![Diagnostic::error("new/section", message).hint("write `--section notes`")])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_cannot_leave_the_content() {
        for name in ["..", "a/../b", "", "/", ".git", "a//b"] {
            assert!(section(name).is_err(), "{name}");
        }
        assert_eq!(section("notes/2026/"), Ok("notes/2026"));
    }

    #[test]
    fn front_matter_is_toml_whatever_the_title() {
        let now: jiff::Zoned = "2026-11-22T10:00:00+01:00[Europe/Brussels]".parse().unwrap();
        let text = front_matter("a \"b\" \\ +++", &now, true);
        let table: toml::Table = text.split("+++\n").nth(1).unwrap().parse().unwrap();
        assert_eq!(table["title"].as_str(), Some("a \"b\" \\ +++"));
        assert_eq!(table["date"].to_string(), "2026-11-22T10:00:00+01:00");
    }
}
