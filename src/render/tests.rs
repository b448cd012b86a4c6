//! A small blog made of strings, and what its pages, feeds and errors must be.

mod faults;
mod fixture;
mod outputs;
mod pages;
mod paper;
mod reference;
