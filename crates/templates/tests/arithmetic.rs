//! Decimals, days and durations are calculated with, and what can't be says why.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use quintet_core::Value;
use support::{Values, engine, render, text, values};

fn given() -> Values {
    values([
        ("price", Value::Decimal("12.50".parse().unwrap())),
        ("low", Value::Decimal("-0.1".parse().unwrap())),
        ("huge", Value::Decimal("79228162514264337593543950335".parse().unwrap())),
        ("n", Value::Int(3)),
        ("half", Value::Float(0.5)),
        ("released", Value::Date("1979-05-25".parse().unwrap())),
        ("shown", Value::DateTime("1979-05-25T20:15:00Z".parse().unwrap())),
        ("length", Value::Duration("PT1H57M".parse().unwrap())),
        ("week", Value::Duration("PT168H".parse().unwrap())),
        ("at", Value::Time("20:15:00".parse().unwrap())),
        ("title", text("Alien")),
        ("rows", Value::List(vec![Value::Int(1), Value::Int(2)])),
    ])
}

#[test]
fn decimals_stay_exact() {
    for (expression, expected) in [
        ("price * 2", "25.00"),
        ("price * n + low", "37.40"),
        ("low + low + low == -0.3", "true"),
        ("price - 0.1", "12.40"),
        ("price / 4 == 3.125", "true"),
        ("price // 4", "3"),
        ("low // 1", "-1"),
        ("price % 4", "0.50"),
        ("-price % 4", "3.50"),
        ("price ** 2", "156.2500"),
        ("2 * price ** -1", "0.16"),
        ("-price", "-12.50"),
        ("-price|abs", "12.50"),
        ("--price", "12.50"),
        ("price * half", "6.250"),
        ("n * price > 37 and price + 1 < 14", "true"),
        ("(price * 2)|floatformat(1) ~ ' €'", "25.0 €"),
        ("[price * 2, price]|min", "12.50"),
        ("rows|map('add', price)|join(' ')", "13.50 14.50"),
        ("price if price * 2 > 20 else 0", "12.50"),
        ("range(n + 1)[n - 1:]|list", "[2, 3]"),
        // As in the language.
        ("n * 2 + 1", "7"),
        ("7 / 2", "3.5"),
        ("7 // 2 ~ 7 % 2", "31"),
        ("title * 2", "AlienAlien"),
        ("title + '!'", "Alien!"),
        ("rows + [3]", "[1, 2, 3]"),
        ("2 ** 10", "1024"),
        ("9223372036854775807 + 1", "9223372036854775808"),
    ] {
        let engine = engine(&[("t.txt", &format!("{{{{ {expression} }}}}"))]);
        assert_eq!(render(&engine, "t.txt", &given()).unwrap(), expected, "{expression}");
    }
}

#[test]
fn days_and_durations_are_added_and_taken_apart() {
    for (expression, expected) in [
        ("released + week", "1979-06-01"),
        ("week + released", "1979-06-01"),
        ("released - week", "1979-05-18"),
        ("released + length", "1979-05-25T01:57:00Z"),
        ("shown + length", "1979-05-25T22:12:00Z"),
        ("(shown - released).hours", "20"),
        ("(released - '1979-05-01'|date('Y-m-d')).days if false else 0", "0"),
        ("((released + week) - released).days", "7"),
        ("length + length", "PT3H54M"),
        ("week - length > length", "true"),
        ("length * 2", "PT3H54M"),
        ("2 * length / 2 == length", "true"),
        ("week / 7", "PT24H"),
        ("(week / length)|round(2)", "86.15"),
        ("-length", "-PT1H57M"),
    ] {
        let engine = engine(&[("t.txt", &format!("{{{{ {expression} }}}}"))]);
        assert_eq!(render(&engine, "t.txt", &given()).unwrap(), expected, "{expression}");
    }
}

#[test]
fn what_can_not_be_calculated_says_why_and_where() {
    for (expression, told) in [
        ("price * title", "a decimal (12.50) can't be multiplied by a text"),
        ("title + price", "a text can't be added to a decimal (12.50)"),
        ("price / 0", "a decimal (12.50) can't be divided by 0"),
        ("price % low * 0 % (low - low)", "can't be divided by 0"),
        ("huge * 2", "is too large for a decimal"),
        ("price ** 5000", "is too large for a decimal"),
        ("released + 5", "a date (1979-05-25) can't be added to a number (5)"),
        ("released + released", "a date (1979-05-25) can't be added to a date (1979-05-25)"),
        ("at + length", "a time (20:15:00) can't be added to a duration"),
        ("released - price", "can't be reduced by a decimal (12.50)"),
        ("-released", "a date (1979-05-25) has no opposite"),
        ("price + nothing", "`nothing` is missing"),
        ("-nothing", "`nothing` is missing"),
        ("1 + nothing", "`nothing` is missing"),
        ("title - 1", "tried to use - operator on unsupported types string and number"),
        ("n / 0", "unable to calculate 3 / 0"),
    ] {
        let engine = engine(&[("t.html", &format!("<p>\n{{{{ 1 if n else 2 }}}} {{{{ {expression} }}}}"))]);
        let error = render(&engine, "t.html", &given()).unwrap_err();
        assert!(error.to_string().contains(told), "{expression}: {error}");
        let place = error.place().unwrap();
        assert_eq!(place.line, 2, "{expression}");
        assert!((19..=19 + expression.len() + 4).contains(&place.column), "{expression}: {}", place.column);
    }
}
