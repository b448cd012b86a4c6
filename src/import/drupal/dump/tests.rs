//! What a dump is read as, whole and cut.

use super::*;

const DUMP: &str = "-- MySQL dump 10.13\n/*!40101 SET NAMES utf8 */;\nDROP TABLE IF EXISTS `node`;\nCREATE TABLE `node` (\n  \
    `nid` int(10) unsigned NOT NULL COMMENT 'a (key), of \\'it\\'',\n  `title` varchar(255) DEFAULT '',\n  `data` longblob,\n  \
    PRIMARY KEY (`nid`),\n  KEY `x` (`title`(4))\n) ENGINE=InnoDB DEFAULT CHARSET=utf8;\nLOCK TABLES `node` WRITE;\n\
    INSERT INTO `node` VALUES (1,'It\\'s; a (\"test\"),\\n--no',NULL),(2,'Zwei ''Mal''',_binary 'a:0:{}'),(3,'',0x4142);\n\
    INSERT INTO `cache` VALUES (1,'INSERT INTO `node` VALUES (9)');\n\
    INSERT INTO `node` (`title`, `nid`) VALUES\n('Four', 4),\n(x'4669', 5);\nUNLOCK TABLES;\n-- Dump completed\n";

fn rows(text: &str) -> (Vec<Row>, Option<Broken>) {
    let mut dump = Dump::new(text.as_bytes(), |table| table == "node");
    let mut rows = Vec::new();
    loop {
        match dump.next() {
            Ok(Some(row)) => rows.push(row),
            Ok(None) => return (rows, None),
            Err(broken) => return (rows, Some(broken)),
        }
    }
}

#[test]
fn rows_are_read_as_a_database_would_read_them() {
    let (rows, broken) = rows(DUMP);
    assert_eq!(broken, None);
    let titles: Vec<(i64, String)> =
        rows.iter().map(|row| (row.number("nid").unwrap(), row.text("title").unwrap())).collect();
    let wanted = [(1, "It's; a (\"test\"),\n--no"), (2, "Zwei 'Mal'"), (3, ""), (4, "Four"), (5, "Fi")];
    assert_eq!(titles, wanted.map(|(number, title)| (number, title.to_owned())));
    assert_eq!(rows[0].bytes("data"), None);
    assert_eq!((rows[1].text("data").as_deref(), rows[2].text("data").as_deref()), (Some("a:0:{}"), Some("AB")));
}

#[test]
fn a_dump_that_is_cut_anywhere_gives_what_was_whole_and_names_the_row() {
    let whole = rows(DUMP).0;
    for end in (0..DUMP.len()).filter(|end| DUMP.is_char_boundary(*end)) {
        let (found, broken) = rows(&DUMP[..end]);
        assert!(whole.starts_with(&found), "cut at {end}");
        if let Some(Broken { table: Some(_), row, .. }) = &broken {
            assert!(*row > 0, "cut at {end}");
        }
    }
    let cut = DUMP.find("Zwei").unwrap();
    let (found, broken) = rows(&DUMP[..cut]);
    let broken = broken.unwrap();
    assert_eq!((found.len(), broken.table.as_deref(), broken.row), (1, Some("node"), 2));
    assert_eq!(broken.why, "the file ends in the middle of it");
}

#[test]
fn a_row_that_nobody_asked_for_is_not_kept_however_long_it_is() {
    let text = format!("INSERT INTO `cache` VALUES (1,'{}');\nINSERT INTO node VALUES (7);", "x".repeat(LONGEST + 1));
    let (rows, broken) = rows(&text);
    assert_eq!((rows.len(), broken), (1, None));
}
