//! `blog init --ci FORGE`: the workflow that publishes a blog, for the forges that can run one.

use watchpost::config::{Config, PublishTarget};

use crate::cli::Forge;

/// The variables with credentials that a kind of target may need.
const CREDENTIALS: &[(&str, &[&str])] = &[
    ("s3", &["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]),
    ("gcs", &["GOOGLE_SERVICE_ACCOUNT_KEY"]),
    ("azure", &["AZURE_STORAGE_ACCOUNT_KEY"]),
];

/// Returns where a forge looks for its workflow, and what stands there.
pub(super) fn workflow(forge: Forge, config: Option<&Config>) -> (String, Vec<u8>) {
    let (path, text) = match forge {
        Forge::Github => (".github/workflows/blog.yml", include_str!("ci/github.yml")),
        Forge::Gitlab => (".gitlab-ci.yml", include_str!("ci/gitlab.yml")),
        Forge::Forgejo => (".forgejo/workflows/blog.yml", include_str!("ci/forgejo.yml")),
        Forge::Woodpecker => (".woodpecker/blog.yml", include_str!("ci/woodpecker.yml")),
    };
    let target = config.and_then(|config| config.publish.first());
    let secrets = secrets(config, target);
    let name = target.map(|target| format!(" {}", target.name)).unwrap_or_default();
    let text = text
        .replace(" {target}", &name)
        .replace("{environment}", &environment(forge, &secrets))
        .replace("{trend}", &trend(forge, config))
        .replace("{version}", env!("CARGO_PKG_VERSION"));
    (path.to_owned(), text.into_bytes())
}

/// Returns the variables that the site's settings name, and those of its first target.
fn secrets(config: Option<&Config>, target: Option<&PublishTarget>) -> Vec<String> {
    let tokens = config.into_iter().flat_map(|config| &config.analytics).filter_map(|table| table.token_env.clone());
    let ping = target.and_then(|target| target.ping_env.clone());
    let kind = target.map_or("", |target| target.kind.as_str());
    let credentials = CREDENTIALS.iter().filter(|(known, _)| *known == kind).flat_map(|(_, names)| *names);
    let mut all: Vec<String> = tokens.chain(ping).chain(credentials.map(|name| (*name).to_owned())).collect();
    all.sort();
    all.dedup();
    all
}

/// Returns the lines that hand secrets to a job; on GitLab all variables are there by themselves.
fn environment(forge: Forge, secrets: &[String]) -> String {
    if secrets.is_empty() {
        return String::new();
    }
    let lines = secrets.iter().map(|name| match forge {
        Forge::Woodpecker => format!("      {name}:\n        from_secret: {}\n", name.to_lowercase()),
        _ => format!("      {name}: ${{{{ secrets.{name} }}}}\n"),
    });
    let head = if forge == Forge::Woodpecker { "    environment:\n" } else { "    env:\n" };
    format!("{head}{}", lines.collect::<String>())
}

/// Returns the step that asks for the visits of each day, where there is a token to ask with.
fn trend(forge: Forge, config: Option<&Config>) -> String {
    let is_asked = config.is_some_and(|config| config.analytics.iter().any(|table| table.token_env.is_some()));
    match forge {
        _ if !is_asked => String::new(),
        Forge::Github | Forge::Forgejo => "      - name: Look at the visits\n        run: blog trend\n".to_owned(),
        Forge::Gitlab => "    - blog trend\n".to_owned(),
        Forge::Woodpecker => "      - blog trend\n".to_owned(),
    }
}
