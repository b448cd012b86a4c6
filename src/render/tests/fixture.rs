//! A blog that is written in a test: `Blog::new().post("a", "2026-11-05", "Text").site()`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::article;
use crate::config::{self, Analytics, Config, Endpoint, OnUnknown, Overrides, Placed, World};
use crate::diagnostic::Diagnostic;
use crate::library::{Library, Page, Pager, PostId, Section, Taxonomy, Term};
use crate::paths::{Route, SourcePath};
use crate::post::{FrontMatter, Kind, Post};
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

/// A blog in the making.
pub(super) struct Blog {
    pub config: Config,
    pub sources: Sources,
    posts: Vec<Post>,
    per_page: usize,
    extra_routes: BTreeMap<Route, Page>,
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
        let config = config();
        let theme = "name = \"small\"\napi = 1\n[extra]\naccent = \"blue\"\ncount = 3\n";
        let source = SourcePath::new("themes/small/theme.toml");
        let sources = Sources { theme: Some((source, theme.into())), ..Sources::default() };
        Blog { config, sources, posts: Vec::new(), per_page: 2, extra_routes: BTreeMap::new() }
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

    /// Adds a post; its title is its stem.
    pub(super) fn post(self, stem: &str, date: &str, markdown: &str) -> Self {
        self.post_with(stem, date, markdown, |_| {})
    }

    /// Adds a post whose front matter is changed by `with`.
    pub(super) fn post_with(
        mut self,
        stem: &str,
        date: &str,
        markdown: &str,
        with: impl FnOnce(&mut FrontMatter),
    ) -> Self {
        let kind = if date.is_empty() { Kind::Page } else { Kind::Post };
        let date = (!date.is_empty()).then(|| {
            let date: jiff::civil::Date = date.parse().unwrap();
            date.at(9, 0, 0, 0).to_zoned(self.config.timezone.clone()).unwrap()
        });
        let mut front = FrontMatter { title: Some(stem.to_owned()), date, analytics: true, ..FrontMatter::default() };
        with(&mut front);
        let text: Arc<str> = markdown.into();
        self.posts.push(Post {
            source: SourcePath::new(format!("content/posts/{stem}.md")),
            body: 0..text.len(),
            outline: article::outline(&text, &self.config.markdown),
            text,
            kind,
            section: "posts".to_owned(),
            stem: stem.to_owned(),
            front,
            assets: BTreeMap::new(),
            hidden: None,
            warnings: Vec::new(),
        });
        self
    }

    /// Takes all posts out again.
    pub(super) fn without_posts(mut self) -> Self {
        self.posts.clear();
        self
    }

    /// Changes the settings.
    pub(super) fn set(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(&mut self.config);
        self
    }

    /// Adds something at a route.
    pub(super) fn route(mut self, route: &str, page: Page) -> Self {
        self.extra_routes.insert(Route::new(route).unwrap(), page);
        self
    }

    /// Arranges the posts as `library` would, but simpler.
    pub(super) fn library(&self) -> Library {
        let mut posts = self.posts.clone();
        posts.sort_by(|one, other| one.source.cmp(&other.source));
        let mut library = Library {
            routes_of: posts.iter().map(|post| Route::new(format!("/posts/{}/", post.stem)).unwrap()).collect(),
            by_source: posts.iter().enumerate().map(|(index, post)| (post.source.clone(), PostId(index))).collect(),
            posts,
            ..Library::default()
        };
        let ids = (0..library.posts.len()).map(PostId);
        library.newest = ids.filter(|id| library.post(*id).kind == Kind::Post).collect();
        let posts = &library.posts;
        library
            .newest
            .sort_by_key(|id| (std::cmp::Reverse(posts[id.0].front.date.clone()), posts[id.0].source.clone()));
        library.position = library.newest.iter().enumerate().map(|(position, id)| (*id, position)).collect();
        library.taxonomies = vec![self.tags(&library)];
        library.routes = self.routes(&library);
        library
    }

    fn tags(&self, library: &Library) -> Taxonomy {
        let mut terms: BTreeMap<String, Term> = BTreeMap::new();
        for id in &library.newest {
            for name in library.post(*id).front.terms.get("tags").into_iter().flatten() {
                let slug = name.to_lowercase();
                let route = Route::new(format!("/tags/{slug}/")).unwrap();
                let term = Term { name: name.clone(), slug: slug.clone(), route, posts: Vec::new(), index: None };
                terms.entry(slug).or_insert(term).posts.push(*id);
            }
        }
        Taxonomy {
            name: "tags".to_owned(),
            route: Route::new("/tags/").unwrap(),
            terms: terms.into_values().collect(),
            index: None,
        }
    }

    fn routes(&self, library: &Library) -> BTreeMap<Route, Page> {
        let mut routes = self.extra_routes.clone();
        let mut add = |route: &str, page: Page| {
            routes.insert(Route::new(route).unwrap(), page);
        };
        for (pager, route) in self.pagers("/", library.newest.len()) {
            add(&route, Page::Home(pager));
        }
        for (index, route) in library.routes_of.iter().enumerate() {
            add(route.as_str(), Page::Post(PostId(index)));
        }
        add("/tags/", Page::Taxonomy(0));
        for (number, term) in library.taxonomies[0].terms.iter().enumerate() {
            for (pager, route) in self.pagers(term.route.as_str(), term.posts.len()) {
                add(&route, Page::Term(0, number, pager));
            }
            add(&format!("{}feed.xml", term.route), Page::TermFeed(0, number));
        }
        for (index, rule) in self.config.feeds.iter().enumerate() {
            add(&format!("/{}", rule.path), Page::Feed(index));
        }
        add("/archive/", Page::Archive(None, None));
        add("/sitemap.xml", Page::Sitemap(None));
        add("/robots.txt", Page::Robots);
        add("/404.html", Page::NotFound);
        add("/highlight.css", Page::HighlightStylesheet);
        for name in self.sources.statics.keys() {
            add(&format!("/{name}"), Page::Static(name.clone()));
        }
        routes
    }

    fn pagers(&self, list: &str, posts: usize) -> Vec<(Pager, String)> {
        let of = posts.div_ceil(self.per_page).max(1);
        (1..=of)
            .map(|number| {
                let start = (number - 1) * self.per_page;
                let route = if number == 1 { list.to_owned() } else { format!("{list}page/{number}/") };
                (Pager { number, of, start, end: (start + self.per_page).min(posts) }, route)
            })
            .collect()
    }

    /// Adds a static file.
    pub(super) fn file(mut self, name: &str) -> Self {
        let source = SourcePath::new(format!("static/{name}"));
        self.sources
            .statics
            .insert(name.to_owned(), StaticFile { source, origin: Origin::Disk(PathBuf::from("/nowhere").join(name)) });
        self
    }

    /// Makes a section of all posts, with an `_index.md` whose text is given.
    pub(super) fn section(library: &mut Library, index: PostId) {
        let pages = library.newest.clone();
        let pager = Pager { number: 1, of: 1, start: 0, end: pages.len() };
        library.sections.insert("posts".to_owned(), Section { index, pages });
        let route = library.route(index).clone();
        library.routes.insert(route, Page::Section("posts".to_owned(), pager));
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
        exclude: Vec::new(),
        on_unknown: OnUnknown::Fail,
        max_unknown_age: jiff::SignedDuration::from_hours(1),
        placed: Placed::Page,
        options: BTreeMap::new(),
        expect: BTreeMap::new(),
    }
}

fn config() -> Config {
    let text = "title = \"Watching the guards\"\nbase_url = \"https://example.org/blog/\"\ntimezone = \"Europe/Brussels\"\n\
        language = \"en-GB\"\ndescription = \"Who watches?\"\nauthors = [\"Ada\"]\ntheme = \"small\"\n\
        feed_authority = \"example.org\"\n[taxonomies.tags]\nfeed = true\n\
        [[feeds]]\nformat = \"rss\"\npath = \"feed.xml\"\ncontent = \"full\"\n\
        [[feeds]]\nformat = \"atom\"\npath = \"atom.xml\"\ncontent = \"summary\"\n";
    let overrides = Overrides { clock: Some("1970-01-01T00:00:00Z".to_owned()), ..Overrides::default() };
    config::read(Path::new("/nowhere"), text, &overrides, &World::default()).unwrap()
}
