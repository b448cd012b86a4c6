//! Owns what is verified of an analytics server: tracker, contract, version, collect endpoint, and
//! the policies that a page puts between them.

pub mod csp;
