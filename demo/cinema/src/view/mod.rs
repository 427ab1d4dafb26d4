//! What the pages show, made from what the database holds: plain functions from figures to words, strokes and links.
//!
//! Nothing here asks the database or knows a request; `pages` gives the values in and the templates take the results.

pub mod bars;
pub mod chart;
pub mod comment;
pub mod figures;
pub mod film;
pub mod pager;
pub mod review;
pub mod score;
