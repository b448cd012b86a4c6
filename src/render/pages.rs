//! Owns what each kind of page is made of: its template, its variables, its bytes.
//!
//! Gives [`PAGES`], one row for each variant of [`Page`]. To add a kind: a variant, a row here, a function.

use jiff::civil;
use tera::value::Key;
use tera::{Context, Map, Value};

use crate::diagnostic::Diagnostic;
use crate::library::{Library, Page, PostId};
use crate::manifest::FileKind;
use crate::paths::{Route, SourcePath};
use crate::render::context::{Archive, IndexView, Month, Target, Year, from_toml};
use crate::render::minify;
use crate::render::pictures::original;
use crate::render::shelf::{self, Shelf, value};
use crate::render::theme::{self, Theme};
use crate::render::{Body, File, Site, feeds, policy, redirects, sitemap};
use crate::source::Origin;

/// One kind of page.
pub struct PageKind {
    /// Its name, which templates see as `kind`.
    pub name: &'static str,
    /// The templates that can make it: the first that is there does.
    pub templates: &'static [&'static str],
    /// Whether it can do without any of them.
    pub built_in: bool,
    /// Makes one.
    pub render: fn(&Desk<'_>) -> Result<File, Vec<Diagnostic>>,
}

/// All kinds of page.
pub const PAGES: &[PageKind] = &[
    PageKind { name: "home", templates: &["index.html"], built_in: false, render: home },
    PageKind { name: "post", templates: &["post.html", "page.html"], built_in: false, render: post },
    PageKind { name: "page", templates: &["page.html", "post.html"], built_in: false, render: post },
    PageKind { name: "section", templates: &["section.html"], built_in: false, render: section },
    PageKind { name: "taxonomy", templates: &["taxonomy.html"], built_in: false, render: taxonomy },
    PageKind { name: "term", templates: &["term.html"], built_in: false, render: term },
    PageKind { name: "archive", templates: &["archive.html"], built_in: false, render: archive },
    PageKind { name: "404", templates: &["404.html"], built_in: false, render: not_found },
    PageKind { name: "alias", templates: &["alias.html"], built_in: true, render: alias },
    PageKind { name: "robots", templates: &["robots.txt"], built_in: true, render: robots },
    PageKind { name: "feed", templates: &[], built_in: true, render: feed },
    PageKind { name: "sitemap", templates: &[], built_in: true, render: site_map },
    PageKind { name: "highlight", templates: &[], built_in: true, render: highlight },
    PageKind { name: "headers", templates: &[], built_in: true, render: headers },
    PageKind { name: "redirects", templates: &[], built_in: true, render: redirects },
    PageKind { name: "stylesheet", templates: &[], built_in: true, render: stylesheet },
    PageKind { name: "asset", templates: &[], built_in: true, render: asset },
    PageKind { name: "static", templates: &[], built_in: true, render: static_file },
];

/// Returns the name of a page's row.
fn name_of(library: &Library, page: &Page) -> &'static str {
    match page {
        Page::Home(_) => "home",
        Page::Post(id) if shelf::is_post(library.post(*id)) => "post",
        Page::Post(_) => "page",
        Page::Section(..) => "section",
        Page::Taxonomy(_) => "taxonomy",
        Page::Term(..) => "term",
        Page::Archive(..) => "archive",
        Page::NotFound => "404",
        Page::Alias(_) => "alias",
        Page::Robots => "robots",
        Page::Feed(_) | Page::TermFeed(..) => "feed",
        Page::Sitemap(_) => "sitemap",
        Page::HighlightStylesheet => "highlight",
        Page::Headers => "headers",
        Page::Redirects(_) => "redirects",
        Page::Stylesheet(_) => "stylesheet",
        Page::Asset(_) => "asset",
        Page::Static(_) => "static",
        Page::Abroad(_, page) => name_of(library, page),
    }
}

/// Returns a page's row.
pub(super) fn kind_of(library: &Library, page: &Page) -> &'static PageKind {
    let name = name_of(library, page);
    PAGES.iter().find(|kind| kind.name == name).expect("each variant has a row, as a test makes sure")
}

/// What lies before the function that makes one page.
pub struct Desk<'a> {
    site: &'a Site,
    shelf: &'a Shelf,
    kind: &'static PageKind,
    route: &'a Route,
    page: &'a Page,
}

/// Makes one page.
pub(crate) fn render(site: &Site, route: &Route, page: &Page) -> Result<File, Vec<Diagnostic>> {
    let (language, page) = page.in_language();
    let shelf = &site.shelves[language];
    let kind = kind_of(&shelf.library, page);
    (kind.render)(&Desk { site, shelf, kind, route, page })
}

/// Returns what is wrong with the choice of templates: one that a page needs is not there.
pub(crate) fn missing_templates(library: &Library, theme: &Theme) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for kind in PAGES.iter().filter(|kind| !kind.built_in && theme.first(kind.templates).is_none()) {
        // What the engine makes is found without a look at every post.
        let is_post = matches!(kind.name, "post" | "page");
        let of_posts = is_post.then(|| library.routes.iter()).into_iter().flatten();
        let of_lists = (!is_post).then(|| library.routes.made()).into_iter().flatten();
        let mut routes = of_posts
            .chain(of_lists)
            .filter(|(_, page)| !matches!(page, Page::Abroad(..)))
            .filter(|(_, page)| name_of(library, page) == kind.name && own_template(library, page).is_none());
        if let Some((route, _)) = routes.next() {
            let needed_by = match routes.count() {
                0 => format!("the page `{route}` (kind `{}`)", kind.name),
                more => format!("the kind of page `{}`: `{route}` and {more} more", kind.name),
            };
            problems.push(theme::missing(theme, kind.templates, &needed_by));
        }
    }
    for (post, route) in library.particular().map(|id| (library.post(id), library.route(id))) {
        let Some(template) = post.front.template.as_deref() else { continue };
        if theme.has(template) || !library.routes.contains_key(route) {
            continue;
        }
        let problem = theme::missing(theme, &[template], &format!("`{route}`"));
        problems.push(problem.at(post.place("template")));
    }
    problems
}

/// Returns the template that the front matter of a page's Markdown file asks for.
pub(super) fn own_template<'a>(library: &'a Library, page: &Page) -> Option<(PostId, &'a str)> {
    let id = library.index_of(page)?;
    library.post(id).front.template.as_deref().map(|template| (id, template))
}

impl Desk<'_> {
    /// Returns the variables that every page has.
    fn context(&self) -> Context {
        let mut context = Context::new();
        for name in ["page", "section", "paginator", "taxonomy", "terms", "term", "archive", "target"] {
            context.insert_value(name, Value::none());
        }
        context.insert_value("config", self.shelf.settings.clone());
        context.insert_value("site", self.shelf.site());
        context.insert_value("data", self.shelf.data());
        context.insert_value("lang", self.shelf.language.clone());
        context.insert_value("translations", self.shelf.translations(self.page));
        context.insert_value("kind", Value::normal_string(self.kind.name));
        context.insert_value("current_path", Value::normal_string(&self.shelf.path(self.route)));
        context.insert_value("current_url", Value::normal_string(&self.shelf.permalink(self.route)));
        context
    }

    /// Renders the template of this page into a file.
    fn write(&self, context: &Context, kind: FileKind) -> Result<File, Vec<Diagnostic>> {
        let own = own_template(&self.shelf.library, self.page).map(|(_, template)| template);
        let layout = own.or_else(|| self.site.theme.first(self.kind.templates));
        let Some(layout) = layout else {
            let needed_by = format!("`{}`", self.route);
            return Err(vec![theme::missing(&self.site.theme, self.kind.templates, &needed_by)]);
        };
        let index = self.shelf.library.index_of(self.page).map(|id| self.shelf.library.post(id));
        match self.site.theme.render(layout, context) {
            Ok(bytes) => Ok(File {
                layout: Some(layout.to_owned()),
                source: index.map(|post| post.source.clone()),
                section: self.section_name(),
                no_analytics: index.is_some_and(|post| !post.front.analytics),
                canonical: index.and_then(|post| post.front.canonical.clone()),
                ..self.file(Body::Bytes(self.shortened(bytes, kind)), kind)
            }),
            Err(problem) => Err(vec![problem.with(match index {
                Some(post) => format!("while rendering `{}` from `{}`", self.route, post.source),
                None => format!("while rendering `{}`", self.route),
            })]),
        }
    }

    /// Returns a page without needless white space, if the site asks for it and it can be done for certain.
    fn shortened(&self, bytes: Vec<u8>, kind: FileKind) -> Vec<u8> {
        let wanted = self.site.config.minify && kind == FileKind::Page;
        let short = wanted.then(|| std::str::from_utf8(&bytes).ok().and_then(minify::minified)).flatten();
        short.map_or(bytes, String::into_bytes)
    }

    /// Returns a file that no template made.
    fn file(&self, body: Body, kind: FileKind) -> File {
        File {
            route: self.route.clone(),
            out: self.route.out_path(),
            body,
            kind,
            source: None,
            layout: None,
            section: None,
            no_analytics: false,
            canonical: None,
        }
    }

    fn section_name(&self) -> Option<String> {
        match self.page {
            Page::Home(_) => Some(String::new()),
            Page::Post(id) => Some(self.shelf.library.post(*id).section.clone()),
            Page::Section(name, _) => Some(name.clone()),
            _ => None,
        }
    }

    /// Says that the table of pages and the library are at odds; a test makes sure that they are not.
    fn at_odds(&self) -> Vec<Diagnostic> {
        vec![Diagnostic::error(
            "route/unknown",
            format!("nothing of kind `{}` stands at `{}`", self.kind.name, self.route),
        )]
    }
}

fn home(desk: &Desk<'_>) -> Result<File, Vec<Diagnostic>> {
    let Page::Home(pager) = desk.page else { return Err(desk.at_odds()) };
    let mut context = desk.context();
    context.insert_value("section", desk.shelf.own_section("")?);
    context.insert_value(
        "paginator",
        desk.shelf.paginator(&desk.shelf.config.home(), &desk.shelf.library.newest, *pager)?,
    );
    desk.write(&context, FileKind::Page)
}

fn post(desk: &Desk<'_>) -> Result<File, Vec<Diagnostic>> {
    let Page::Post(id) = desk.page else { return Err(desk.at_odds()) };
    let mut context = desk.context();
    context.insert_value("page", desk.shelf.page(*id)?);
    desk.write(&context, FileKind::Page)
}

fn section(desk: &Desk<'_>) -> Result<File, Vec<Diagnostic>> {
    let Page::Section(name, pager) = desk.page else { return Err(desk.at_odds()) };
    let Some(section) = desk.shelf.library.sections.get(name) else { return Err(desk.at_odds()) };
    let list = desk.shelf.library.route(section.index);
    let mut context = desk.context();
    context.insert_value("section", desk.shelf.own_section(name)?);
    context.insert_value("paginator", desk.shelf.paginator(list, &section.pages, *pager)?);
    desk.write(&context, FileKind::Page)
}

fn taxonomy(desk: &Desk<'_>) -> Result<File, Vec<Diagnostic>> {
    let Page::Taxonomy(number) = desk.page else { return Err(desk.at_odds()) };
    let taxonomy = &desk.shelf.library.taxonomies[*number];
    let mut view = desk.shelf.taxonomy(*number).as_map().cloned().unwrap_or_default();
    let mut context = desk.context();
    context.insert_value("terms", view.get(&Key::Str("terms")).cloned().unwrap_or_else(Value::none));
    let index = value(&index_view(desk.shelf, taxonomy.index, &taxonomy.name)?);
    view.extend(index.into_map().unwrap_or_default());
    context.insert_value("taxonomy", Value::from(view));
    desk.write(&context, FileKind::Page)
}

fn term(desk: &Desk<'_>) -> Result<File, Vec<Diagnostic>> {
    let Page::Term(taxonomy, number, pager) = desk.page else { return Err(desk.at_odds()) };
    let shelf = desk.shelf;
    let term = &shelf.library.taxonomies[*taxonomy].terms[*number];
    let mut view = value(&shelf.term_count(*taxonomy, *number)).into_map().unwrap_or_default();
    view.extend(value(&index_view(shelf, term.index, &term.name)?).into_map().unwrap_or_default());
    view.insert("pages".into(), shelf.term_pages(*taxonomy, *number));
    let mut context = desk.context();
    context.insert_value("term", Value::from(view));
    context.insert_value("taxonomy", shelf.taxonomy(*taxonomy));
    context.insert_value("paginator", shelf.paginator(&term.route, &term.posts, *pager)?);
    desk.write(&context, FileKind::Page)
}

/// Returns what the `_index.md` of a taxonomy or a term says; without one, its name is its title.
fn index_view<'a>(shelf: &'a Shelf, index: Option<PostId>, name: &'a str) -> Result<IndexView<'a>, Vec<Diagnostic>> {
    let text = shelf.text_of(index)?;
    let front = index.map(|index| &shelf.library.post(index).front);
    Ok(IndexView {
        title: front.and_then(|front| front.title.as_deref()).unwrap_or(name),
        description: front.and_then(|front| front.description.as_deref()),
        content: text.content,
        toc: text.toc,
        has_code: text.has_code,
        extra: front.map_or_else(|| Value::from(Map::new()), |front| from_toml(&front.extra)),
    })
}

fn archive(desk: &Desk<'_>) -> Result<File, Vec<Diagnostic>> {
    let Page::Archive(year, month) = desk.page else { return Err(desk.at_odds()) };
    let mut context = desk.context();
    context.insert_value("archive", value(&archive_of(desk, *year, *month)));
    desk.write(&context, FileKind::Page)
}

/// Returns the dated posts by year and month; `year` and `month` say of which only.
fn archive_of(desk: &Desk<'_>, year: Option<i16>, month: Option<i8>) -> Archive {
    let shelf = desk.shelf;
    let route_of = |year: i16, month: Option<i8>| {
        let prefix = &shelf.config.prefix;
        let route = Route::new(match month {
            Some(month) => format!("{prefix}/{year:04}/{month:02}/"),
            None => format!("{prefix}/{year:04}/"),
        });
        let stands = |route: &Route| shelf.library.routes.get(route) == Some(&Page::Archive(Some(year), month));
        route.ok().filter(stands).map(|route| shelf.path(&route))
    };
    let years: Vec<Year> = shelf
        .library
        .archive
        .iter()
        .filter(|of| year.is_none_or(|year| year == of.year))
        .map(|of| {
            let months = of.months.iter().filter(|of| month.is_none_or(|month| month == of.month));
            let months: Vec<Month> = months
                .map(|in_month| Month {
                    month: in_month.month,
                    date: first_of_month(shelf, of.year, in_month.month),
                    path: route_of(of.year, Some(in_month.month)),
                    page_count: in_month.posts.len(),
                    pages: in_month.posts.iter().map(|id| shelf.link(*id)).collect(),
                })
                .collect();
            let pages: Vec<Value> = months.iter().flat_map(|month| month.pages.iter().cloned()).collect();
            Year { year: of.year, path: route_of(of.year, None), page_count: pages.len(), months, pages }
        })
        .collect();
    let page_count = years.iter().map(|year| year.page_count).sum();
    Archive { year, month, path: shelf.path(desk.route), permalink: shelf.permalink(desk.route), page_count, years }
}

/// Returns the first of a month as text, in the site's zone.
fn first_of_month(shelf: &Shelf, year: i16, month: i8) -> String {
    let first = civil::Date::new(year, month, 1).and_then(|date| date.to_zoned(shelf.config.timezone.clone()));
    first.map_or_else(|_| format!("{year:04}-{month:02}-01"), |first| shelf::rfc3339(&first))
}

fn not_found(desk: &Desk<'_>) -> Result<File, Vec<Diagnostic>> {
    desk.write(&desk.context(), FileKind::Page)
}

fn alias(desk: &Desk<'_>) -> Result<File, Vec<Diagnostic>> {
    let Page::Alias(target) = desk.page else { return Err(desk.at_odds()) };
    let (path, permalink) = (desk.shelf.path(target), desk.shelf.permalink(target));
    if desk.site.theme.first(desk.kind.templates).is_some() {
        let mut context = desk.context();
        context.insert_value("target", value(&Target { path, permalink }));
        return desk.write(&context, FileKind::Alias);
    }
    let (language, path, permalink) = (escaped(&desk.shelf.config.language), escaped(&path), escaped(&permalink));
    let html = format!(
        "<!doctype html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n<title>{permalink}</title>\n\
         <link rel=\"canonical\" href=\"{permalink}\">\n<meta name=\"robots\" content=\"noindex\">\n\
         <meta http-equiv=\"refresh\" content=\"0; url={path}\">\n</head>\n\
         <body><p><a href=\"{path}\">{permalink}</a></p></body>\n</html>\n"
    );
    Ok(desk.file(Body::Bytes(html.into_bytes()), FileKind::Alias))
}

fn robots(desk: &Desk<'_>) -> Result<File, Vec<Diagnostic>> {
    if desk.site.theme.first(desk.kind.templates).is_some() {
        return desk.write(&desk.context(), FileKind::Index);
    }
    Ok(desk.file(Body::Bytes(sitemap::robots(desk.shelf).into_bytes()), FileKind::Index))
}

fn feed(desk: &Desk<'_>) -> Result<File, Vec<Diagnostic>> {
    let bytes = match desk.page {
        Page::Feed(index) => feeds::of_site(desk.shelf, *index, desk.route)?,
        Page::TermFeed(row, taxonomy, term) => feeds::of_term(desk.shelf, *row, (*taxonomy, *term), desk.route)?,
        _ => return Err(desk.at_odds()),
    };
    Ok(desk.file(Body::Bytes(bytes), FileKind::Feed))
}

fn site_map(desk: &Desk<'_>) -> Result<File, Vec<Diagnostic>> {
    let Page::Sitemap(part) = desk.page else { return Err(desk.at_odds()) };
    Ok(desk.file(Body::Bytes(sitemap::write(desk.shelf, *part).into_bytes()), FileKind::Index))
}

fn highlight(desk: &Desk<'_>) -> Result<File, Vec<Diagnostic>> {
    let css = desk.shelf.typesetter.stylesheet().as_bytes().to_vec();
    Ok(desk.file(Body::Bytes(css), FileKind::Asset))
}

/// Writes a stylesheet that was compiled; one that was not stops the site before any page is made.
fn stylesheet(desk: &Desk<'_>) -> Result<File, Vec<Diagnostic>> {
    let Page::Stylesheet(name) = desk.page else { return Err(desk.at_odds()) };
    let sass = &desk.shelf.sources.sass;
    match sass.stylesheet(name).zip(sass.file(name)) {
        Some((css, file)) => Ok(copy(desk, Body::Bytes(css.as_bytes().to_vec()), &file.source)),
        None => Err(desk.at_odds()),
    }
}

fn redirects(desk: &Desk<'_>) -> Result<File, Vec<Diagnostic>> {
    let Page::Redirects(format) = desk.page else { return Err(desk.at_odds()) };
    let text = redirects::write(&desk.site.config, &desk.site.library, *format);
    Ok(desk.file(Body::Bytes(text.into_bytes()), FileKind::Asset))
}

/// Writes the file that tells the host which headers to send.
fn headers(desk: &Desk<'_>) -> Result<File, Vec<Diagnostic>> {
    let text = policy::declared(&desk.site.config);
    Ok(desk.file(Body::Bytes(text.into_bytes()), FileKind::Asset))
}

fn asset(desk: &Desk<'_>) -> Result<File, Vec<Diagnostic>> {
    let Page::Asset(source) = desk.page else { return Err(desk.at_odds()) };
    match desk.shelf.sources.assets.get(source) {
        Some(path) => {
            Ok(copy(desk, original(desk.site, desk.route).unwrap_or_else(|| Body::Copy(path.clone())), source))
        }
        None => Err(desk.at_odds()),
    }
}

fn static_file(desk: &Desk<'_>) -> Result<File, Vec<Diagnostic>> {
    let Page::Static(name) = desk.page else { return Err(desk.at_odds()) };
    match desk.shelf.sources.statics.get(name) {
        Some(file) => {
            let body = match &file.origin {
                _ if let Some(body) = original(desk.site, desk.route) => body,
                Origin::Disk(path) => Body::Copy(path.clone()),
                Origin::Program(bytes) => Body::Bytes(bytes.to_vec()),
            };
            Ok(copy(desk, body, &file.source))
        }
        None => Err(desk.at_odds()),
    }
}

/// Returns a file that is copied. An HTML document is a page, whoever wrote it.
fn copy(desk: &Desk<'_>, body: Body, source: &SourcePath) -> File {
    let kind = match desk.route.out_path().is_html() {
        true => FileKind::Page,
        false => FileKind::Asset,
    };
    File { source: Some(source.clone()), ..desk.file(body, kind) }
}

/// Returns a text as it may stand in HTML, quotes included.
pub(crate) fn escaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    tera::escape_html(text, &mut bytes).expect("writing into memory does not fail");
    String::from_utf8(bytes).expect("escaping keeps UTF-8")
}
