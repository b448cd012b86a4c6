//! Owns the verification of a written site: what stands in the folder, never what was meant.

pub mod page;
