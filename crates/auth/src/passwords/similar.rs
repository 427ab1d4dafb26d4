//! How alike a password and a name are: `difflib.SequenceMatcher.quick_ratio` of Python, as Django measures it.

use std::collections::HashMap;

/// Is `password` too like `value` or a part of it?
pub(super) fn too_similar(password: &str, value: &str, most: f64) -> bool {
    let password: Vec<char> = password.to_lowercase().chars().collect();
    let value = value.to_lowercase();
    let parts = value.split(|c: char| !(c.is_alphanumeric() || c == '_'));
    parts.chain([value.as_str()]).any(|part| {
        let part: Vec<char> = part.chars().collect();
        !much_longer(password.len(), part.len(), most) && alike(&password, &part) >= most
    })
}

/// So much longer that they can't be alike: Django's rule, which also keeps the work small.
#[expect(clippy::cast_precision_loss, reason = "lengths of texts")]
fn much_longer(password: usize, value: usize, most: f64) -> bool {
    password >= 10 * value && (value as f64) < most / 2.0 * password as f64
}

/// Twice the letters that they have in common, by all letters.
#[expect(clippy::cast_precision_loss, reason = "lengths of texts")]
fn alike(a: &[char], b: &[char]) -> f64 {
    if a.is_empty() && b.is_empty() {
        return 1.0;
    }
    let mut left: HashMap<char, usize> = HashMap::new();
    for letter in b {
        *left.entry(*letter).or_default() += 1;
    }
    let common = a.iter().filter(|letter| match left.get_mut(letter) {
        Some(count) if *count > 0 => {
            *count -= 1;
            true
        }
        _ => false,
    });
    2.0 * common.count() as f64 / (a.len() + b.len()) as f64
}
