//! The binary `blog`.

fn main() {}
