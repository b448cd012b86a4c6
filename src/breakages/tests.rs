//! Holds the tables together: names are unique, and there are as many kinds as the guard is to be drilled with.

use std::collections::BTreeSet;

use super::*;

#[test]
fn names_are_unique_and_there_are_at_least_forty_breakages() {
    let names: BTreeSet<&str> = all().map(|breakage| breakage.name).collect();
    assert_eq!(names.len(), all().count());
    assert!(all().filter(|breakage| breakage.class != Class::Harmless).count() >= 40);
}
