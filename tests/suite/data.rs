//! Data files in templates. The site is that of `content/docs/data.md`.

use crate::content::refuses;
use crate::harness::tests;
use crate::site::Site;

tests![
    a_page_shows_data_files_as_documented,
    a_broken_data_file_is_shown_with_its_line,
    two_data_files_of_one_name_are_both_named,
    a_data_file_that_is_not_there_is_an_error_unless_it_is_not_required,
    nothing_outside_of_the_folder_can_be_loaded,
];

const BOOKS: &str = "title,author,read\nFlatland,E. A. Abbott,2026-02-01\n\"Ficciones\",\"Borges, J. L.\",2026-03-01\n";

/// Builds one page from a template of its own.
fn showing(template: &str) -> Site {
    Site::new()
        .file("content/books.md", "+++\ntitle = \"Books\"\ntemplate = \"books.html\"\n+++\n")
        .file("data/books.csv", BOOKS)
        .file("data/shop/items.yaml", "- name: Pen\n  price: 3\n")
        .template(
            "books.html",
            &format!("<!doctype html><title>B</title><link rel=canonical href={{{{ current_url }}}}><p>{template}</p>"),
        )
}

fn a_page_shows_data_files_as_documented() {
    let list = "{% for book in data.books %}{{ book.title }} by {{ book.author }}; {% endfor %}\
                {% for item in load_data(path=\"shop/items.yaml\") %}{{ item.name }} {{ item.price + 1 }}{% endfor %}\
                {{ data.shop.items | length }}";
    let run = showing(list).build().exit(0);
    let page = run.site.output("books/index.html");
    assert!(page.contains("<p>Flatland by E. A. Abbott; Ficciones by Borges, J. L.; Pen 41</p>"), "{page}");
}

fn a_broken_data_file_is_shown_with_its_line() {
    refuses(("data/a.csv", b"a,b\n1,2\n3\n"), 1, &["data/syntax", "data/a.csv:3", "1 value", "2 columns"]);
    refuses(("data/a.json", b"[\n1,\n]"), 1, &["data/syntax", "data/a.json:3"]);
    refuses(("data/a.toml", b"a = 1\na = 2\n"), 1, &["data/syntax", "data/a.toml:2"]);
    refuses(("data/a.yaml", b"a: [1\n"), 1, &["data/syntax", "data/a.yaml:"]);
    refuses(("data/a.json", b"\xff"), 1, &["data/a.json"]);
}

fn two_data_files_of_one_name_are_both_named() {
    let run = showing("x").file("data/books.json", "[]").build().exit(1);
    run.stderr_has("data/same-name").stderr_has("`data/books.csv` and `data/books.json`");
}

fn a_data_file_that_is_not_there_is_an_error_unless_it_is_not_required() {
    let run = showing("{% set b = load_data(path=\"boks.csv\") %}").build().exit(1);
    run.stderr_has("templates/books.html:1").stderr_has("did you mean `books.csv`?");
    let run = showing("{% if not load_data(path=\"boks.csv\", required=false) %}none{% endif %}").build().exit(0);
    assert!(run.site.output("books/index.html").contains("<p>none</p>"));
}

fn nothing_outside_of_the_folder_can_be_loaded() {
    for path in ["../site.toml", "data/../site.toml", "/etc/passwd", "https://blog.example/a.json"] {
        let run = showing(&format!("{{{{ load_data(path=\"{path}\") }}}}")).build().exit(1);
        run.stderr_has("is not below `data/`");
    }
}
