//! Owns what a picture with its caption consists of, as old engines wrote it: an image, perhaps in a link, and then words.

use super::raw::{self, Lines};
use super::tree::{Element, Id, Kind, Tree};
use super::{Options, adapt_all};

/// A picture with its caption.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::import) struct FigureParts {
    /// The picture as HTML, with the link that it is in.
    pub(in crate::import) picture: String,
    /// The words after it, as HTML.
    pub(in crate::import) caption: String,
    /// What there is to say of the image, if that is all.
    pub(in crate::import) image: Option<FigureImage>,
}

/// The image of a figure.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::import) struct FigureImage {
    pub(in crate::import) src: String,
    pub(in crate::import) alt: String,
    pub(in crate::import) title: String,
    pub(in crate::import) link: Option<String>,
}

/// Takes a piece of HTML that begins with an image apart; nothing if it does not.
pub(in crate::import) fn figure_parts(html: &str, options: Options<'_>) -> Option<FigureParts> {
    let mut tree = Tree::read(html)?;
    adapt_all(&mut tree, options);
    let children = tree.children(tree.root());
    let is_blank = |id: &Id| matches!(&tree.node(*id).kind, Kind::Text(text) if text.trim().is_empty());
    let at = children.iter().position(|id| !is_blank(id))?;
    let first = children[at];
    if !matches!(tree.name(first), "a" | "img") || !has_image(&tree, first) {
        return None;
    }
    let written = |ids: &[Id]| {
        let mut out = String::new();
        ids.iter().for_each(|id| raw::push(&tree, *id, Lines::One, &mut out));
        out
    };
    let image = match tree.name(first) {
        "img" => image(tree.element(first)?, None),
        _ => match tree.children(first) {
            [only] => tree
                .element(first)
                .filter(|link| link.has_only(&["href"]))
                .and_then(|link| image(tree.element(*only)?, link.attribute("href"))),
            _ => None,
        },
    };
    Some(FigureParts { picture: written(&[first]), caption: written(&children[at + 1..]), image })
}

fn has_image(tree: &Tree, id: Id) -> bool {
    tree.name(id) == "img" || tree.children(id).iter().any(|child| has_image(tree, *child))
}

fn image(image: &Element, link: Option<&str>) -> Option<FigureImage> {
    let is_usual = |class: &str| ["wp-image-", "size-", "align"].iter().any(|beginning| class.starts_with(beginning));
    let is_plain = image.has_only(&["src", "alt", "title", "width", "height", "class"])
        && image.attribute("class").is_none_or(|class| class.split_whitespace().all(is_usual));
    let text = |name: &str| image.attribute(name).unwrap_or_default().to_owned();
    (image.name == "img" && is_plain && image.attribute("src").is_some()).then(|| FigureImage {
        src: text("src"),
        alt: text("alt"),
        title: text("title"),
        link: link.map(str::to_owned),
    })
}
