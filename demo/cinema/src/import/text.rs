//! Repairs for text that was damaged on its way into the file. Each looks for one fault and leaves everything else alone.

/// A repair: the mended text, or `None` if the text does not have the fault.
type Repair = fn(&str) -> Option<String>;

/// The repairs in the order they are made, each with the reason that the report gives.
pub const REPAIRS: [(&str, Repair); 3] = [
    ("Latin-1 letters read as Mac Roman, put back", unscrambled),
    ("runs of blanks made one", spaced),
    ("doubled quotation marks of a CSV file made single", unquoted),
];

/// What the bytes of western European letters look like once Latin-1 was read as Mac Roman: the byte `E9` is `é` in the one and
/// `È` in the other. Only the letters that the source has.
const SCRAMBLED: [(char, char); 12] = [
    ('È', 'é'),
    ('Ë', 'è'),
    ('Í', 'ê'),
    ('Î', 'ë'),
    ('Ù', 'ô'),
    ('Û', 'ó'),
    ('˘', 'ù'),
    ('‡', 'à'),
    ('·', 'á'),
    ('‰', 'ä'),
    ('Ω', '½'),
    ('Ö', '…'),
];

/// `AstÈrix` to `Astérix`. A word may begin with `È` (`Ève`) and a name may have an `Ö` (`Öland`), so a letter is only put back
/// inside a word, a fraction only behind a digit, and an ellipsis only where the sign stands alone.
fn unscrambled(text: &str) -> Option<String> {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    for (i, c) in chars.iter().enumerate() {
        let before = i.checked_sub(1).and_then(|i| chars.get(i)).copied().unwrap_or(' ');
        let after = chars.get(i + 1).copied().unwrap_or(' ');
        let fits = match c {
            'Ω' => before.is_ascii_digit(),
            'Ö' => before == ' ' && after == ' ',
            _ => before.is_alphabetic() && !(before.is_uppercase() && after.is_uppercase()),
        };
        let mended = SCRAMBLED.iter().find(|(scrambled, _)| scrambled == c).filter(|_| fits);
        // The ellipsis was set behind the word, not between two.
        if *c == 'Ö' && mended.is_some() {
            out.pop();
        }
        out.push(mended.map_or(*c, |(_, meant)| *meant));
    }
    (out != text).then_some(out)
}

/// One blank between words, none around them.
fn spaced(text: &str) -> Option<String> {
    let out = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (out != text).then_some(out)
}

/// `""King Jeff""` to `"King Jeff"`: CSV doubles a quotation mark inside a quoted field.
fn unquoted(text: &str) -> Option<String> {
    text.contains("\"\"").then(|| text.replace("\"\"", "\""))
}

/// `Barbarians, The` to `The Barbarians`; `None` if the title is not written for an index.
#[must_use]
pub fn unfiled(title: &str) -> Option<String> {
    let (rest, article) = title.rsplit_once(", ")?;
    ["The", "A", "An"].contains(&article).then(|| format!("{article} {rest}"))
}

/// Whether a name is only a way of saying that there is none.
#[must_use]
pub fn means_unknown(name: &str) -> bool {
    let lower = name.to_lowercase();
    ["unknown", "distributor unknown", "director unknown", "multiple creative types", "n/a", "none", "-", "?"]
        .contains(&lower.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_go_back_where_they_were_scrambled_and_only_there() {
        for (before, after) in [
            ("AstÈrix aux Jeux Olympiques", "Astérix aux Jeux Olympiques"),
            ("De battre mon coeur s'est arrÍtÈ", "De battre mon coeur s'est arrêté"),
            ("Per qualche dollaro in pi˘", "Per qualche dollaro in più"),
            ("The Naked Gun 2Ω: The Smell of Fear", "The Naked Gun 2½: The Smell of Fear"),
            ("I Love You Ö Don't Touch Me!", "I Love You… Don't Touch Me!"),
            ("LÈon", "Léon"),
            ("Die F‰lscher", "Die Fälscher"),
            ("DÈj‡ Vu", "Déjà Vu"),
            ("Obsluhoval jsem anglickÈho kr·le", "Obsluhoval jsem anglického krále"),
        ] {
            assert_eq!(unscrambled(before).as_deref(), Some(after));
            assert_eq!(unscrambled(after), None, "a mended title is not mended again");
        }
        for whole in ["Alien³", "Ri¢hie Ri¢h", "Ève", "Öland", "CAFÈS", "Omega Ω", "Amélie"] {
            assert_eq!(unscrambled(whole), None, "{whole}");
        }
    }

    #[test]
    fn blanks_marks_and_articles() {
        assert_eq!(spaced(" The Helix...  Loaded").as_deref(), Some("The Helix... Loaded"));
        assert_eq!(spaced("The Helix"), None);
        assert_eq!(unquoted("Jeff \"\"King Jeff\"\" Hollins").as_deref(), Some("Jeff \"King Jeff\" Hollins"));
        assert_eq!(unquoted("Jeff \"King Jeff\" Hollins"), None);
        assert_eq!(
            unfiled("Story of Bonnie and Clyde, The").as_deref(),
            Some("The Story of Bonnie and Clyde")
        );
        assert_eq!(unfiled("The Good, the Bad and the Ugly"), None);
        assert!(means_unknown("Distributor Unknown") && !means_unknown("The Unknown"));
    }
}
