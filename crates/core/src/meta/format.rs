use std::fmt;

use crate::valid;

/// What a text means, beyond being text: which check it must pass, and which widget or format shows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Nothing further.
    #[default]
    Plain,
    /// An address of mail.
    Email,
    /// A whole address of the web.
    Url,
    /// Letters and digits of ASCII, hyphens, underscores: a part of an address.
    Slug,
    /// A slug with letters of every script.
    UnicodeSlug,
    /// The name of a stored file.
    File,
    /// The name of a stored image.
    Image,
}

impl Format {
    /// The name as documents write it; `None` for plain text.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            Format::Plain => return None,
            Format::Email => "email",
            Format::Url => "uri",
            Format::Slug | Format::UnicodeSlug => "slug",
            Format::File => "file",
            Format::Image => "image",
        })
    }

    /// How long a column of it is where nobody says it, in characters.
    #[must_use]
    pub const fn max_length(self) -> Option<u32> {
        Some(match self {
            Format::Plain => return None,
            Format::Email => 254,
            Format::Url => 200,
            Format::Slug | Format::UnicodeSlug => 50,
            Format::File | Format::Image => 100,
        })
    }

    /// Is it the name of a file?
    #[must_use]
    pub const fn is_file(self) -> bool {
        matches!(self, Format::File | Format::Image)
    }

    /// What is wrong with this text, for the person who gave it.
    #[must_use]
    pub fn problem(self, text: &str) -> Option<&'static str> {
        let unless = |fine: bool, message| (!fine).then_some(message);
        match self {
            Format::Plain => None,
            Format::Email => unless(valid::is_email(text), "is no mail address such as ann@example.com"),
            Format::Url => unless(valid::is_url(text), "is no address such as https://example.com/"),
            Format::Slug => {
                unless(valid::is_slug(text), "only letters (a to z), digits, hyphens and underscores")
            }
            Format::UnicodeSlug => {
                unless(valid::is_unicode_slug(text), "only letters, digits, hyphens and underscores")
            }
            Format::File | Format::Image => valid::file_name_problem(text),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name().unwrap_or("plain"))
    }
}
