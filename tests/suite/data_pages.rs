//! Pages that are made of the rows of data files. The first site is that of `content/docs/data.md`.

use crate::harness::tests;
use crate::site::{Run, Site};

tests![
    each_row_of_a_data_file_is_a_page_as_documented,
    rows_are_found_in_files_of_every_format,
    a_row_gives_front_matter_and_markdown,
    what_is_wrong_with_a_row_is_told_with_its_line,
    two_rows_of_one_address_are_both_named_with_their_lines,
    what_is_wrong_with_the_table_is_told_where_it_stands,
    the_pages_of_rows_are_named_by_file_and_line,
    a_published_address_of_a_row_is_kept_without_its_line,
    a_link_by_name_never_means_the_file_of_a_row,
    a_row_lacks_a_date_only_where_rows_have_dates,
    an_upgrade_leaves_data_files_alone,
];

const BOOKS: &str = "title,author,read\nFlatland,E. A. Abbott,2026-02-01\nFicciones,\"Borges, J. L.\",2026-03-01\n";

const PAGES: &str = "[[pages]]\ndata = \"books.csv\"\npath = \"/books/:title/\"\nsection = \"books\"\ntemplate = \"book.html\"\n\
                     date = \":read\"\ndescription = \"A book by :author\"\n";

const BOOK: &str = "{# templates/book.html #}\n{% extends \"base.html\" %}\n\
                    {% block content %}<h1>{{ page.title }}</h1><p>by {{ page.row.author }}</p>{{ page.content }}{% endblock %}\n";

/// A site with pages of rows, as the documentation shows it.
fn shelf() -> Site {
    Site::new().file("data/books.csv", BOOKS).config(PAGES).template("book.html", BOOK)
}

/// A site whose pages show what they are made of, from a data file and the lines of `[[pages]]`.
fn made_of(file: &str, text: &str, pages: &str) -> Site {
    let shown = "<!doctype html><title>{{ page.title }}</title>{{ seo() }}<p>{{ page.row | json_encode | safe }}</p>{{ page.content }}";
    let name = file.trim_start_matches("data/");
    let table = format!("[[pages]]\ndata = \"{name}\"\npath = \"/:slug/\"\n{pages}\n");
    Site::new().file(file, text).config(&table).template("page.html", shown).template("post.html", shown)
}

fn refused(site: Site, words: &[&str]) -> Run {
    words.iter().fold(site.build().exit(1), |run, word| run.stderr_has(word))
}

fn each_row_of_a_data_file_is_a_page_as_documented() {
    let docs = include_str!("../../content/docs/data.md");
    assert!(docs.contains(PAGES.trim_end()) && docs.contains(BOOK.trim_end()), "the documentation shows another site");
    let site = shelf()
        .file("content/books/_index.md", "+++\ntitle = \"Books\"\ntemplate = \"books.html\"\n+++\n")
        .config("[[feeds]]\nformat = \"rss\"\npath = \"feed.xml\"\n")
        .template(
            "books.html",
            "<!doctype html><title>B</title>{{ seo() }}<p>{% for book in section.pages %}{{ book.row.author }}; {% endfor %}</p>",
        )
        .post("a.md", "[[Flatland]]")
        .config("[markdown]\nwikilinks = true\n");
    let run = site.build().exit(0);
    let run = run
        .page_has("/books/flatland/", "<h1>Flatland</h1><p>by E. A. Abbott</p>")
        .page_has("/books/ficciones/", "A book by Borges, J. L.")
        .page_has("/books/", "<p>Borges, J. L.; E. A. Abbott; </p>")
        .page_has("/posts/a/", "href=\"/books/flatland/\"");
    for listed in ["sitemap.xml", "feed.xml"] {
        let text = run.site.output(listed);
        assert!(text.contains("/books/flatland/") && text.contains("/books/ficciones/"), "{listed}: {text}");
    }
    let run = run.then().run(&["lock", "--urls", "--accept"]).exit(0);
    let ledger = std::fs::read_to_string(run.site.path("urls.lock")).unwrap();
    assert!(ledger.contains("/books/flatland/"), "{ledger}");
}

fn rows_are_found_in_files_of_every_format() {
    let page = "\"title\":\"A b\"";
    for (file, text, rows) in [
        ("data/x.csv", "title,n\nA b,1\n", ""),
        ("data/x.json", "[{\"title\": \"A b\", \"n\": 1}]", ""),
        ("data/x.yaml", "- title: A b\n  n: 1\n", ""),
        ("data/x.toml", "[[shop.books]]\ntitle = \"A b\"\n", "rows = \"shop.books\""),
        ("data/deep/x.toml", "[a-b]\ntitle = \"A b\"\n", ""),
        ("data/x.yaml", "a: {list: {one: {title: A b}}}\n", "rows = \"a.list\""),
    ] {
        made_of(file, text, rows).build().exit(0).page_has("/a-b/", page);
    }
    let table = made_of("data/x.toml", "[first]\nn = 1\n[second]\nn = 2\n", "title = \"No. :n, :key\"");
    table.build().exit(0).page_has("/no-1-first/", "<title>No. 1, first</title>").page_has("/no-2-second/", "\"n\":2");
}

fn a_row_gives_front_matter_and_markdown() {
    let text = "slug,name,read,kind,rank,review,secret\n\
                one,First,2026-01-02,\"Novel, Old\",2,\"*Good*, and\nlong\",true\n\
                two,\"The \"\"Second\"\"\",,,,\"**\"\"Fine\"\"**\",\n";
    let keys = "title = \":name (:{slug})\"\ndate = \":read\"\ntags = \":kind\"\nweight = \":rank\"\nbody = \"review\"\nnoindex = \":secret\"\n\
                extra = { label = \"no. :rank\" }";
    let run = made_of("data/x.csv", text, keys).build().exit(0);
    run.page_has("/one/", "<em>Good</em>, and\nlong")
        .page_has("/one/", "<title>First (one)</title>")
        .page_has("/one/", "noindex")
        .page_has("/tags/novel/", "First (one)")
        .page_has("/two/", "<strong>\"Fine\"</strong>")
        .page_lacks("/two/", "noindex");
}

fn what_is_wrong_with_a_row_is_told_with_its_line() {
    let csv = |text: &str, keys: &str| made_of("data/x.csv", text, keys);
    refused(csv("slug,n\none,1\n,2\n", ""), &["route/empty-slug", "data/x.csv:3", "this row has no `slug`"]);
    refused(csv("slug\none\n!!!\n", ""), &["route/empty-slug", "data/x.csv:3", "`!!!`"]);
    refused(csv("slug,d\none,soon\n", "date = \":d\""), &["front/value", "data/x.csv:2:5", "no date"]);
    refused(csv("slug,w\none,first\n", "weight = \":w\""), &["front/type", "data/x.csv:2:5", "an integer"]);
    refused(csv("slug,t\none,{{ nope() }}\n", "body = \"t\""), &["data/x.csv:2", "nope"]);
    refused(csv("slug,t\n\none,\"a\n\n[b](./no.md)\"\n", "body = \"t\""), &["link/broken", "data/x.csv:5"]);
    refused(made_of("data/x.json", "[{\"slug\": \"a\"},\n 7]", ""), &["pages/rows", "data/x.json:2", "an integer"]);
    refused(made_of("data/x.json", "[{\"slug\": \"a\"},\n {\"n\": 7}]", ""), &["data/x.json:2", "has no `slug`"]);
    refused(made_of("data/x.toml", "a = 1\n[[books]]\nslug = \"a\"\n", ""), &["pages/rows", "rows = \"books\""]);
}

fn two_rows_of_one_address_are_both_named_with_their_lines() {
    let run = made_of("data/x.csv", "slug\nOne\ntwo\none\n", "").build().exit(1);
    run.stderr_has("route/collision").stderr_has("`data/x.csv:2` and `data/x.csv:4`").stderr_has("data/x.csv:4:1");
    let run = made_of("data/x.csv", "slug\nabout\n", "").file("content/about.md", "About.").build().exit(1);
    run.stderr_has("`content/about.md` and `data/x.csv:2` want the same address `/about/`");
}

fn what_is_wrong_with_the_table_is_told_where_it_stands() {
    let csv = |keys: &str| made_of("data/x.csv", "slug,title\na,A\n", keys);
    refused(csv("description = \"by :auhtor\""), &["pages/column", "site.toml:", "no row", "`auhtor`"]);
    refused(csv("description = \":titel\""), &["pages/column", "did you mean `title`?"]);
    refused(csv("body = \"text\""), &["pages/column", "`text`"]);
    refused(csv("rows = \"list\""), &["pages/rows", "site.toml:"]);
    refused(csv("tilte = \":title\""), &["front/unknown-key", "site.toml:", "did you mean `title`?"]);
    refused(csv("template = \"bok.html\""), &["template/missing", "site.toml:", "`bok.html`"]);
    refused(csv("date = \"soon\""), &["front/value", "site.toml:"]);
    refused(csv("title = \":{open\""), &["front/value", "site.toml:", "never closed"]);
    let run = shelf().config("[[pages]]\ndata = \"boks.csv\"\npath = \"/b/:slug/\"").build().exit(1);
    run.stderr_has("pages/no-data").stderr_has("site.toml:").stderr_has("did you mean `books.csv`?");
    let run = shelf().config("[[pages]]\ndata = \"books.csv\"\npath = \"/b/\"").build().exit(2);
    run.stderr_has("config/value").stderr_has("the same address");
}

fn the_pages_of_rows_are_named_by_file_and_line() {
    let run = shelf().run(&["why", "/books/ficciones/"]).exit(0).stdout_has("data/books.csv:3");
    let run = run
        .stdout_has("at this address by the pattern `/books/:title/` of `[[pages]]` (site.toml:")
        .stdout_has("by its row (data/books.csv:3)")
        .stdout_has("reading data/books.csv");
    let run = run.then().run(&["why", "data/books.csv:2"]).exit(0).stdout_has("/books/flatland/");
    let run = run.then().run(&["list"]).exit(0).stdout_has("/books/flatland/");
    // A later table may take the same rows.
    let more = "[[pages]]\ndata = \"books.csv\"\npath = \"/writers/:author/\"\ntitle = \":author\"\n";
    let run = run.then().config(more).build().exit(0).page_has("/writers/e-a-abbott/", "E. A. Abbott");
    run.then().run(&["why", "/writers/e-a-abbott/"]).exit(0).stdout_has("data/books.csv:2:2");
}

fn a_published_address_of_a_row_is_kept_without_its_line() {
    let run = shelf().build().exit(0).then().run(&["lock", "--urls", "--accept"]).exit(0);
    let ledger = |site: &Site| std::fs::read_to_string(site.path("urls.lock")).expect("the ledger was begun");
    let before = ledger(&run.site);
    assert!(before.contains("\n/books/flatland/ data/books.csv\n"), "{before}");
    // A row above moves all others, and no line of the ledger.
    let more = BOOKS.replacen('\n', "\nCandide,Voltaire,2026-01-01\n", 1);
    let run =
        run.then().file("data/books.csv", more).build().exit(0).then().run(&["lock", "--urls", "--accept"]).exit(0);
    let after = ledger(&run.site).replace("/books/candide/ data/books.csv\n", "");
    assert_eq!(after, before);
    // Another row stands on its line now, and is not taken for it.
    let less = BOOKS.replace("Flatland,E. A. Abbott,2026-02-01\n", "");
    let run = run.then().file("data/books.csv", less).build().exit(1);
    let run =
        run.stderr_has("`/books/flatland/` was published once").stderr_has("a row of `data/books.csv` stood there");
    run.stderr_lacks("is at `/books/ficciones/` now");
}

fn a_link_by_name_never_means_the_file_of_a_row() {
    let site = || shelf().config("[markdown]\nwikilinks = true").file("content/a.md", "[[books]] [[Flatland]]");
    let run = site().file("content/books/_index.md", "+++\ntitle = \"Books\"\n+++\n").build().exit(0);
    run.page_has("/a/", "href=\"/books/\"").page_has("/a/", "href=\"/books/flatland/\"");
    site().build().exit(1).stderr_has("content/a.md:1").stderr_has("books").stderr_lacks("data/books.csv:2");
}

fn a_row_lacks_a_date_only_where_rows_have_dates() {
    let site = |keys: &str| made_of("data/x.csv", "slug,d\na,2026-01-01\nb,\n", keys).post("p.md", "Post.");
    site("section = \"posts\"").build().exit(0).stderr_lacks("post/no-date");
    let run = site("section = \"posts\"\ndate = \":d\"").build().exit(0);
    run.stderr_has("post/no-date").stderr_has("data/x.csv:3:1").stderr_has("fill in the column that `date` names");
}

fn an_upgrade_leaves_data_files_alone() {
    let data = "{\"url\": \"/x/\", \"lastmod\": \"2026-01-01\", \"books\": [{\"slug\": \"a\"}]}";
    let run = made_of("data/x.json", data, "rows = \"books\"").run(&["upgrade"]).exit(0);
    let text = std::fs::read_to_string(run.site.path("data/x.json")).expect("the file is there");
    assert_eq!(text, data);
    run.stderr_lacks("data/x.json");
}
