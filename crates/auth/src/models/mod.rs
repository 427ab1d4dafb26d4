//! Who there is: users, groups and permissions, in tables with the names and columns of Django's.
//!
//! [`User`](struct@crate::User) is the table as this crate sees it. A site's own user model may stand in its place and have more columns;
//! [`Account`] is what both have.
mod account;
mod tables;

pub use account::Account;
pub use tables::{ContentType, Group, Permission, User};
