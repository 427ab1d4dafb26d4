//! What can't be decided by looking.

use std::{collections::BTreeMap, fmt, sync::LazyLock};

use quintet_core::{Result, near::did_you_mean};

use crate::{error::refuse, state::FieldState};

/// A question about a change of the models.
#[derive(Clone, Debug, PartialEq)]
pub enum Question {
    /// Is this model (or many-to-many table) one that vanished, under a new name? The answer is its old label.
    RenamedModel {
        /// The label of the model that is new.
        model: String,
        /// The labels of those that vanished, the likeliest first.
        candidates: Vec<String>,
    },
    /// Is this field one that vanished, under a new name? The answer is its old name.
    RenamedField {
        /// The model's label.
        model: String,
        /// The field that is new.
        field: String,
        /// The names of those that vanished.
        candidates: Vec<String>,
    },
    /// What do rows get that exist already? The answer is a value.
    Backfill {
        /// The model's label.
        model: String,
        /// The field, as it shall be.
        field: FieldState,
        /// Is the field new? Otherwise it was allowed to be null.
        added: bool,
    },
    /// What becomes of the table of a model that lives in another database now? The answer is [`KEEP`].
    MovedModel {
        /// The model's label.
        model: String,
        /// The database that it lived in.
        from: String,
        /// That of today.
        to: String,
    },
    /// What becomes of rows with a choice that is no longer one? The answer is another choice.
    LostChoice {
        /// The model's label.
        model: String,
        /// The field, as it shall be.
        field: FieldState,
        /// The choice that vanished.
        value: String,
    },
}

/// The answer that leaves a moved model's old table where it is.
pub(super) const KEEP: &str = "keep";

fn kept() -> &'static [String] {
    static KEPT: LazyLock<[String; 1]> = LazyLock::new(|| [KEEP.to_owned()]);
    &*KEPT
}

impl Question {
    /// What an answer on the command line is given for: `renamed:shop.Customer.name`.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Question::RenamedModel { model, .. } => format!("renamed:{model}"),
            Question::RenamedField { model, field, .. } => format!("renamed:{model}.{field}"),
            Question::Backfill { model, field, .. } => format!("fill:{model}.{}", field.name),
            Question::MovedModel { model, .. } => format!("moved:{model}"),
            Question::LostChoice { model, field, value } => format!("choice:{model}.{}.{value}", field.name),
        }
    }

    /// What no answer (`-`) means.
    #[must_use]
    pub fn nothing(&self) -> &'static str {
        match self {
            Question::RenamedModel { .. } | Question::RenamedField { .. } => "it is new",
            Question::Backfill { .. } => "there are no such rows; refuse if there are",
            Question::MovedModel { .. } => "it is dropped with its rows",
            Question::LostChoice { .. } => "no row has it; refuse if one does",
        }
    }

    /// The answers that are possible, where they are few.
    #[must_use]
    pub fn options(&self) -> &[String] {
        match self {
            Question::RenamedModel { candidates, .. } | Question::RenamedField { candidates, .. } => {
                candidates
            }
            Question::MovedModel { .. } => kept(),
            Question::Backfill { field, .. } | Question::LostChoice { field, .. } => &field.choices,
        }
    }

    /// How the models can say it, so that nobody is asked.
    #[must_use]
    pub fn in_the_model(&self) -> String {
        match self {
            Question::RenamedModel { .. } => "#[model(renamed_from = \"…\")]".to_owned(),
            Question::RenamedField { field, .. } => format!("#[field(renamed_from = \"…\")] on `{field}`"),
            Question::Backfill { field, .. } => {
                format!("#[field(default = …)] on `{}`, or an Option", field.name)
            }
            Question::MovedModel { model, from, .. } => {
                format!("leaving {model} in the database `{from}`")
            }
            Question::LostChoice { value, .. } => format!("keeping the choice `{value}`"),
        }
    }

    /// Is the answer one of those that are possible?
    ///
    /// # Errors
    /// If it is not; the message names the nearest.
    pub fn check(&self, answer: &str) -> Result {
        let refused = |known: &[String]| {
            let near = did_you_mean(answer, known.iter().map(String::as_str));
            let known = if near.is_empty() { format!(" ({})", known.join(", ")) } else { near };
            Err(refuse(format!("`{answer}` is no answer to {}{known}", self.key())))
        };
        match self {
            Question::Backfill { field, .. } => crate::sql::literal::read(field, answer).map(|_| ()),
            _ if self.options().iter().any(|o| o == answer) => Ok(()),
            _ => refused(self.options()),
        }
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Question::RenamedModel { model, candidates } => {
                write!(f, "{model} is new, and {} vanished: is it that one, renamed?", candidates.join(", "))
            }
            Question::RenamedField { model, field, candidates } => {
                write!(
                    f,
                    "{model}.{field} is new, and {} vanished: is it that one, renamed?",
                    candidates.join(", ")
                )
            }
            Question::Backfill { model, field, added: true } => write!(
                f,
                "{model}.{} ({}) is new, can't be null and has no default: what do rows get that exist already?",
                field.name, field.kind
            ),
            Question::Backfill { model, field, added: false } => write!(
                f,
                "{model}.{} ({}) can no longer be null: what do rows get that have none?",
                field.name, field.kind
            ),
            Question::MovedModel { model, from, to } => write!(
                f,
                "{model} moves from the database `{from}` to `{to}`, where an empty table is made: its rows are not taken along. \
                 What becomes of the old table?"
            ),
            Question::LostChoice { model, field, value } => write!(
                f,
                "`{value}` is no longer a choice of {model}.{}: which of {} do rows get that have it?",
                field.name,
                field.choices.join(", ")
            ),
        }
    }
}

/// Whoever answers questions.
pub trait Answers {
    /// The answer: a text, or `None` for what [`Question::nothing`] says.
    ///
    /// # Errors
    /// If there is none to be had.
    fn answer(&mut self, question: &Question) -> Result<Option<String>>;
}

/// Answers that were given beforehand. Where one is missing the question is kept, and
/// [`settle`](Prepared::settle) tells them all at once.
#[derive(Clone, Debug, Default)]
pub struct Prepared {
    given: BTreeMap<String, String>,
    used: Vec<String>,
    open: Vec<Question>,
}

impl Prepared {
    /// Answers of the form `key=answer`; `-` is no answer, and quotes around one are taken off.
    ///
    /// # Errors
    /// If one is not of that form.
    pub fn new<'a>(given: impl IntoIterator<Item = &'a str>) -> Result<Prepared> {
        let mut prepared = Prepared::default();
        for pair in given {
            let Some((key, answer)) = pair.split_once('=') else {
                return Err(refuse(format!("`{pair}` is no answer: write KEY=ANSWER")));
            };
            prepared.given.insert(key.trim().to_owned(), answer.to_owned());
        }
        Ok(prepared)
    }

    /// The answer that was given, if one was.
    ///
    /// # Errors
    /// If it is none that is possible.
    pub fn find(&mut self, question: &Question) -> Result<Option<Option<String>>> {
        let key = question.key();
        let Some(answer) = self.given.get(&key) else { return Ok(None) };
        self.used.push(key);
        let answer = plain(answer);
        if let Some(answer) = &answer {
            question.check(answer)?;
        }
        Ok(Some(answer))
    }

    /// What was found with these answers, unless questions are open (the error tells how to answer each) or an answer
    /// fits no question.
    ///
    /// # Errors
    /// One for all open questions; else that of `found`; else the first answer that nothing asked for.
    pub fn settle<T>(&self, found: Result<T>) -> Result<T> {
        if !self.open.is_empty() {
            let mut text = String::from("nobody is there to answer:");
            for question in &self.open {
                let options = match question.options() {
                    [] => "VALUE".to_owned(),
                    some => some.join("|"),
                };
                text.push_str(&format!(
                    "\n  {question}\n    answer with --answer '{}={options}' (or `-`: {}), or by {}",
                    question.key(),
                    question.nothing(),
                    question.in_the_model()
                ));
            }
            // They are the reason for whatever went wrong without an answer.
            return Err(refuse(text));
        }
        let found = found?;
        match self.given.keys().find(|key| !self.used.contains(key)) {
            Some(key) => Err(refuse(format!("nothing asks for the answer `{key}`"))),
            None => Ok(found),
        }
    }
}

/// `-` is none; quotes around an answer are taken off, so that `"-"` is a dash.
pub(crate) fn plain(answer: &str) -> Option<String> {
    let answer = answer.trim();
    if answer == "-" {
        return None;
    }
    let inner = |quote: char| answer.strip_prefix(quote)?.strip_suffix(quote);
    Some(inner('"').or_else(|| inner('\'')).unwrap_or(answer).to_owned())
}

impl Answers for Prepared {
    fn answer(&mut self, question: &Question) -> Result<Option<String>> {
        match self.find(question)? {
            Some(answer) => Ok(answer),
            None => {
                self.open.push(question.clone());
                Ok(None)
            }
        }
    }
}
