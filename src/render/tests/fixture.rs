//! A blog that is written in a test: `Blog::new().post("a", "2026-11-05", "Text").site()`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::{self, Analytics, Config, Endpoint, OnUnknown, Overrides, Placed, World};
use crate::diagnostic::Diagnostic;
use crate::library::{self, Library};
use crate::paths::{Route, SourcePath};
use crate::post;
use crate::render::{self, Body, File, Site};
use crate::source::{Origin, Sources, StaticFile, Template};

/// A theme that shows every variable that tests look at.
pub(super) const THEME: &[(&str, &str)] = &[
    (
        "base.html",
        "<!doctype html><html lang=\"{{ lang }}\"><head><title>{% block title %}{{ config.title }}{% endblock %}</title>\n\
         {{ seo() }}\n{{ feeds() }}\n{{ analytics() }}\n</head><body>{% block body %}{% endblock %}</body></html>",
    ),
    (
        "index.html",
        "{% extends \"base.html\" %}{% block body %}<h1>{{ section.title }}</h1>{% include \"list.html\" %}{% endblock %}",
    ),
    (
        "list.html",
        "{% for page in paginator.pages %}<a href=\"{{ page.path }}\" title='{{ page.title }}'>{{ page.title }}</a>\
         {{ page.summary }}{% endfor %}<i>{{ paginator.current_index }}/{{ paginator.number_pagers }}\
         {% if paginator.previous %} prev={{ paginator.previous }}{% endif %}\
         {% if paginator.next %} next={{ paginator.next }}{% endif %}</i>",
    ),
    (
        "post.html",
        "{% extends \"base.html\" %}{% block title %}{{ page.title }}{% endblock %}{% block body %}<h1>{{ page.title }}</h1>\
         {{ page.content }}{% for kind, terms in page.taxonomies %}<b>{{ kind }}:{% for term in terms %} {{ term.name }}\
         {% endfor %}</b>{% endfor %}{% if page.newer %}<u>{{ page.newer.title }}</u>{% endif %}\
         {% if page.older %}<s>{{ page.lower.title }}</s>{% endif %}{% endblock %}",
    ),
    ("section.html", "{% extends \"index.html\" %}"),
    (
        "taxonomy.html",
        "{% extends \"base.html\" %}{% block body %}{% for term in terms %}{{ term.name }}={{ term.page_count }} {% endfor %}\
         {% endblock %}",
    ),
    (
        "term.html",
        "{% extends \"base.html\" %}{% block body %}<h1>{{ term.title }}</h1>{% include \"list.html\" %}{% endblock %}",
    ),
    (
        "archive.html",
        "{% extends \"base.html\" %}{% block body %}{% for year in archive.years %}{{ year.year }}:{{ year.page_count }}\
         {% for month in year.months %} {{ month.date | date(format=\"%b\") }}={{ month.page_count }}{% endfor %}\
         {% endfor %}{% endblock %}",
    ),
    ("404.html", "{% extends \"base.html\" %}{% block body %}lost{% endblock %}"),
];

/// The settings that tests stand on; two posts a page.
const SETTINGS: &str = r#"
title = "Watching the guards"
base_url = "https://example.org/blog/"
timezone = "Europe/Brussels"
language = "en-GB"
description = "Who watches?"
authors = ["Ada"]
theme = "small"
feed_authority = "example.org"
[taxonomies.tags]
paginate = 2
feed = true
[paginate]
posts = 2
[[feeds]]
format = "rss"
path = "feed.xml"
content = "full"
[[feeds]]
format = "atom"
path = "atom.xml"
content = "summary"
"#;

/// A blog in the making.
pub(super) struct Blog {
    pub config: Config,
    pub sources: Sources,
}

impl Blog {
    /// Starts with the small theme and no post.
    pub(super) fn new() -> Self {
        let mut blog = Blog::bare();
        for (name, text) in THEME {
            blog = blog.theme(name, text);
        }
        blog
    }

    /// Starts without a template.
    pub(super) fn bare() -> Self {
        let overrides = Overrides { clock: Some("2030-01-01T00:00:00Z".to_owned()), ..Overrides::default() };
        let config = config::read(Path::new("/nowhere"), SETTINGS, &overrides, &World::default()).unwrap();
        let theme = "name = \"small\"\napi = 1\n[extra]\naccent = \"blue\"\ncount = 3\n";
        let source = SourcePath::new("themes/small/theme.toml");
        let sources = Sources { theme: Some((source, theme.into())), ..Sources::default() };
        Blog { config, sources }
    }

    /// Adds a template of the theme.
    pub(super) fn theme(mut self, name: &str, text: &str) -> Self {
        let full = format!("themes/small/templates/{name}");
        self.sources.templates.insert(format!("small/templates/{name}"), template(&full, text));
        self
    }

    /// Adds a template of the site itself.
    pub(super) fn template(mut self, name: &str, text: &str) -> Self {
        self.sources.templates.insert(name.to_owned(), template(&format!("templates/{name}"), text));
        self
    }

    /// Adds `posts/STEM.md`, whose title is its stem; without a date it is a page.
    pub(super) fn post(self, stem: &str, date: &str, markdown: &str) -> Self {
        self.post_with(stem, date, "", markdown)
    }

    /// The same, with more front matter.
    pub(super) fn post_with(self, stem: &str, date: &str, front: &str, markdown: &str) -> Self {
        let title = if front.contains("title =") { String::new() } else { format!("title = \"{stem}\"\n") };
        let date = if date.is_empty() { String::new() } else { format!("date = {date}T09:00:00\n") };
        self.file(&format!("posts/{stem}.md"), &format!("+++\n{title}{date}{front}\n+++\n{markdown}"))
    }

    /// Adds a file below `content/`.
    pub(super) fn file(mut self, path: &str, text: &str) -> Self {
        self.sources.markdown.insert(SourcePath::new(format!("content/{path}")), text.into());
        self
    }

    /// Adds a static file.
    pub(super) fn static_file(mut self, name: &str) -> Self {
        let source = SourcePath::new(format!("static/{name}"));
        let origin = Origin::Disk(PathBuf::from("/nowhere").join(name));
        self.sources.statics.insert(name.to_owned(), StaticFile { source, origin });
        self
    }

    /// Changes the settings.
    pub(super) fn set(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(&mut self.config);
        self
    }

    /// Arranges the posts.
    pub(super) fn library(&self) -> Library {
        let posts = post::parse(&self.config, &self.sources).unwrap_or_else(|problems| panic!("{problems:#?}"));
        library::arrange(&self.config, &self.sources, posts).unwrap_or_else(|problems| panic!("{problems:#?}"))
    }

    /// Makes the site.
    pub(super) fn try_site(self) -> Result<Site, Vec<Diagnostic>> {
        let library = self.library();
        Site::new(Arc::new(self.config), Arc::new(self.sources), library)
    }

    /// Makes the site, which is to be whole.
    pub(super) fn site(self) -> Site {
        match self.try_site() {
            Ok(site) => site,
            Err(problems) => panic!("{problems:#?}"),
        }
    }
}

/// Renders one page of a site.
pub(super) fn file(site: &Site, route: &str) -> File {
    match render::page(site, &Route::new(route).unwrap()) {
        Ok(file) => file,
        Err(problems) => panic!("{route}: {problems:#?}"),
    }
}

/// Renders one page of a site as text.
pub(super) fn text(site: &Site, route: &str) -> String {
    match file(site, route).body {
        Body::Bytes(bytes) => String::from_utf8(bytes).unwrap(),
        Body::Copy(path) => panic!("{route} is a copy of {}", path.display()),
        Body::Picture(_) => panic!("{route} is a picture"),
    }
}

fn template(source: &str, text: &str) -> Template {
    Template { source: SourcePath::new(source), text: text.into() }
}

/// Returns a table of analytics for a site of this name.
pub(super) fn analytics(site: &str) -> Analytics {
    Analytics {
        provider: "goatcounter".to_owned(),
        endpoint: Endpoint::Server("https://stats.example/".parse().unwrap()),
        site: site.to_owned(),
        script: None,
        collect: None,
        accept: None,
        token_env: None,
        token: None,
        canary_site: None,
        exclude: Vec::new(),
        on_unknown: OnUnknown::Fail,
        max_unknown_age: jiff::SignedDuration::from_hours(1),
        placed: Placed::Page,
        options: BTreeMap::new(),
        expect: BTreeMap::new(),
    }
}
