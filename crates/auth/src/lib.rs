//! The users of a site.
//!
//! [`passwords`] keeps what people log in with: hashed by argon2id in the form in which Django stores them, compared off the event
//! loop, renewed when the parameters change.
mod names;
pub mod passwords;
mod room;

pub use names::{normal_email, normal_username};
pub use room::AuthRoom;
