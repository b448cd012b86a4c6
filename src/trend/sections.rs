//! Owns the shares of the site's sections in its page views. They are shown and raise no alarm by themselves:
//! one post that is read more makes every other section's share less.

use std::collections::BTreeMap;

use crate::analytics::daily::Paths;

/// How many sections are named.
const NAMED: usize = 6;

/// The share of one section.
#[derive(Debug, Clone, PartialEq)]
pub struct Share {
    /// The section: the first part of a path, `/` for the home page, or `others`.
    pub section: String,
    /// Its part of the page views of the weeks before: 0.5 is half.
    pub before: f64,
    /// Its part of the page views of the last days.
    pub now: f64,
}

/// Returns the share of each section, the largest first.
pub(super) fn shares((before, now): &(Paths, Paths)) -> Vec<Share> {
    let mut sections: BTreeMap<String, [u64; 2]> = BTreeMap::new();
    for (index, paths) in [before, now].into_iter().enumerate() {
        for (path, views) in paths.iter().filter(|(path, _)| !path.starts_with("/__watchpost")) {
            sections.entry(section(path)).or_default()[index] += views;
        }
    }
    let totals = [0, 1].map(|index| sections.values().map(|views| views[index]).sum::<u64>());
    if totals.contains(&0) {
        return Vec::new();
    }
    let share = |section: String, views: [u64; 2]| Share {
        section,
        before: views[0] as f64 / totals[0] as f64,
        now: views[1] as f64 / totals[1] as f64,
    };
    let mut sorted: Vec<(String, [u64; 2])> = sections.into_iter().collect();
    sorted.sort_by(|one, other| other.1.iter().sum::<u64>().cmp(&one.1.iter().sum()).then(one.0.cmp(&other.0)));
    let rest = sorted.split_off(sorted.len().min(NAMED));
    let mut shares: Vec<Share> = sorted.into_iter().map(|(section, views)| share(section, views)).collect();
    if !rest.is_empty() {
        let views = rest.iter().fold([0, 0], |sum, (_, views)| [sum[0] + views[0], sum[1] + views[1]]);
        shares.push(share("others".to_owned(), views));
    }
    shares
}

fn section(path: &str) -> String {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    match path.trim_start_matches('/').split('/').next().unwrap_or_default() {
        "" | "index.html" => "/".to_owned(),
        first => format!("/{first}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_that_is_counted_no_more_is_seen_though_the_total_looks_fine() {
        // Zoo row 21: the blog of nodejs.org, 60 sessions of 50,000, while the rest of the site was counted.
        let paths = |rows: &[(&str, u64)]| rows.iter().map(|(path, views)| ((*path).to_owned(), *views)).collect();
        let before: Paths = paths(&[("/", 400), ("/blog/a/", 300), ("/blog/b/?x=1", 200), ("/docs/", 100)]);
        let now: Paths = paths(&[("/", 80), ("/docs/", 19), ("/blog/a/", 1), ("/__watchpost/1/", 50)]);
        let shares = shares(&(before, now));
        let share = |section: &str| shares.iter().find(|share| share.section == section).unwrap();
        assert_eq!((share("/blog").before, share("/blog").now), (0.5, 0.01));
        assert_eq!(shares.len(), 3);
    }

    #[test]
    fn many_sections_are_put_together_and_none_makes_no_shares() {
        let paths: Paths = (0..20).map(|number| (format!("/s{number}/"), 100 - number)).collect();
        let shares = shares(&(paths.clone(), paths));
        assert_eq!((shares.len(), shares[6].section.as_str()), (7, "others"));
        assert!((shares.iter().map(|share| share.now).sum::<f64>() - 1.0).abs() < 1e-9);
        assert!(super::shares(&(Paths::new(), Paths::from([("/".to_owned(), 1)]))).is_empty());
    }
}
