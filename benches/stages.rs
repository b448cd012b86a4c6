//! Measures the stages of a build one by one: `cargo bench`, or `cargo bench -- typeset` for some.
//!
//! Everything lies in memory. "cold" begins with nothing learnt, as each build does; what a stage needs from those before it
//! is made before the clock starts. On a noisy machine `.ci/instructions.py` says more.

mod blog;

use std::sync::Arc;

use criterion::{BatchSize, Criterion, Throughput};
use watchpost::article::{NoInserts, Typesetter};
use watchpost::check::page;
use watchpost::manifest::FileKind;
use watchpost::render::{self, Body, File, Site};
use watchpost::{library, post, source};

use self::blog::{Blog, whole};

/// Posts of the blog that is measured.
const POSTS: u64 = 200;

fn main() {
    let mut criterion = Criterion::default().sample_size(20).configure_from_args();
    let plain = Blog::new(POSTS, false);
    let coloured = Blog::new(POSTS, true);
    gathering(&mut criterion, &plain);
    typesetting(&mut criterion, &plain, "typeset, no colours");
    typesetting(&mut criterion, &coloured, "typeset, colours, cold");
    pages(&mut criterion, &coloured);
    criterion.final_summary();
}

/// Reading, parsing, arranging.
fn gathering(criterion: &mut Criterion, blog: &Blog) {
    let mut group = criterion.benchmark_group("gather");
    group.throughput(Throughput::Elements(POSTS));
    group.bench_function("read", |bencher| bencher.iter(|| whole(source::scan(&blog.config))));
    group.bench_function("parse", |bencher| bencher.iter(|| whole(post::parse(&blog.config, &blog.sources))));
    group.bench_function("arrange", |bencher| {
        let posts = || blog.posts.clone();
        bencher.iter_batched(
            posts,
            |posts| whole(library::arrange(&blog.config, &blog.sources, posts)),
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

/// From Markdown to the HTML of an article, all posts.
fn typesetting(criterion: &mut Criterion, blog: &Blog, name: &str) {
    let library = blog.library();
    let bytes: u64 = library.newest.iter().map(|id| library.post(*id).markdown().len() as u64).sum();
    let mut group = criterion.benchmark_group("typeset");
    group.throughput(Throughput::Bytes(bytes));
    group.bench_function(name, |bencher| {
        let typesetter = || whole(Typesetter::new(&blog.config));
        let all = |typesetter: Typesetter| -> usize {
            let length = |id| whole(typesetter.typeset(&blog.config, &library, &NoInserts, id)).html.len();
            library.newest.iter().map(|id| length(*id)).sum()
        };
        bencher.iter_batched(typesetter, all, BatchSize::PerIteration);
    });
    group.finish();
}

/// From articles to pages and feeds, and the reading of what was rendered.
fn pages(criterion: &mut Criterion, blog: &Blog) {
    let site = whole(Site::new(Arc::clone(&blog.config), Arc::clone(&blog.sources), blog.library()));
    let routes = site.routes();
    let rendered = |route| match whole(render::page(&site, route)) {
        File { body: Body::Bytes(bytes), kind, .. } => (kind, bytes),
        File { kind, .. } => (kind, Vec::new()),
    };
    let all = routes.iter().map(|route| rendered(route));
    let html: Vec<Vec<u8>> = all.filter(|(kind, _)| *kind == FileKind::Page).map(|(_, bytes)| bytes).collect();
    assert!(html.len() > POSTS as usize, "each post has a page, and there are lists: {}", html.len());
    let find = |address: &str| {
        let found = routes.iter().find(|route| route.as_str() == address);
        *found.unwrap_or_else(|| panic!("{address} is a route of the blog"))
    };
    let mut group = criterion.benchmark_group("render");
    for (name, address) in [("post", "/posts/post-7/"), ("home", "/"), ("feed", "/rss.xml")] {
        let route = find(address);
        group.throughput(Throughput::Bytes(rendered(route).1.len() as u64));
        group.bench_function(name, |bencher| bencher.iter(|| whole(render::page(&site, route))));
    }
    group.finish();

    let mut group = criterion.benchmark_group("check");
    group.throughput(Throughput::Bytes(html.iter().map(|page| page.len() as u64).sum()));
    group.bench_function("read all pages", |bencher| {
        bencher.iter(|| html.iter().map(|page| page::read(page)).filter(page::PageFacts::is_document).count());
    });
    group.finish();
}
