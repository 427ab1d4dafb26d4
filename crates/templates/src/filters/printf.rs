//! `stringformat`: a number or a text by one conversion of C's `printf`, as Python has it.

use minijinja::{
    Environment, Error,
    value::{Value, ValueKind},
};

use super::{
    numbers::decimal,
    pass,
    python::{keep, whole},
    text_of, wrong,
};

pub(super) fn add(env: &mut Environment<'static>) {
    env.add_filter("stringformat", stringformat);
}

/// `{{ 7|stringformat("03d") }}`: 007. The `%` at its start is left out.
fn stringformat(value: &Value, format: &str) -> Result<Value, Error> {
    pass!(value);
    let fault = || {
        wrong(format!(
            "`{format}` is no format for this value: flags, width, precision and one of s d x X o e f g c, such as \"05.1f\""
        ))
    };
    let spec = Spec::of(format).ok_or_else(fault)?;
    let shown = spec.show(value).ok_or_else(fault)?;
    Ok(keep(value, shown + spec.behind))
}

#[derive(Default)]
struct Spec<'a> {
    left: bool,
    plus: bool,
    blank: bool,
    alternate: bool,
    zero: bool,
    width: usize,
    precision: Option<usize>,
    conversion: char,
    /// What stands behind the conversion.
    behind: &'a str,
}

/// Nobody shows more columns than this.
const WIDEST: usize = 10_000;

impl<'a> Spec<'a> {
    fn of(format: &'a str) -> Option<Self> {
        let mut spec = Spec::default();
        let flags = format.len() - format.trim_start_matches(['-', '+', ' ', '#', '0']).len();
        for flag in format.get(..flags)?.chars() {
            match flag {
                '-' => spec.left = true,
                '+' => spec.plus = true,
                ' ' => spec.blank = true,
                '#' => spec.alternate = true,
                _ => spec.zero = true,
            }
        }
        let number = |text: &'a str| -> Option<(Option<usize>, &'a str)> {
            let (digits, rest) =
                text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
            if digits.is_empty() {
                return Some((None, rest));
            }
            Some((Some(digits.parse().ok().filter(|n| *n <= WIDEST)?), rest))
        };
        let (width, rest) = number(format.get(flags..)?)?;
        spec.width = width.unwrap_or(0);
        let rest = match rest.strip_prefix('.') {
            Some(rest) => {
                let (precision, rest) = number(rest)?;
                spec.precision = Some(precision.unwrap_or(0));
                rest
            }
            None => rest,
        };
        let rest = rest.trim_start_matches(['h', 'l', 'L']);
        spec.conversion = rest.chars().next()?;
        spec.behind = rest.get(spec.conversion.len_utf8()..)?;
        // A second value is not there.
        (!spec.behind.contains('%')).then_some(spec)
    }

    fn show(&self, value: &Value) -> Option<String> {
        Some(match self.conversion {
            's' => self.text(&text_of(value)),
            'c' => self.padded("", &character(value)?, false),
            'd' | 'i' | 'u' => {
                // A text is not a number here.
                let number = whole(value).filter(|_| value.as_str().is_none())?;
                self.number(number < 0, "", &self.digits(number.unsigned_abs().to_string()))
            }
            'x' | 'X' | 'o' => {
                // Nor is what has a fraction.
                let number =
                    whole(value).filter(|_| value.is_integer() || value.kind() == ValueKind::Bool)?;
                let (prefix, digits) = match self.conversion {
                    'x' => ("0x", format!("{:x}", number.unsigned_abs())),
                    'X' => ("0X", format!("{:X}", number.unsigned_abs())),
                    _ => ("0o", format!("{:o}", number.unsigned_abs())),
                };
                self.number(number < 0, if self.alternate { prefix } else { "" }, &self.digits(digits))
            }
            'e' | 'E' | 'f' | 'F' | 'g' | 'G' => {
                let number = match decimal(value).filter(|_| value.as_str().is_none()) {
                    Some(exact) => exact.to_string().parse().ok()?,
                    None if value.kind() == ValueKind::Bool => f64::from(u8::from(value.is_true())),
                    None => f64::try_from(value.clone()).ok()?,
                };
                self.float(number)
            }
            _ => return None,
        })
    }

    fn digits(&self, digits: String) -> String {
        format!("{digits:0>width$}", width = self.precision.unwrap_or(0))
    }

    fn text(&self, text: &str) -> String {
        let cut: String = match self.precision {
            Some(most) => text.chars().take(most).collect(),
            None => text.to_owned(),
        };
        self.padded("", &cut, false)
    }

    fn number(&self, negative: bool, prefix: &str, digits: &str) -> String {
        let sign = match () {
            () if negative => "-",
            () if self.plus => "+",
            () if self.blank => " ",
            () => "",
        };
        self.padded(&format!("{sign}{prefix}"), digits, self.zero)
    }

    fn float(&self, number: f64) -> String {
        let places = self.precision.unwrap_or(6);
        let size = number.abs();
        let capital = self.conversion.is_uppercase();
        let shown = if !size.is_finite() {
            if size.is_nan() { "nan".to_owned() } else { "inf".to_owned() }
        } else {
            match self.conversion.to_ascii_lowercase() {
                'e' => exponent(size, places),
                'f' => format!("{size:.places$}"),
                _ => self.general(size, places.max(1)),
            }
        };
        let shown = if capital { shown.to_uppercase() } else { shown };
        self.number(number.is_sign_negative() && !number.is_nan(), "", &shown)
    }

    /// So many digits that count, without zeros at their end.
    fn general(&self, size: f64, digits: usize) -> String {
        let scientific = exponent(size, digits - 1);
        let power: i32 = scientific.split_once('e').and_then(|(_, e)| e.parse().ok()).unwrap_or(0);
        let bare = |text: &str| match text.contains('.') && !self.alternate {
            true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
            false => text.to_owned(),
        };
        let most = i32::try_from(digits).unwrap_or(i32::MAX);
        if power < -4 || power >= most {
            let (number, exponent) = scientific.split_once('e').unwrap_or((&scientific, "+00"));
            return format!("{}e{exponent}", bare(number));
        }
        let places = usize::try_from(most - 1 - power).unwrap_or(0);
        bare(&format!("{size:.places$}"))
    }

    fn padded(&self, sign: &str, text: &str, zeros: bool) -> String {
        let missing = self.width.saturating_sub(sign.chars().count() + text.chars().count());
        if self.left {
            format!("{sign}{text}{}", " ".repeat(missing))
        } else if zeros {
            format!("{sign}{}{text}", "0".repeat(missing))
        } else {
            format!("{}{sign}{text}", " ".repeat(missing))
        }
    }
}

fn exponent(size: f64, places: usize) -> String {
    let text = format!("{size:.places$e}");
    let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, power) = power.strip_prefix('-').map_or(('+', power), |p| ('-', p));
    format!("{digits}e{sign}{power:0>2}")
}

fn character(value: &Value) -> Option<String> {
    if let Some(text) = value.as_str() {
        return (text.chars().count() == 1).then(|| text.to_owned());
    }
    let code = whole(value).filter(|_| value.is_integer() || value.kind() == ValueKind::Bool)?;
    char::from_u32(u32::try_from(code).ok()?).map(String::from)
}
