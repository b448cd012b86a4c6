//! Owns which pictures a site is asked for, and what stands at their addresses.
//!
//! A page names variants of a picture; none of them is a route of the library, because templates may ask for any size.
//! Their addresses tell what they are ([`Variant::read`]), so that whoever asks for one gets it whether or not the page
//! that names it was rendered before. A build writes exactly those that its pages name.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::Arc;

use crate::images::{Order, Picture, Seen, Variant, Work};
use crate::manifest::FileKind;
use crate::paths::Route;
use crate::render::{Body, File, Site, cards};

/// Returns the addresses of all pictures that the pages rendered so far ask for, each made and kept where that is
/// possible; they are ready to be rendered as pages are.
///
/// `bring` is told first under which names of the cache they are kept: it may have some of them from elsewhere.
pub fn develop(site: &Site, bring: impl FnOnce(&[String])) -> Vec<Route> {
    let Some(studio) = &site.studio else { return Vec::new() };
    let routes: BTreeSet<Route> = site.shelves.iter().flat_map(|shelf| shelf.articles.pictures()).collect();
    let routes: Vec<Route> = routes.into_iter().collect();
    let orders: Vec<Order> = routes.iter().filter_map(|route| order(site, route)).collect();
    let names: BTreeSet<String> = orders.iter().filter_map(Order::kept_as).collect();
    bring(&names.into_iter().collect::<Vec<_>>());
    studio.prepare(&orders);
    routes
}

/// Returns the names in the cache of what was made of pictures, or taken from there.
pub fn kept_pictures(site: &Site) -> Vec<String> {
    site.studio.as_ref().map(|studio| studio.kept_names()).unwrap_or_default()
}

/// Removes what is kept of pictures and has long not been used.
pub fn tidy(site: &Site) {
    if let Some(studio) = &site.studio {
        studio.tidy();
    }
}

/// Returns whether a picture that can be made stands at an address.
pub fn is_picture(site: &Site, route: &Route) -> bool {
    order(site, route).is_some()
}

/// Returns the picture at an address that is no route of the library.
pub(crate) fn at(site: &Site, route: &Route) -> Option<File> {
    order(site, route).map(|order| file(route, order))
}

/// Returns the body of a picture that is copied: without what its file says of where it was taken.
pub(crate) fn original(site: &Site, route: &Route) -> Option<Body> {
    let studio = site.studio.as_ref()?;
    let picture = site.library.pictures.get(route).filter(|picture| has_metadata(picture))?;
    Some(Body::Picture(Order { work: Work::Stripped(Arc::clone(picture)), place: None, studio: Arc::clone(studio) }))
}

fn has_metadata(picture: &Picture) -> bool {
    picture.seen.as_ref().is_ok_and(|seen| seen.has_metadata)
}

fn order(site: &Site, route: &Route) -> Option<Order> {
    let studio = site.studio.as_ref()?;
    let work = match variant(site, route) {
        Some(variant) => Work::Variant(variant),
        None => {
            let (source, card) = cards::at(site, route)?;
            Work::Card(card, source)
        }
    };
    let place = site.shelves.iter().find_map(|shelf| shelf.articles.place_of(route));
    Some(Order { work, place, studio: Arc::clone(studio) })
}

/// Returns the variant that an address names, if it is the very one that its picture would have.
fn variant(site: &Site, route: &Route) -> Option<Variant> {
    let rule = site.config.images.as_ref()?;
    let (stem, frame, format, quality) = Variant::read(route, |format| rule.quality_of(format))?;
    let from = Route::new(format!("{stem}.")).ok()?;
    let named = site.library.pictures.range((Bound::Included(from.clone()), Bound::Unbounded));
    let named = named.take_while(|(original, _)| original.as_str().starts_with(from.as_str()));
    for (original, picture) in named {
        let variant = Variant { picture: Arc::clone(picture), frame, format, quality };
        let can_be_made = |seen: &Seen| seen.is_still && frame.width <= seen.width && frame.height <= seen.height;
        if picture.seen.as_ref().is_ok_and(can_be_made)
            && format.holds(frame)
            && variant.route(original, rule.quality_of(format)) == *route
        {
            return Some(variant);
        }
    }
    None
}

fn file(route: &Route, order: Order) -> File {
    let source = match &order.work {
        Work::Variant(Variant { picture, .. }) | Work::Stripped(picture) => picture.source.clone(),
        Work::Card(_, source) => source.clone(),
    };
    File {
        route: route.clone(),
        out: route.out_path(),
        body: Body::Picture(order),
        kind: FileKind::Asset,
        source: Some(source),
        layout: None,
        section: None,
        no_analytics: false,
        canonical: None,
    }
}
