//! What a line of the talk about a film looks like.

use quintet::prelude::*;

use super::review::{initials, name, tone};

/// A line, in words.
#[data]
#[derive(PartialEq)]
pub struct Line {
    /// The comment's key.
    pub id: i64,
    /// Who wrote it.
    pub by: String,
    /// Their initials, at most two.
    pub initials: String,
    /// The colour behind the initials.
    pub tone: String,
    /// What it says.
    pub text: String,
    /// When, as people read it, in UTC.
    pub at: String,
    /// When, as programs read it.
    pub date: String,
    /// Did the visitor write it?
    pub own: bool,
}

/// A comment's columns, and those of its author that are shown.
#[derive(Shape)]
#[shape(model = crate::models::Comment)]
pub struct CommentRow {
    id: i64,
    text: String,
    written: Timestamp,
    #[shape(expr = crate::models::Comment.author.id)]
    author: i64,
    #[shape(expr = crate::models::Comment.author.username)]
    username: String,
    #[shape(expr = crate::models::Comment.author.first_name)]
    first_name: String,
    #[shape(expr = crate::models::Comment.author.last_name)]
    last_name: String,
}

impl CommentRow {
    /// As this visitor sees it.
    #[must_use]
    pub fn seen_by(self, visitor: Option<i64>) -> Line {
        let by = name(&self.first_name, &self.last_name, &self.username);
        Line {
            id: self.id,
            initials: initials(&by),
            by,
            tone: tone(self.author).to_owned(),
            text: self.text,
            at: self.written.strftime("%-d %B %Y, %H:%M UTC").to_string(),
            date: self.written.strftime("%FT%TZ").to_string(),
            own: visitor == Some(self.author),
        }
    }
}
