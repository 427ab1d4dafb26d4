/// A walk over foreign keys from a query's root model, as field indexes. Inline and `Copy`: paths never allocate.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct PathKey {
    len: u8,
    steps: [u16; PathKey::LONGEST],
}

impl PathKey {
    /// The most foreign keys in a row.
    pub const LONGEST: usize = 7;

    /// The root model itself.
    pub const ROOT: PathKey = PathKey { len: 0, steps: [0; PathKey::LONGEST] };

    /// One foreign key further.
    ///
    /// # Panics
    /// While compiling, where a path of columns is longer than [`LONGEST`](Self::LONGEST).
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "const code has no get_mut; the assertion is the bound")]
    pub const fn push(mut self, field: u16) -> Self {
        assert!((self.len as usize) < PathKey::LONGEST, "a path follows at most 7 foreign keys");
        self.steps[self.len as usize] = field;
        self.len += 1;
        self
    }

    /// The field indexes, from the root.
    #[must_use]
    pub fn steps(&self) -> &[u16] {
        self.steps.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// Is it the root model itself?
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.len == 0
    }

    /// The path before the last step, and that step.
    #[must_use]
    pub fn split(&self) -> Option<(PathKey, u16)> {
        let (last, before) = self.steps().split_last()?;
        Some((before.iter().fold(PathKey::ROOT, |path, step| path.push(*step)), *last))
    }

    /// This path taken from the end of `start` instead of from the root.
    ///
    /// Where both are longer together than a path can be, it [is too long](Self::is_too_long), which the renderer refuses.
    #[must_use]
    pub fn after(&self, start: PathKey) -> PathKey {
        if self.is_too_long()
            || start.is_too_long()
            || start.steps().len() + self.steps().len() > PathKey::LONGEST
        {
            return PathKey { len: u8::MAX, steps: start.steps };
        }
        self.steps().iter().fold(start, |path, step| path.push(*step))
    }

    /// Does it follow more foreign keys than a path has room for? It leads nowhere then.
    #[must_use]
    pub fn is_too_long(&self) -> bool {
        usize::from(self.len) > PathKey::LONGEST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_walked_and_split() {
        let path = PathKey::ROOT.push(3).push(1);
        assert_eq!(path.steps(), [3, 1]);
        assert_eq!(path.split(), Some((PathKey::ROOT.push(3), 1)));
        assert_eq!(PathKey::ROOT.split(), None);
        assert_eq!(path.after(PathKey::ROOT.push(9)).steps(), [9, 3, 1]);
        let long = path.after(path).after(path);
        assert!(
            !long.is_too_long()
                && long.after(path).is_too_long()
                && long.after(path).after(path).is_too_long()
        );
        assert!(path.after(long.after(path)).is_too_long() && !long.after(path).is_root());
    }
}
