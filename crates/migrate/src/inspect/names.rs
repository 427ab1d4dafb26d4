//! Rust's names for what a database calls otherwise.

/// Words that no field can be called.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
    "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static",
    "struct", "super", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual",
    "where", "while", "yield",
];

/// Types that a model of the same name would hide from its own fields or from what everybody writes around it.
const TAKEN: &[&str] = &[
    "Arc",
    "Box",
    "Clone",
    "Copy",
    "Date",
    "Db",
    "Debug",
    "Decimal",
    "Default",
    "Drop",
    "Eq",
    "Err",
    "Error",
    "Fn",
    "ForeignKey",
    "From",
    "Hash",
    "HasMany",
    "HasOne",
    "Into",
    "IpAddr",
    "Iterator",
    "JsonValue",
    "ManyToMany",
    "Model",
    "None",
    "Ok",
    "OneToOne",
    "Option",
    "Ord",
    "Result",
    "Self",
    "Send",
    "SignedDuration",
    "Some",
    "StoredFile",
    "StoredImage",
    "String",
    "Sync",
    "Time",
    "Timestamp",
    "ToOwned",
    "ToString",
    "Tx",
    "Uuid",
    "Value",
    "Vec",
];

/// Is it a letter that Rust takes in a name, or a digit? Of other alphabets only those that people write tables in.
fn is_letter(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || (c.is_alphabetic()
            && matches!(c, '\u{c0}'..='\u{24f}' | '\u{370}'..='\u{3ff}' | '\u{400}'..='\u{4ff}' | '\u{3041}'..='\u{30ff}'
                | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}'))
}

/// `OrderId`, `order id` and `ORDER_ID` are `order_id`.
pub(super) fn snake(name: &str) -> String {
    let cased = if name.chars().any(char::is_lowercase) {
        quintet_core::meta::snake_case(name)
    } else {
        name.to_lowercase()
    };
    let mut out = String::new();
    for c in cased.to_lowercase().chars() {
        if is_letter(c) {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with('_') {
            out.push('_');
        }
    }
    let out = out.trim_end_matches('_');
    match out.chars().next() {
        None => "unnamed".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("n{out}"),
        Some(_) => out.to_owned(),
    }
}

/// The name of a field.
pub(super) fn field(column: &str) -> String {
    let name = snake(column);
    if KEYWORDS.contains(&name.as_str()) { format!("{name}_") } else { name }
}

/// `order_items` is `OrderItem`.
pub(super) fn model(table: &str) -> String {
    let snake = snake(table);
    let (start, last) = match snake.rsplit_once('_') {
        Some((start, last)) => (start, last),
        None => ("", snake.as_str()),
    };
    let mut out = String::new();
    let last = singular(last);
    for word in start.split('_').chain([last.as_str()]) {
        let mut chars = word.chars();
        if let Some(first) = chars.next() {
            out.extend(first.to_uppercase());
            out.push_str(chars.as_str());
        }
    }
    if TAKEN.contains(&out.as_str()) { format!("{out}Row") } else { out }
}

/// Plurals that follow no rule, and words that only look like one.
const ODD: &[(&str, &str)] = &[
    ("addresses", "address"),
    ("children", "child"),
    ("data", "data"),
    ("feet", "foot"),
    ("indices", "index"),
    ("matrices", "matrix"),
    ("media", "media"),
    ("men", "man"),
    ("mice", "mouse"),
    ("movies", "movie"),
    ("news", "news"),
    ("people", "person"),
    ("series", "series"),
    ("species", "species"),
    ("cookies", "cookie"),
    ("vertices", "vertex"),
    ("women", "woman"),
    ("caches", "cache"),
];

/// `countries` is `country`, `boxes` is `box`; what is no plural stays.
fn singular(word: &str) -> String {
    if let Some((_, one)) = ODD.iter().find(|(many, _)| *many == word) {
        return (*one).to_owned();
    }
    let without = |end: &str| word.strip_suffix(end).filter(|stem| stem.len() > 1);
    if let Some(stem) = without("ies") {
        return format!("{stem}y");
    }
    for end in ["sses", "shes", "ches", "xes", "zzes"] {
        if word.ends_with(end) && word.len() > end.len() {
            return word.strip_suffix("es").unwrap_or(word).to_owned();
        }
    }
    let kept = ["alias", "atlas", "canvas", "chaos", "gas"].contains(&word);
    if kept || ["ss", "us", "is"].iter().any(|end| word.ends_with(end)) {
        return word.to_owned();
    }
    without("s").unwrap_or(word).to_owned()
}

/// `country` is `countries`, `box` is `boxes`.
pub(super) fn plural(word: &str) -> String {
    let (start, last) = match word.rsplit_once('_') {
        Some((start, last)) => (format!("{start}_"), last),
        None => (String::new(), word),
    };
    if let Some((many, _)) = ODD.iter().find(|(_, one)| *one == last) {
        return format!("{start}{many}");
    }
    let ends = |endings: &[&str]| endings.iter().any(|ending| last.ends_with(ending));
    match last.strip_suffix('y') {
        Some(stem) if !ends(&["ay", "ey", "iy", "oy", "uy"]) => format!("{start}{stem}ies"),
        _ if ends(&["s", "x", "z", "ch", "sh"]) => format!("{start}{last}es"),
        _ => format!("{start}{last}s"),
    }
}

/// The first of `name`, `name_2`, `name_3` … that is free.
pub(super) fn free(name: String, taken: impl Fn(&str) -> bool) -> String {
    let numbered = (2u32..).map(|number| {
        if name.ends_with('_') { format!("{name}{number}") } else { format!("{name}_{number}") }
    });
    std::iter::once(name.clone()).chain(numbered).find(|name| !taken(name)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_and_columns_have_names_that_rust_takes() {
        for (table, name) in [
            ("cinema_film", "CinemaFilm"),
            ("order_items", "OrderItem"),
            ("OrderItems", "OrderItem"),
            ("countries", "Country"),
            ("addresses", "Address"),
            ("boxes", "BoxRow"),
            ("status", "Status"),
            ("people", "Person"),
            ("2fa tokens", "N2faToken"),
            ("dates", "DateRow"),
            ("%$", "Unnamed"),
            ("strasse_ähre", "StrasseÄhre"),
        ] {
            assert_eq!(model(table), name, "{table}");
        }
        for (column, name) in [
            ("type", "type_"),
            ("CustomerId", "customer_id"),
            ("PLAIN_SHOUT", "plain_shout"),
            ("a  b--c", "a_b_c"),
            ("_hidden", "hidden"),
            ("1st", "n1st"),
            ("self", "self_"),
            ("a__b", "a_b"),
        ] {
            assert_eq!(field(column), name, "{column}");
        }
        assert_eq!(plural("order_person"), "order_people");
        assert_eq!(plural("day"), "days");
        assert_eq!(free("a".to_owned(), |name| ["a", "a_2"].contains(&name)), "a_3");
    }
}
