//! What a migration is called.

use std::fmt;

/// A migration's name in the world: `cinema.0001_initial`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MigrationKey {
    /// The app's label.
    pub app: String,
    /// The file's name without `.toml`.
    pub name: String,
}

impl MigrationKey {
    /// The key of a migration.
    pub fn new(app: impl Into<String>, name: impl Into<String>) -> Self {
        MigrationKey { app: app.into(), name: name.into() }
    }

    /// The number that the next migration's is greater than: the one at the start of the name, or the last that a
    /// squashed migration stands for (`0001_squashed_0004_title` → 4); 0 if there is none.
    #[must_use]
    pub fn number(&self) -> u32 {
        let last = self.name.split_once("_squashed_").map_or(self.name.as_str(), |(_, last)| last);
        let digits = |text: &str| text.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok();
        digits(last).or_else(|| digits(&self.name)).unwrap_or(0)
    }
}

impl fmt::Display for MigrationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.app, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_that_of_the_last_migration_inside() {
        for (name, number) in [
            ("0001_initial", 1),
            ("0012", 12),
            ("0001_squashed_0004_title", 4),
            ("0003_squashed_fruit", 3),
            ("x", 0),
        ] {
            assert_eq!(MigrationKey::new("a", name).number(), number, "{name}");
        }
    }
}
