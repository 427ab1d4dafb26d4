use quintet::prelude::*;

/// The pages that one person has open.
#[channel("user:{id}")]
#[derive(Debug, Clone, Copy)]
pub struct Own {
    /// Who it is.
    pub id: i64,
}

/// What concerns them, and where it is to be seen.
#[data]
#[derive(Debug, Clone, PartialEq)]
pub enum Note {
    /// Something has happened to a review of theirs.
    Review {
        /// What, in a sentence.
        text: String,
        /// Where it is.
        href: String,
        /// The film's key.
        film: i64,
        /// The review's key.
        review: i64,
    },
    /// Somebody talks about a film that they have reviewed.
    Comment {
        /// Who and where, in a sentence.
        text: String,
        /// Where it is.
        href: String,
        /// The film's key.
        film: i64,
    },
}

impl Channel for Own {
    type In = Note;
    type Out = Note;

    async fn join(&self, me: &Client<Self>) -> Result<Join> {
        if me.user()?.id != self.id {
            return Err(Error::forbidden("These are somebody else's notes."));
        }
        Ok(Join::quietly().unseeing())
    }

    async fn hear(&self, _: Note, _: &Client<Self>) -> Result {
        Err(Error::forbidden("Here the site talks, and nobody else."))
    }
}
