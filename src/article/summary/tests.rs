//! What a list shows of a post.

use super::super::tests::Shelf;
use crate::config::SummaryRule;

fn summary(markdown: &str) -> (String, bool) {
    let article = Shelf::new(markdown).typeset().unwrap();
    (article.summary, article.continues)
}

fn is(html: &str, continues: bool) -> (String, bool) {
    (html.to_owned(), continues)
}

#[test]
fn the_author_says_where_it_ends() {
    assert_eq!(
        summary("# T\n\nOne.\n\nTwo.\n\n<!-- more -->\n\nThree."),
        is("<h1>T</h1>\n<p>One.</p>\n<p>Two.</p>\n", true)
    );
    assert_eq!(summary("One <!--more--> two.\n\nThree.").0, "<p>One  two.</p>\n");
    assert!(!summary("One.\n\n<!-- more -->\n\n<!-- x -->\n").1);
}

#[test]
fn a_marker_in_code_or_in_a_list_is_none() {
    assert_eq!(summary("One.\n\n```\n<!-- more -->\n```\n\n- a\n\n  <!-- more -->\n"), is("<p>One.</p>\n", true));
}

#[test]
fn otherwise_it_is_the_first_block_with_words() {
    assert_eq!(summary("# T\n\n---\n\nOne.\n\nTwo."), is("<p>One.</p>\n", true));
    assert_eq!(summary("One."), is("<p>One.</p>\n", false));
    assert_eq!(summary("- a\n- b\n\nTwo."), is("<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n", true));
    assert_eq!(summary(""), is("", false));
}

#[test]
fn an_opening_picture_comes_with_the_words_after_it() {
    assert_eq!(
        summary("![a](https://x/a.png)\n\nOne.\n\nTwo."),
        is("<p><img src=\"https://x/a.png\" alt=\"a\" loading=\"lazy\"></p>\n<p>One.</p>\n", true)
    );
}

#[test]
fn a_colon_takes_what_it_leads_into() {
    assert_eq!(summary("Three:\n\n- a\n\nTwo."), is("<p>Three:</p>\n<ul>\n<li>a</li>\n</ul>\n", true));
}

#[test]
fn it_has_no_ids_no_anchors_and_no_footnotes() {
    assert_eq!(
        summary("One[^1] <a id=x href=\"#t\">y</a> [z](#t).\n\n# T\n\n<!-- more -->\n\n[^1]: Note."),
        is("<p>One <a  href=\"/posts/a/#t\">y</a> <a href=\"/posts/a/#t\">z</a>.</p>\n<h1>T</h1>\n", false)
    );
}

#[test]
fn front_matter_may_say_it_and_its_links_are_checked_too() {
    let mut shelf = Shelf::new("One.");
    shelf.first().front.summary = Some("Said *so*.".to_owned());
    let article = shelf.typeset().unwrap();
    assert_eq!((&*article.summary, article.continues), ("<p>Said <em>so</em>.</p>\n", true));
    shelf.first().front.summary = Some("[x](@/none.md)".to_owned());
    shelf.first().front.spans.insert("summary".to_owned(), 0..3);
    assert_eq!(shelf.problems()[0].0, "+++");
}

#[test]
fn the_marker_wins_over_front_matter() {
    let mut shelf = Shelf::new("One.\n\n<!-- more -->\n\nTwo.");
    shelf.first().front.summary = Some("Said.".to_owned());
    assert!(shelf.typeset().unwrap().summary.starts_with("<p>One.</p>"));
}

#[test]
fn it_can_be_switched_off() {
    let article = Shelf::new("One.").set(|config| config.summary = SummaryRule::Off).typeset().unwrap();
    assert_eq!((&*article.summary, article.continues), ("", true));
}

#[test]
fn a_broken_link_in_it_is_reported_once() {
    assert_eq!(Shelf::new("[x](@/none.md)").problems().len(), 1);
}
