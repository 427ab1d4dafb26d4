//! Blocks of a template that none of its parents has: what stands in them is shown nowhere.

use std::collections::BTreeSet;

use quintet_core::near::nearest;

use crate::{
    loader::Loader,
    named::named_by,
    scan::{Tag, tags},
};

/// A block that was probably meant to be one of a parent's, and that one: its tag's place among `found`.
///
/// A block of another name may be a fragment, which is asked for by itself.
pub(super) fn strays(loader: &Loader, found: &[Tag<'_>]) -> Vec<(usize, String)> {
    let Some(theirs) = of_parents(loader, found) else { return Vec::new() };
    let own: BTreeSet<&str> = blocks(found).map(|(_, name, _)| name).collect();
    let outer = blocks(found).filter(|(_, name, depth)| *depth == 0 && !theirs.contains(*name));
    outer
        .filter_map(|(at, name, _)| {
            // One that is there as well is another one.
            let free = theirs.iter().map(String::as_str).filter(|theirs| !own.contains(theirs));
            Some((at, nearest(name, free)?.to_owned()))
        })
        .collect()
}

/// The names of the blocks of all parents; `None` where there are none, or a parent is computed or missing.
fn of_parents(loader: &Loader, found: &[Tag<'_>]) -> Option<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    let mut parent = parent_of(found)?;
    for _ in 0..100 {
        let text = loader.text(&parent)?;
        let found = tags(&text);
        names.extend(blocks(&found).map(|(_, name, _)| name.to_owned()));
        match found.iter().any(|tag| tag.statement() == Some("extends")) {
            true => parent = parent_of(&found)?,
            false => return Some(names),
        }
    }
    None
}

fn parent_of(found: &[Tag<'_>]) -> Option<String> {
    let tag = found.iter().find(|tag| tag.statement() == Some("extends"))?;
    named_by(tag)?.into_iter().next()
}

/// The blocks: place of the tag, name, how many blocks it stands in.
fn blocks<'t, 's>(found: &'t [Tag<'s>]) -> impl Iterator<Item = (usize, &'s str, usize)> + use<'t, 's> {
    let mut depth = 0usize;
    found.iter().enumerate().filter_map(move |(at, tag)| match tag.statement() {
        Some("block") => {
            depth += 1;
            Some((at, tag.subject()?, depth - 1))
        }
        Some("endblock") => {
            depth = depth.saturating_sub(1);
            None
        }
        _ => None,
    })
}
