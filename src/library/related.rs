//! Owns which posts are about the same: by shared terms, by words of titles and headings, and by date.
//!
//! Two lists of terms, or of words, are alike by the cosine of the angle between them, where each counts by how rare it
//! is: the usual tf-idf. An inverted index is made once; a post is then compared only with those that share something
//! with it. Only operations that every machine rounds in the same way are used, so that a site is the same everywhere.

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;

use super::{Library, PostId};
use crate::config::RelatedRule;
use crate::post::Post;

/// How many times a word of a title counts, against one of a heading.
const TITLE: f64 = 2.0;
/// A word is too common to tell anything where more than one in so many posts has it…
const COMMON: usize = 10;
/// …and it is in more than so many.
const FEW: usize = 20;

/// What posts have in common, ready to be asked.
#[derive(Debug)]
pub struct Related {
    /// What each term tells, by taxonomy.
    terms: Vec<Vec<f64>>,
    /// The length of each post's list of terms, by taxonomy; empty where a taxonomy weighs nothing.
    lengths: Vec<Vec<f64>>,
    /// The words that tell something.
    words: HashMap<String, usize>,
    /// What each word tells.
    information: Vec<f64>,
    /// The posts that have each word, and what it is for them.
    having: Vec<Vec<(PostId, f64)>>,
    /// The day of each post, counted from the first of 1970; empty where nearness in time weighs nothing.
    days: Vec<Option<i32>>,
}

impl Related {
    /// Makes the index.
    pub fn new(rule: &RelatedRule, library: &Library) -> Related {
        let count = library.newest.len();
        let (mut terms, mut lengths) = (Vec::new(), Vec::new());
        for taxonomy in library.taxonomies.iter() {
            let tells: Vec<f64> = taxonomy.terms.iter().map(|term| information(count, term.posts.len())).collect();
            let mut squares = Vec::new();
            if weight(rule, &taxonomy.name) > 0.0 {
                squares = vec![0.0; library.posts.len()];
                for (term, tells) in taxonomy.terms.iter().zip(&tells) {
                    term.posts.iter().for_each(|id| squares[id.0] += tells * tells);
                }
            }
            terms.push(tells);
            lengths.push(squares.into_iter().map(f64::sqrt).collect());
        }
        let days = match rule.date {
            0 => Vec::new(),
            _ => library.posts.iter().map(|post| post.day().map(day_number)).collect(),
        };
        let mut related =
            Related { terms, lengths, words: HashMap::new(), information: Vec::new(), having: Vec::new(), days };
        if rule.words > 0 {
            related.read_words(library);
        }
        related
    }

    fn read_words(&mut self, library: &Library) {
        let counted: Vec<(PostId, BTreeMap<String, f64>)> =
            library.newest.par_iter().map(|id| (*id, words_of(library.post(*id)))).collect();
        let mut posts_with: Vec<usize> = Vec::new();
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        for word in counted.iter().flat_map(|(_, words)| words.keys()) {
            let number = *numbers.entry(word).or_insert_with(|| {
                posts_with.push(0);
                posts_with.len() - 1
            });
            posts_with[number] += 1;
        }
        let most = FEW.max(counted.len() / COMMON);
        // A word that one post alone has says nothing of others, but it makes that post less like them.
        let tells = |posts: usize| if posts > most { 0.0 } else { information(counted.len(), posts) };
        self.information = posts_with.iter().map(|posts| tells(*posts)).collect();
        self.having = posts_with.iter().map(|_| Vec::new()).collect();
        for (id, words) in &counted {
            let words: Vec<(usize, f64)> = words.iter().map(|(word, count)| (numbers[word.as_str()], *count)).collect();
            for (number, share) in self.shares(words) {
                self.having[number].push((*id, share));
            }
        }
        self.words = counted
            .iter()
            .flat_map(|(_, words)| words.keys())
            .map(|word| (word.clone(), numbers[word.as_str()]))
            .collect();
    }

    /// Returns how much each word is of a list of words, so that the squares add up to one.
    fn shares(&self, words: Vec<(usize, f64)>) -> Vec<(usize, f64)> {
        let told: Vec<(usize, f64)> = words
            .into_iter()
            .map(|(word, count)| (word, count * self.information[word]))
            .filter(|(_, told)| *told > 0.0)
            .collect();
        let length = told.iter().map(|(_, told)| told * told).sum::<f64>().sqrt();
        told.into_iter().map(|(word, told)| (word, told / length)).collect()
    }

    /// Returns the posts that have most in common with a post or page, the nearest first.
    pub fn of(&self, rule: &RelatedRule, library: &Library, id: PostId, limit: usize) -> Vec<PostId> {
        let post = library.post(id);
        let mut scores = Scores { of: vec![0.0; library.posts.len()], touched: Vec::new(), most: 0.0 };
        let own_terms = library.terms_of(id);
        for (number, taxonomy) in library.taxonomies.iter().enumerate() {
            let weight = weight(rule, &taxonomy.name);
            let own: Vec<usize> = own_terms.iter().filter(|(of, _)| *of == number).map(|(_, term)| *term).collect();
            if weight == 0.0 || own.is_empty() {
                continue;
            }
            scores.most += weight;
            let lengths = &self.lengths[number];
            for term in own {
                let tells = self.terms[number][term];
                for other in &taxonomy.terms[term].posts {
                    scores.add(*other, weight * tells * tells / (lengths[id.0] * lengths[other.0]));
                }
            }
        }
        if rule.words > 0 {
            let words = words_of(post).into_iter();
            let known = words.filter_map(|(word, count)| Some((*self.words.get(&word)?, count))).collect();
            let shares = self.shares(known);
            if !shares.is_empty() {
                scores.most += f64::from(rule.words);
            }
            for (word, share) in shares {
                for (other, theirs) in &self.having[word] {
                    scores.add(*other, f64::from(rule.words) * share * theirs);
                }
            }
        }
        scores.near(rule, &self.days, id);
        scores.best(rule, library, id, limit)
    }
}

/// How near each post is.
struct Scores {
    of: Vec<f64>,
    touched: Vec<PostId>,
    /// How near a post could be.
    most: f64,
}

impl Scores {
    fn add(&mut self, id: PostId, score: f64) {
        if self.of[id.0] == 0.0 {
            self.touched.push(id);
        }
        self.of[id.0] += score;
    }

    /// Adds nearness in time: half of its weight for a year.
    fn near(&mut self, rule: &RelatedRule, days: &[Option<i32>], id: PostId) {
        let Some(day) = days.get(id.0).copied().flatten() else { return };
        self.most += f64::from(rule.date);
        for id in &self.touched {
            if let Some(other) = days[id.0] {
                self.of[id.0] += f64::from(rule.date) / (1.0 + f64::from((other - day).abs()) / 365.0);
            }
        }
    }

    fn best(&self, rule: &RelatedRule, library: &Library, id: PostId, limit: usize) -> Vec<PostId> {
        let least = self.most * f64::from(rule.threshold) / 100.0;
        let own = library.position(id);
        let is_wanted = |other: &&PostId| {
            let is_older = rule.newer || own.is_none() || library.position(**other) > own;
            **other != id && is_older && self.of[other.0] >= least
        };
        let mut found: Vec<PostId> = self.touched.iter().filter(is_wanted).copied().collect();
        let nearest_first = |one: &PostId, other: &PostId| {
            let by_score = self.of[other.0].total_cmp(&self.of[one.0]);
            by_score.then_with(|| (library.position(*one), one.0).cmp(&(library.position(*other), other.0)))
        };
        // Where one term is on most posts, nearly all of them are here, for each of them: only the best are sorted.
        if found.len() > limit {
            found.select_nth_unstable_by(limit, nearest_first);
            found.truncate(limit);
        }
        found.sort_unstable_by(nearest_first);
        found
    }
}

/// Counts the days from the first of 1970 to another.
fn day_number(date: jiff::civil::Date) -> i32 {
    let hours = date.duration_since(jiff::civil::date(1970, 1, 1)).as_hours();
    i32::try_from(hours / 24).expect("jiff's dates span ten thousand years to either side")
}

fn weight(rule: &RelatedRule, taxonomy: &str) -> f64 {
    f64::from(rule.taxonomies.get(taxonomy).copied().unwrap_or_default())
}

/// Returns the words of a post's title and headings, and how often each counts.
fn words_of(post: &Post) -> BTreeMap<String, f64> {
    let mut words = BTreeMap::new();
    let headings = post.outline.headings.iter().map(|heading| (heading.title.as_str(), 1.0));
    for (text, count) in headings.chain([(post.title(), TITLE)]) {
        let parts = text.split(|letter: char| !letter.is_alphanumeric());
        for word in
            parts.filter(|word| word.chars().nth(2).is_some() || !word.is_ascii()).filter(|word| !word.is_empty())
        {
            *words.entry(word.to_lowercase()).or_default() += count;
        }
    }
    words
}

/// Returns what it tells that a post has something that so many of all posts have: the binary logarithm, by its straight
/// approximation between powers of two, because libraries of mathematics differ in the last digits of the real one.
fn information(all: usize, having: usize) -> f64 {
    if having == 0 {
        return 0.0;
    }
    let ratio = (all as f64 + 1.0) / having as f64;
    let mut power = 0.0;
    let mut rest = ratio.max(1.0);
    while rest >= 2.0 {
        rest /= 2.0;
        power += 1.0;
    }
    power + (rest - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::sample;
    use crate::library::arrange;
    use crate::paths::SourcePath;
    use crate::post;
    use crate::source::Sources;

    /// Returns the names of what is related to the post `a`.
    fn related(settings: &str, posts: &[(&str, &str, &str)]) -> Vec<String> {
        let config = sample(settings);
        let markdown = posts.iter().map(|(name, front, body)| {
            (SourcePath::new(format!("content/posts/{name}.md")), format!("+++\n{front}\n+++\n{body}").as_str().into())
        });
        let sources = Sources { markdown: markdown.collect(), ..Sources::default() };
        let library = arrange(&config, &sources, post::parse(&config, &sources).unwrap()).unwrap();
        let related = Related::new(&config.related, &library);
        let id = library.find(&SourcePath::new("content/posts/a.md")).unwrap();
        let found = related.of(&config.related, &library, id, config.related.limit);
        found.into_iter().map(|id| library.post(id).stem.clone()).collect()
    }

    const TAGGED: [(&str, &str, &str); 6] = [
        ("a", "title = \"A\"\ndate = 2026-01-10\ntags = [\"rust\", \"rare\"]", ""),
        ("b", "title = \"B\"\ndate = 2026-01-09\ntags = [\"rust\"]", ""),
        ("c", "title = \"C\"\ndate = 2020-01-01\ntags = [\"rare\"]", ""),
        ("d", "title = \"D\"\ndate = 2026-01-08\ntags = [\"rust\"]", ""),
        ("e", "title = \"E\"\ndate = 2026-01-11\ntags = [\"rust\", \"rare\"]", ""),
        ("f", "title = \"F\"\ndate = 2026-01-10\ntags = [\"web\"]", ""),
    ];

    #[test]
    fn rare_terms_tell_more_than_common_ones() {
        assert_eq!(related("", &TAGGED), ["e", "c", "b", "d"]);
    }

    #[test]
    fn limit_threshold_newer_and_weights_are_obeyed() {
        assert_eq!(related("[related]\nlimit = 1\n", &TAGGED), ["e"]);
        assert_eq!(related("[related]\nthreshold = 90\n", &TAGGED), ["e"]);
        assert_eq!(related("[related]\nnewer = false\n", &TAGGED), ["c", "b", "d"]);
        assert!(related("[related.weights]\ntags = 0\n", &TAGGED).is_empty());
        assert_eq!(related("[related.weights]\ndate = 1000\ntags = 1\n", &TAGGED), ["e", "b", "d", "c"]);
    }

    #[test]
    fn words_of_titles_and_headings_tell_too() {
        let posts = [
            ("a", "title = \"Counting visitors\"\ndate = 2026-01-01", "## Privacy\n"),
            ("b", "title = \"Visitors, again\"\ndate = 2026-01-02", ""),
            ("c", "title = \"Bread\"\ndate = 2026-01-03", "counting visitors in the text alone is not enough"),
            ("d", "title = \"Letters\"\ndate = 2026-01-04", "## On privacy, and PRIVACY\n"),
        ];
        assert_eq!(related("", &posts), ["b", "d"]);
        assert!(related("[related.weights]\nwords = 0\n", &posts).is_empty());
    }

    #[test]
    fn what_one_term_tells_grows_by_one_where_it_is_half_as_common() {
        assert_eq!(information(15, 1), 4.0);
        assert_eq!(information(15, 8), 1.0);
        assert_eq!(information(2, 2), 0.5);
        assert!(information(10, 0) == 0.0 && information(0, 5) == 0.0);
    }
}
