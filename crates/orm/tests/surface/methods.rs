//! The public methods of the ORM's surface, read from its source: what the table must have a row for.

use std::{collections::BTreeSet, fs, path::Path};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Where the surface is.
const PLACES: &[&str] = &["expr", "query", "relation", "dynamic", "write", "table.rs", "instance.rs"];

/// Macros whose items are methods of columns and expressions alike.
const OPERAND_MACROS: &[&str] = &["operand_methods", "parts", "functions", "aggregates"];

/// `Type::method` of every `pub fn` in an `impl Type`, and the free functions by their names.
pub(crate) fn methods() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for place in PLACES {
        visit(&root.join(place), &mut found);
    }
    found
}

fn visit(path: &Path, found: &mut BTreeSet<String>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            visit(&entry.unwrap().path(), found);
        }
    } else if path.extension().is_some_and(|extension| extension == "rs") {
        let source = fs::read_to_string(path).unwrap();
        items(source.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display())), None, found);
    }
}

/// What is inside an `impl`, a macro or a file, its methods named after `owner`.
fn items(tokens: TokenStream, owner: Option<&str>, found: &mut BTreeSet<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut hidden = false;
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            // `#[doc(hidden)]`, `#[cfg(test)]`
            TokenTree::Punct(hash) if hash.as_char() == '#' => {
                let text = tokens.get(at + 1).map(ToString::to_string).unwrap_or_default().replace(' ', "");
                hidden |= text == "[doc(hidden)]" || text == "[cfg(test)]";
                at += 1;
            }
            TokenTree::Ident(word) if word == "impl" => {
                let body = (at..tokens.len()).find(|i| is_braces(&tokens[*i])).unwrap();
                if let (false, Some(owner), TokenTree::Group(inside)) =
                    (hidden, self_type(&tokens[at + 1..body]), &tokens[body])
                {
                    items(inside.stream(), Some(&owner), found);
                }
                (at, hidden) = (body, false);
            }
            TokenTree::Ident(word) if word == "mod" => hidden |= is_braces_at(&tokens, at + 2),
            TokenTree::Ident(word) if word == "macro_rules" => {
                let name = tokens[at + 2].to_string();
                if let TokenTree::Group(inside) = &tokens[at + 3] {
                    rules(inside.stream(), &name, found);
                }
                at += 3;
            }
            TokenTree::Ident(word) if OPERAND_MACROS.contains(&word.to_string().as_str()) => {
                if let Some(TokenTree::Group(inside)) = tokens.get(at + 2) {
                    named(inside.stream(), found);
                    items(inside.stream(), Some("Operand"), found);
                    at += 2;
                }
            }
            TokenTree::Ident(word) if word == "pub" => {
                let public = !matches!(tokens.get(at + 1), Some(TokenTree::Group(_)));
                let mut next = at + 1;
                while tokens
                    .get(next)
                    .is_some_and(|token| ["const", "async"].contains(&token.to_string().as_str()))
                {
                    next += 1;
                }
                let is_fn = tokens.get(next).is_some_and(|token| token.to_string() == "fn");
                if let (true, false, true, Some(TokenTree::Ident(name))) =
                    (public, hidden, is_fn, tokens.get(next + 1))
                {
                    found.insert(owner.map_or(name.to_string(), |owner| format!("{owner}::{name}")));
                }
                hidden = false;
            }
            TokenTree::Punct(end) if end.as_char() == ';' => hidden = false,
            token if is_braces(token) => hidden = false,
            _ => {}
        }
        at += 1;
    }
}

/// The arms of a macro: methods of columns and expressions, where it is one of theirs.
fn rules(tokens: TokenStream, name: &str, found: &mut BTreeSet<String>) {
    if OPERAND_MACROS.contains(&name) {
        for token in tokens {
            if let TokenTree::Group(inside) = token {
                items(inside.stream(), Some("Operand"), found);
            }
        }
    }
}

/// `name = Variant;` in the macros that make a method of each.
fn named(tokens: TokenStream, found: &mut BTreeSet<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for window in tokens.windows(4) {
        if let [TokenTree::Ident(name), TokenTree::Punct(is), TokenTree::Ident(_), TokenTree::Punct(end)] =
            window
            && (is.as_char(), end.as_char()) == ('=', ';')
        {
            found.insert(format!("Operand::{name}"));
        }
    }
}

fn is_braces(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
}

fn is_braces_at(tokens: &[TokenTree], at: usize) -> bool {
    tokens.get(at).is_some_and(is_braces)
}

/// The type of an inherent `impl`; `None` for that of a trait, whose methods are the trait's.
fn self_type(head: &[TokenTree]) -> Option<String> {
    let (mut depth, mut owner) = (0, None);
    for (i, token) in head.iter().enumerate() {
        match token {
            TokenTree::Punct(p) if p.as_char() == '<' => depth += 1,
            // Not that of an arrow.
            TokenTree::Punct(p)
                if p.as_char() == '>'
                    && !matches!(head.get(i.wrapping_sub(1)), Some(TokenTree::Punct(p)) if p.as_char() == '-') =>
            {
                depth -= 1;
            }
            TokenTree::Ident(word) if depth == 0 && word == "for" => return None,
            TokenTree::Ident(word) if depth == 0 && word == "where" => break,
            TokenTree::Ident(word) if depth == 0 => owner = Some(word.to_string()),
            _ => {}
        }
    }
    owner
}

#[test]
fn methods_are_found_in_blocks_and_macros() {
    let found = methods();
    for known in [
        "Operand::eq",
        "Operand::year",
        "Operand::sum",
        "Operand::sqrt",
        "QuerySet::filter",
        "Table::all",
        "Expr::filter",
        "Many::any",
        "FkCol::key",
        "Draft::or_get",
        "DynSet::filter",
        "Window::rows",
        "rank",
        "raw",
        "Cond::all_of",
    ] {
        assert!(found.contains(known), "{known}");
    }
    // Neither hidden ones nor those of this crate alone.
    for hidden in ["Draft::of", "QuerySet::of", "QuerySet::into_select", "HasMany::unloaded"] {
        assert!(!found.contains(hidden), "{hidden}");
    }
}
