//! The pages: each handler asks the database for what one page shows and gives it to one template.
//!
//! A search comes in ([`crate::search`]), `listing` makes a query of it, the handlers here load rows, and
//! [`crate::view`] turns them into words and drawings.
//!
//! The modules have other names than the handlers in them, since a route's name is a type as well, and so is in use.

pub mod changes;
pub mod chat;
pub mod companies;
pub mod export;
pub mod figures;
pub mod kinds;
mod listing;
pub mod moderation;
pub mod names;
pub mod people;
pub mod reviews;
pub mod sheet;
pub mod start;
pub mod table;
pub mod talk;
pub mod yours;

pub use changes::{add_film, delete_film, edit_film, film_goes};
pub use chat::{comment_goes, comments, write_comment};
pub use companies::{distributor, distributors};
pub use export::films_json;
pub use figures::statistics;
pub use kinds::{genre, genres};
pub use moderation::{hide_review, my_reviews, review_list, show_review};
pub use people::{director, directors};
pub use reviews::{delete_review, edit_review, review_goes, write_review};
pub use sheet::film;
pub use start::home;
pub use talk::tally;
pub use yours::account;

use quintet::axum::http::HeaderMap;

/// What decides whether it is a part of the page, for whoever keeps answers.
const VARY: &str = "HX-Request, HX-History-Restore-Request";

/// Does a script ask for a part of the page? htmx says so in a header.
fn is_partial(headers: &HeaderMap) -> bool {
    headers.contains_key("hx-request") && !headers.contains_key("hx-history-restore-request")
}
