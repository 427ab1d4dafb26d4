use std::path::PathBuf;

use crate::{
    error::{Error, Result},
    value::{Date, Timestamp},
};

/// How an argument is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArgStyle {
    /// By its place, and needed: `FILE`.
    Required,
    /// By its name, and may be left out: `--limit 5`.
    Option,
    /// By its name, without a value: `--dry-run`.
    Flag,
    /// By place, any number of them: `FILES...`.
    Many,
}

/// One argument of a command.
#[derive(Debug, Clone)]
pub struct ArgSpec {
    /// Its name, with underscores; the command line shows hyphens.
    pub name: String,
    /// What it is for.
    pub help: String,
    /// How it is written.
    pub style: ArgStyle,
    /// What a value looks like, in capitals: `PATH`, `NUMBER`.
    pub value_name: &'static str,
    /// By its place although it may be left out: `[APP]`.
    pub positional: bool,
}

impl ArgSpec {
    /// An argument that is read as `T`.
    #[must_use]
    pub fn of<T: CliArg>(name: impl Into<String>, help: impl Into<String>) -> Self {
        let positional = matches!(T::STYLE, ArgStyle::Required | ArgStyle::Many);
        ArgSpec {
            name: name.into(),
            help: help.into(),
            style: T::STYLE,
            value_name: T::VALUE_NAME,
            positional,
        }
    }

    /// By its place, though it may be left out.
    #[must_use]
    pub fn positional(mut self) -> Self {
        self.positional = true;
        self
    }
}

/// The arguments that were given, as text, by name.
#[derive(Debug, Clone, Default)]
pub struct Args(Vec<(String, Vec<String>)>);

impl Args {
    /// Adds a value.
    pub fn push(&mut self, name: &str, value: impl Into<String>) {
        match self.0.iter_mut().find(|(n, _)| n == name) {
            Some((_, values)) => values.push(value.into()),
            None => self.0.push((name.to_owned(), vec![value.into()])),
        }
    }

    /// The argument, read as `T`.
    ///
    /// # Errors
    /// If it is missing or can't be read as `T`; the message names the argument.
    pub fn take<T: CliArg>(&self, name: &str) -> Result<T> {
        let given = self.0.iter().find(|(n, _)| n == name).map_or(&[][..], |(_, values)| values.as_slice());
        T::read(given).map_err(|why| Error::bad_request(format!("{}: {why}", name.replace('_', "-"))))
    }
}

/// A type that an argument can be read as: `String`, `PathBuf`, numbers, dates, `bool` (a flag),
/// `Option<_>` (an option) and `Vec<_>` (any number).
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be read from the command line",
    label = "use String, PathBuf, a number, a date, bool (a flag), Option<_> or Vec<_> of them"
)]
pub trait CliArg: Sized + Send {
    /// How it is written.
    const STYLE: ArgStyle;
    /// What a value looks like.
    const VALUE_NAME: &'static str;
    /// Reads what was given.
    ///
    /// # Errors
    /// With the reason, for the person at the terminal.
    fn read(given: &[String]) -> Result<Self, String>;
}

/// A single value, without `Option` or `Vec` around it.
trait Single: Sized + Send {
    fn parse(text: &str) -> Result<Self, String>;
}

macro_rules! single {
    ($($t:ty, $name:literal;)*) => {$(
        impl Single for $t {
            fn parse(text: &str) -> Result<Self, String> {
                text.parse().map_err(|e| format!("`{text}` is no {}: {e}", $name.to_lowercase()))
            }
        }
        impl CliArg for $t {
            const STYLE: ArgStyle = ArgStyle::Required;
            const VALUE_NAME: &'static str = $name;
            fn read(given: &[String]) -> Result<Self, String> {
                given.first().ok_or_else(|| "is needed".to_owned()).and_then(|text| <$t>::parse_one(text))
            }
        }
        impl CliArg for Option<$t> {
            const STYLE: ArgStyle = ArgStyle::Option;
            const VALUE_NAME: &'static str = $name;
            fn read(given: &[String]) -> Result<Self, String> {
                given.first().map(|text| <$t>::parse_one(text)).transpose()
            }
        }
        impl CliArg for Vec<$t> {
            const STYLE: ArgStyle = ArgStyle::Many;
            const VALUE_NAME: &'static str = $name;
            fn read(given: &[String]) -> Result<Self, String> {
                given.iter().map(|text| <$t>::parse_one(text)).collect()
            }
        }
    )*};
}

/// Keeps `Single::parse` apart from the inherent `parse` that some types have.
trait ParseOne: Single {
    fn parse_one(text: &str) -> Result<Self, String> {
        Single::parse(text)
    }
}
impl<T: Single> ParseOne for T {}

single! {
    String, "TEXT";
    PathBuf, "PATH";
    i16, "NUMBER";
    i32, "NUMBER";
    i64, "NUMBER";
    u8, "NUMBER";
    u16, "NUMBER";
    u32, "NUMBER";
    u64, "NUMBER";
    usize, "NUMBER";
    f64, "NUMBER";
    Date, "DATE";
    Timestamp, "TIME";
}

#[cfg(feature = "decimal")]
single! { crate::value::Decimal, "NUMBER"; }

impl CliArg for bool {
    const STYLE: ArgStyle = ArgStyle::Flag;
    const VALUE_NAME: &'static str = "";
    fn read(given: &[String]) -> Result<Self, String> {
        Ok(!given.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_read_by_type() {
        let mut args = Args::default();
        args.push("limit", "5");
        args.push("files", "a");
        args.push("files", "b");
        args.push("dry_run", "");
        assert_eq!(args.take::<Option<u32>>("limit").unwrap(), Some(5));
        assert_eq!(args.take::<Option<u32>>("other").unwrap(), None);
        assert_eq!(args.take::<Vec<PathBuf>>("files").unwrap().len(), 2);
        assert!(args.take::<bool>("dry_run").unwrap() && !args.take::<bool>("force").unwrap());
        let error = args.take::<i32>("files").unwrap_err().to_string();
        assert!(error.starts_with("files: `a` is no number"), "{error}");
        assert_eq!(args.take::<String>("dry").unwrap_err().to_string(), "dry: is needed");
    }
}
