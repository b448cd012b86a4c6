//! Owns the table of contents: the flat headings of an outline as a tree.

use super::{Heading, OutlineHeading};

/// Arranges headings as a tree: each stands below the last one before it that has a lower level. Those below the
/// deepest level are left out.
pub(super) fn tree(headings: &[OutlineHeading], deepest: u8) -> Vec<Heading> {
    let mut roots = Vec::new();
    // The headings that may still get children, each of a lower level than the next.
    let mut open: Vec<Heading> = Vec::new();
    for heading in headings.iter().filter(|heading| heading.level <= deepest) {
        close(&mut open, &mut roots, heading.level);
        open.push(Heading {
            level: heading.level,
            id: heading.id.clone(),
            title: heading.title.clone(),
            children: Vec::new(),
        });
    }
    close(&mut open, &mut roots, 0);
    roots
}

/// Hands every open heading of at least this level to its parent.
fn close(open: &mut Vec<Heading>, roots: &mut Vec<Heading>, level: u8) {
    while open.last().is_some_and(|last| last.level >= level) {
        let Some(done) = open.pop() else { return };
        match open.last_mut() {
            Some(parent) => parent.children.push(done),
            None => roots.push(done),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(levels: &[u8], deepest: u8) -> String {
        fn draw(headings: &[Heading]) -> String {
            let children =
                |heading: &Heading| format!("{}{}", heading.level, draw(&heading.children)).trim_end().to_owned();
            match headings {
                [] => String::new(),
                _ => format!("({})", headings.iter().map(children).collect::<Vec<_>>().join(" ")),
            }
        }
        let flat: Vec<OutlineHeading> =
            levels.iter().map(|&level| OutlineHeading { level, id: String::new(), title: String::new() }).collect();
        draw(&tree(&flat, deepest))
    }

    #[test]
    fn headings_stand_below_the_one_they_belong_to() {
        assert_eq!(drawn(&[], 6), "");
        assert_eq!(drawn(&[2, 3, 3, 2, 4, 3, 2], 6), "(2(3 3) 2(4 3) 2)");
        assert_eq!(drawn(&[3, 2, 1, 6], 6), "(3 2 1(6))");
    }

    #[test]
    fn deep_headings_can_be_left_out() {
        assert_eq!(drawn(&[2, 3, 4, 3, 2], 3), "(2(3 3) 2)");
        assert_eq!(drawn(&[2, 3, 2], 2), "(2 2)");
        assert_eq!(drawn(&[3, 4], 2), "");
    }
}
