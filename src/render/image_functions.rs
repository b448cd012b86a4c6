//! Owns the functions of templates that show pictures: `resize_image`, `get_image_metadata`, `picture`.
//!
//! They are called as Zola's are. None of them decodes anything: they say what will stand at an address, and note that it
//! is asked for. Refuses pictures that cannot be read, and formats and ways to resize that do not exist.

use std::sync::Arc;

use tera::{Error, Kwargs, State, TeraResult, Value};

use crate::article::picture::{Shown, write, write_plain};
use crate::config::ImagesRule;
use crate::diagnostic::did_you_mean;
use crate::images::{Format, Frame, Picture, Seen, Variant};
use crate::paths::{Route, SourcePath};
use crate::render::functions::{Here, here};
use crate::render::noted::{self, Ask};
use crate::render::shelf::{Shelf, value};

/// The ways to resize.
const OPERATIONS: [&str; 5] = ["scale", "fit_width", "fit_height", "fit", "fill"];

/// A picture that a template names.
struct Named<'s> {
    rule: &'s ImagesRule,
    route: &'s Route,
    picture: &'s Arc<Picture>,
    seen: &'s Seen,
}

/// What `resize_image` gives.
#[derive(serde::Serialize)]
struct Resized {
    url: String,
    permalink: String,
    width: u32,
    height: u32,
    orig_width: u32,
    orig_height: u32,
}

/// What `get_image_metadata` gives.
#[derive(serde::Serialize)]
struct Metadata {
    width: u32,
    height: u32,
    format: &'static str,
    mime: &'static str,
}

/// Makes a picture of another size.
pub(crate) fn resize_image(shelf: &Shelf, arguments: &Kwargs, state: &State<'_>) -> TeraResult<Value> {
    let named = find(shelf, arguments, state)?;
    let (rule, seen) = (named.rule, named.seen);
    if !seen.is_still {
        return Err(Error::message(format!(
            "`{}` is no still raster picture, which cannot be resized",
            named.picture.source
        )));
    }
    let format = match arguments.get::<&str>("format")?.unwrap_or("auto") {
        "auto" => rule.formats.iter().copied().find(|format| *format == Format::Webp).unwrap_or(seen.format),
        "avif" if !cfg!(feature = "avif") => {
            return Err(Error::message("this program was built without AVIF"));
        }
        name => Format::named(name).filter(|format| !matches!(format, Format::Gif | Format::Svg)).ok_or_else(|| {
            Error::message(format!("there is no format `{name}`; it is one of `auto`, `jpg`, `png`, `webp`, `avif`"))
        })?,
    };
    let quality = match arguments.get::<u64>("quality")? {
        None => rule.quality_of(format),
        Some(_) if format == Format::Png => 0,
        Some(quality @ 1..=100) => u8::try_from(quality).unwrap_or(100),
        Some(quality) => return Err(Error::message(format!("`quality` is {quality}; it is a number from 1 to 100"))),
    };
    let frame = frame(arguments, seen)?;
    if !format.holds(frame) {
        let (width, height, name) = (frame.width, frame.height, format.ending());
        return Err(Error::message(format!("{width} × {height} pixels are too many for the format `{name}`")));
    }
    let (width, height) = (frame.width, frame.height);
    let is_itself = format == seen.format && (width, height) == (seen.width, seen.height);
    let route = if is_itself && arguments.get::<u64>("quality")?.is_none() {
        named.route.clone()
    } else {
        let variant = Variant { picture: Arc::clone(named.picture), frame, format, quality };
        let route = variant.route(named.route, rule.quality_of(format));
        shelf.articles.ask([(route.clone(), None)]);
        route
    };
    let (url, permalink) = (shelf.path(&route), shelf.permalink(&route));
    Ok(value(&Resized { url, permalink, width, height, orig_width: seen.width, orig_height: seen.height }))
}

/// Reads `width`, `height` and `op`.
fn frame(arguments: &Kwargs, seen: &Seen) -> TeraResult<Frame> {
    let side = |name: &str| -> TeraResult<Option<u32>> {
        match arguments.get::<u64>(name)? {
            None => Ok(None),
            Some(pixels @ 1..=65_535) => Ok(u32::try_from(pixels).ok()),
            Some(pixels) => {
                Err(Error::message(format!("`{name}` is {pixels}; it is a number of pixels from 1 to 65535")))
            }
        }
    };
    let (width, height) = (side("width")?, side("height")?);
    let both = |op: &str| {
        width.zip(height).ok_or_else(|| Error::message(format!("`op = \"{op}\"` needs `width` and `height`")))
    };
    let operation = match (arguments.get::<&str>("op")?, width, height) {
        (Some(named), ..) => named,
        (None, Some(_), None) => "fit_width",
        (None, None, Some(_)) => "fit_height",
        (None, ..) => "fill",
    };
    match operation {
        "scale" => both(operation).map(|(width, height)| Frame::exactly(seen, width, height, false)),
        "fill" => both(operation).map(|(width, height)| Frame::exactly(seen, width, height, true)),
        "fit" => both(operation).map(|(width, height)| Frame::within(seen, width, height)),
        "fit_width" => {
            let width = width.ok_or_else(|| Error::message("`op = \"fit_width\"` needs `width`"))?;
            Ok(Frame::of_width(seen, width))
        }
        "fit_height" => {
            let height = height.ok_or_else(|| Error::message("`op = \"fit_height\"` needs `height`"))?;
            Ok(Frame::of_height(seen, height))
        }
        other => Err(Error::message(match did_you_mean(other, OPERATIONS) {
            Some(meant) => format!("there is no `op` named `{other}`; did you mean `{meant}`?"),
            None => format!("there is no `op` named `{other}`; it is one of {}", OPERATIONS.join(", ")),
        })),
    }
}

/// Tells what a picture is.
pub(crate) fn get_image_metadata(shelf: &Shelf, arguments: &Kwargs, state: &State<'_>) -> TeraResult<Value> {
    let Seen { format, width, height, .. } = *find(shelf, arguments, state)?.seen;
    Ok(value(&Metadata { width, height, format: format.ending(), mime: format.mime() }))
}

/// Prints a picture as Markdown's `![]()` does.
pub(crate) fn picture(shelf: &Shelf, arguments: &Kwargs, state: &State<'_>) -> TeraResult<Value> {
    // A picture that a reader cannot see has to say what it shows, or that it shows nothing.
    let alt = arguments.must_get::<&str>("alt")?;
    let title = arguments.get::<&str>("title")?.unwrap_or_default();
    let class = arguments.get::<&str>("class")?.unwrap_or_default();
    let lazy = arguments.get::<bool>("lazy")?.unwrap_or(true);
    let path: &str = arguments.must_get("path")?;
    noted::ask(Ask::Picture(path.to_owned()));
    if let Some(address) = plain(shelf, path) {
        let mut html = String::new();
        write_plain(&address, alt, title, class, lazy, &mut html);
        return Ok(Value::safe_string(&html));
    }
    let named = find(shelf, arguments, state)?;
    let widths = arguments.get::<Vec<u64>>("widths")?;
    let widths: Option<Vec<u32>> = widths.map(|widths| {
        let mut widths: Vec<u32> = widths.into_iter().map(|width| width.clamp(1, 16_383) as u32).collect();
        widths.sort_unstable();
        widths.dedup();
        widths
    });
    if widths.as_ref().is_some_and(Vec::is_empty) {
        return Err(Error::message("`widths` has no width in it"));
    }
    let shown = Shown {
        route: named.route,
        picture: named.picture,
        base_url: &shelf.config.base_url,
        rule: named.rule,
        widths: widths.as_deref().unwrap_or(&named.rule.widths),
        sizes: arguments.get::<&str>("sizes")?.unwrap_or(&named.rule.sizes),
        alt,
        title,
        class,
        lazy,
        is_urgent: !lazy,
    };
    let mut html = String::new();
    let needed = write(&shown, named.seen, &mut html);
    shelf.articles.ask(needed.into_iter().map(|route| (route, None)));
    Ok(Value::safe_string(&html))
}

/// Returns the address of a picture that is shown as it is: another host's, and an address of the site where no picture
/// stands that it could resize. Whether something stands there at all is judged on the written page.
fn plain(shelf: &Shelf, path: &str) -> Option<String> {
    if path.starts_with("//") || url::Url::parse(path).is_ok() {
        return Some(path.to_owned());
    }
    let address = path.starts_with('/').then(|| Route::new(path).ok())?;
    let pictures = &shelf.library.pictures;
    let known = |route: &Route| pictures.contains_key(route);
    let base_url = &shelf.config.base_url;
    if base_url.route_of(path).as_ref().is_some_and(known) || address.as_ref().is_some_and(known) {
        return None;
    }
    // A template may name it with the path of the base URL or without.
    let is_linked = base_url.prefix().is_empty() || path.starts_with(&format!("{}/", base_url.prefix()));
    Some(if is_linked { path.to_owned() } else { base_url.link(&address?) })
}

/// Looks for a picture: a source, an address, or a file below a folder or beside a page.
pub(super) fn look<'s>(shelf: &'s Shelf, path: &str, here: Option<&Here<'_>>) -> Option<(&'s Route, &'s Arc<Picture>)> {
    let library = &shelf.library;
    let of_source = |path: &str| library.assets.get(&SourcePath::new(format!("content/{path}"))).cloned();
    let of_address = |path: &str| Route::new(path).ok();
    let mut candidates = Vec::new();
    if let Some(source) = path.strip_prefix("@/") {
        candidates.extend(of_source(source));
    } else if path.starts_with('/') {
        candidates.extend(shelf.config.base_url.route_of(path).into_iter().chain(of_address(path)));
    } else {
        let below = path.strip_prefix("content/").unwrap_or(path);
        candidates.extend(of_source(below));
        if let Some(here) = here {
            let source = library.index_of(here.page).map(|id| &library.post(id).source);
            let beside = source.and_then(|source| SourcePath::within(source.folder(), path));
            candidates.extend(beside.and_then(|beside| library.assets.get(&beside)).cloned());
            let folder = here.route.as_str().rsplit_once('/').map_or("", |(folder, _)| folder);
            candidates.extend(of_address(&format!("{folder}/{path}")));
        }
        let below = path.strip_prefix("static/").unwrap_or(path);
        candidates.extend(of_address(&format!("/{below}")));
    }
    candidates.iter().find_map(|route| library.pictures.get_key_value(route))
}

/// Finds the picture that `path` names: a source (`@/posts/a/x.jpg`), an address (`/img/x.jpg`), a file below `content/` or
/// `static/`, or one beside the page.
fn find<'s>(shelf: &'s Shelf, arguments: &Kwargs, state: &State<'_>) -> TeraResult<Named<'s>> {
    let path: &str = arguments.must_get("path")?;
    let Some(rule) = &shelf.config.images else {
        return Err(Error::message("pictures are not read; add a table `[images]` to `site.toml`"));
    };
    noted::ask(Ask::Picture(path.to_owned()));
    let Some((route, picture)) = look(shelf, path, here(shelf, state).ok().as_ref()) else {
        let names = || shelf.library.pictures.values().map(|picture| picture.source.as_str());
        let near =
            did_you_mean(path, names().flat_map(|name| [name, name.split_once('/').map_or(name, |part| part.1)]));
        return Err(Error::message(match near {
            Some(meant) => format!("there is no picture `{path}`; did you mean `{meant}`?"),
            None => format!("there is no picture `{path}` that can be read"),
        }));
    };
    match &picture.seen {
        Ok(seen) => Ok(Named { rule, route, picture, seen }),
        Err(flaw) => Err(Error::message(format!("the picture `{}` {}", picture.source, flaw.what))),
    }
}
