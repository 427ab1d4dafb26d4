//! `date` and `time`, with the format letters of Django: `{{ film.released|date("j F Y") }}`.
//!
//! Instants are shown in the [current zone](quintet_core::zone). Text in ISO form is taken as the date, time or instant it spells.

use jiff::{Timestamp, Zoned, civil};
use minijinja::{Environment, Error, value::Value};
use quintet_core::zone;

use super::{pass, wrong};
use crate::value::{Exact, Local, offset};

pub(super) fn add(env: &mut Environment<'static>) {
    env.add_filter("date", |value: &Value, format: Option<&str>| {
        show(value, format.filter(|format| !format.is_empty()).unwrap_or("DATE_FORMAT"), "date")
    });
    env.add_filter("time", |value: &Value, format: Option<&str>| {
        show(value, format.filter(|format| !format.is_empty()).unwrap_or("TIME_FORMAT"), "time")
    });
}

/// What a filter for dates was given.
#[derive(Clone)]
enum Given {
    Day(civil::Date),
    Clock(civil::Time),
    Both(Zoned),
}

impl Given {
    fn date(&self, letter: char) -> Result<civil::Date, Error> {
        match self {
            Given::Day(date) => Ok(*date),
            Given::Both(both) => Ok(both.date()),
            Given::Clock(_) => {
                Err(wrong(format!("a time has no date: the letter `{letter}` can't be shown")))
            }
        }
    }

    fn time(&self, letter: char) -> Result<civil::Time, Error> {
        match self {
            Given::Clock(time) => Ok(*time),
            Given::Both(both) => Ok(both.time()),
            Given::Day(_) => Err(wrong(format!("a date has no time: the letter `{letter}` can't be shown"))),
        }
    }
}

/// The exact value in a template's value or in the text that spells it.
pub(super) fn exact(value: &Value, filter: &str) -> Result<Exact, Error> {
    if let Some(exact @ (Exact::Date(_) | Exact::Time(_) | Exact::DateTime(_))) = Exact::of(value) {
        return Ok(exact);
    }
    let text = value.as_str().unwrap_or_default().trim();
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(Exact::DateTime(at));
    }
    // Before a date, as "1979-05-25T20:15" would be read as one, too.
    if text.contains(['T', ' '])
        && let Ok(local) = text.parse::<civil::DateTime>()
        && let Ok(zoned) = local.to_zoned(zone::current())
    {
        return Ok(Exact::DateTime(zoned.timestamp()));
    }
    if let Ok(date) = text.parse::<civil::Date>() {
        return Ok(Exact::Date(date));
    }
    text.parse::<civil::Time>()
        .map(Exact::Time)
        .map_err(|_| wrong(format!("`{filter}` needs a date, a time or text in ISO form, not `{value}`")))
}

fn show(value: &Value, format: &str, filter: &str) -> Result<Value, Error> {
    pass!(value);
    let given = match exact(value, filter)? {
        Exact::Date(date) => Given::Day(date),
        Exact::Time(time) => Given::Clock(time),
        Exact::DateTime(at) => Given::Both(match value.downcast_object_ref::<Local>() {
            Some(local) => local.0.clone(),
            None => at.to_zoned(zone::current()),
        }),
        Exact::Decimal(_) | Exact::Duration(_) => {
            return Err(wrong(format!("`{filter}` needs a date or a time")));
        }
    };
    let format = match format {
        "DATE_FORMAT" => "N j, Y",
        "TIME_FORMAT" => "P",
        "DATETIME_FORMAT" => "N j, Y, P",
        "SHORT_DATE_FORMAT" => "m/d/Y",
        "SHORT_DATETIME_FORMAT" => "m/d/Y P",
        "YEAR_MONTH_FORMAT" => "F Y",
        "MONTH_DAY_FORMAT" => "F j",
        other => other,
    };
    let mut out = String::with_capacity(format.len() * 2);
    let mut letters = format.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => out.extend(letters.next()),
            'c' | 'r' | 'U' => out.push_str(&whole(&given, letter)?),
            'a' | 'A' | 'f' | 'g' | 'G' | 'h' | 'H' | 'i' | 'P' | 's' | 'u' => {
                out.push_str(&of_time(given.time(letter)?, letter));
            }
            'e' | 'T' | 'O' | 'Z' | 'I' => out.push_str(&of_zone(&given, letter)?),
            'b' | 'd' | 'D' | 'E' | 'F' | 'j' | 'l' | 'L' | 'm' | 'M' | 'n' | 'N' | 'o' | 'S' | 't' | 'w'
            | 'W' | 'y' | 'Y' | 'z' => out.push_str(&of_date(given.date(letter)?, letter)),
            other => out.push(other),
        }
    }
    Ok(Value::from(out))
}

const MONTHS: [(&str, &str); 12] = [
    ("January", "Jan."),
    ("February", "Feb."),
    ("March", "March"),
    ("April", "April"),
    ("May", "May"),
    ("June", "June"),
    ("July", "July"),
    ("August", "Aug."),
    ("September", "Sept."),
    ("October", "Oct."),
    ("November", "Nov."),
    ("December", "Dec."),
];

const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

fn month(date: civil::Date) -> (&'static str, &'static str) {
    let at = usize::try_from(date.month() - 1).unwrap_or_default();
    MONTHS.get(at).copied().unwrap_or_default()
}

fn weekday(date: civil::Date) -> &'static str {
    let at = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or_default();
    DAYS.get(at).copied().unwrap_or_default()
}

fn first(name: &str) -> String {
    name.chars().take(3).collect()
}

fn of_date(date: civil::Date, letter: char) -> String {
    let day = date.day();
    match letter {
        'b' => first(month(date).0).to_lowercase(),
        'd' => format!("{day:02}"),
        'D' => first(weekday(date)),
        'E' | 'F' => month(date).0.to_owned(),
        'j' => day.to_string(),
        'l' => weekday(date).to_owned(),
        'L' => if date.in_leap_year() { "True" } else { "False" }.to_owned(),
        'm' => format!("{:02}", date.month()),
        'M' => first(month(date).0),
        'n' => date.month().to_string(),
        'N' => month(date).1.to_owned(),
        'o' => date.iso_week_date().year().to_string(),
        'S' => match (day % 10, day / 10) {
            (_, 1) => "th",
            (1, _) => "st",
            (2, _) => "nd",
            (3, _) => "rd",
            _ => "th",
        }
        .to_owned(),
        't' => date.days_in_month().to_string(),
        'w' => date.weekday().to_sunday_zero_offset().to_string(),
        'W' => date.iso_week_date().week().to_string(),
        'y' => format!("{:02}", date.year().rem_euclid(100)),
        'z' => date.day_of_year().to_string(),
        _ => format!("{:04}", date.year()),
    }
}

fn of_time(time: civil::Time, letter: char) -> String {
    let (hour, minute) = (time.hour(), time.minute());
    let twelve = if hour % 12 == 0 { 12 } else { hour % 12 };
    let half = if hour < 12 { "a.m." } else { "p.m." };
    match letter {
        'a' => half.to_owned(),
        'A' => if hour < 12 { "AM" } else { "PM" }.to_owned(),
        'f' if minute == 0 => twelve.to_string(),
        'f' => format!("{twelve}:{minute:02}"),
        'g' => twelve.to_string(),
        'G' => hour.to_string(),
        'h' => format!("{twelve:02}"),
        'H' => format!("{hour:02}"),
        'i' => format!("{minute:02}"),
        's' => format!("{:02}", time.second()),
        'u' => format!("{:06}", time.subsec_nanosecond() / 1000),
        _ => match (hour, minute) {
            (0, 0) => "midnight".to_owned(),
            (12, 0) => "noon".to_owned(),
            (_, 0) => format!("{twelve} {half}"),
            _ => format!("{twelve}:{minute:02} {half}"),
        },
    }
}

/// Of the time zone.
fn of_zone(given: &Given, letter: char) -> Result<String, Error> {
    let at = match given {
        Given::Both(at) => at,
        Given::Clock(_) => return Ok(String::new()),
        Given::Day(_) => {
            return Err(wrong(format!("a date has no time zone: the letter `{letter}` can't be shown")));
        }
    };
    let info = at.time_zone().to_offset_info(at.timestamp());
    Ok(match letter {
        'e' | 'T' => info.abbreviation().to_owned(),
        'O' => offset(at).replace(':', ""),
        'Z' => at.offset().seconds().to_string(),
        _ => if info.dst().is_dst() { "1" } else { "0" }.to_owned(),
    })
}

/// Forms that spell the whole: ISO 8601, RFC 5322, seconds since 1970.
fn whole(given: &Given, letter: char) -> Result<String, Error> {
    let (both, zone) = match given {
        Given::Day(date) if letter == 'c' => return Ok(date.to_string()),
        Given::Clock(time) if letter == 'c' => return Ok(time.to_string()),
        Given::Day(date) => (date.at(0, 0, 0, 0), "+00:00".to_owned()),
        Given::Both(both) => (both.datetime(), offset(both)),
        Given::Clock(_) => {
            return Err(wrong(format!("a time has no date: the letter `{letter}` can't be shown")));
        }
    };
    Ok(match letter {
        'c' => format!("{both}{zone}"),
        'r' => format!(
            "{}, {:02} {} {:04} {:02}:{:02}:{:02} {}",
            first(weekday(both.date())),
            both.day(),
            first(month(both.date()).0),
            both.year(),
            both.hour(),
            both.minute(),
            both.second(),
            zone.replace(':', "")
        ),
        _ => match given {
            Given::Both(at) => at.timestamp().as_second(),
            _ => both.duration_since(civil::date(1970, 1, 1).at(0, 0, 0, 0)).as_secs(),
        }
        .to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use minijinja::context;

    fn shown(call: &str, value: impl Into<Value>) -> Result<String, Error> {
        let mut env = Environment::new();
        add(&mut env);
        env.render_str(&format!("{{{{ v|{call} }}}}"), context! { v => value.into() })
    }

    #[test]
    fn the_letters_of_a_day() {
        let day = Value::from(Exact::Date("2024-02-09".parse().unwrap()));
        for (format, expected) in [
            ("j F Y", "9 February 2024"),
            ("Y-m-d", "2024-02-09"),
            ("N j, Y", "Feb. 9, 2024"),
            ("D d M y", "Fri 09 Feb 24"),
            ("l jS", "Friday 9th"),
            ("w z W o t L n b E", "5 40 6 2024 29 True 2 feb February"),
            (r"\Y\e\a\r Y", "Year 2024"),
            ("c", "2024-02-09"),
            ("r", "Fri, 09 Feb 2024 00:00:00 +0000"),
            ("U", "1707436800"),
            ("SHORT_DATE_FORMAT", "02/09/2024"),
            ("", "Feb. 9, 2024"),
            ("?!", "?!"),
        ] {
            assert_eq!(shown(&format!("date({format:?})"), day.clone()).unwrap(), expected, "{format}");
        }
        assert_eq!(shown("date", day.clone()).unwrap(), "Feb. 9, 2024");
        assert!(shown("date('H:i')", day).unwrap_err().to_string().contains("`H`"));
    }

    #[test]
    fn the_letters_of_a_time() {
        for (time, expected) in [
            ("00:00:00", "midnight 12 12 12:00 AM 0 00"),
            ("01:05:09", "1:05 a.m. 1:05 1 01:05 AM 1 01"),
            ("12:00:00", "noon 12 12 12:00 PM 12 12"),
            ("13:00:00", "1 p.m. 1 1 01:00 PM 13 13"),
        ] {
            assert_eq!(shown("time('P f g h:i A G H')", time).unwrap(), expected);
        }
        assert_eq!(shown("time('H:i:s.u')", "20:15:07.250001").unwrap(), "20:15:07.250001");
        assert_eq!(shown("time", "20:15:00").unwrap(), "8:15 p.m.");
        assert!(shown("time('Y')", "20:15:00").unwrap_err().to_string().contains("`Y`"));
    }

    #[test]
    fn instants_are_shown_in_utc_and_text_is_read() {
        let at = Value::from(Exact::DateTime("1979-05-25T20:15:00Z".parse().unwrap()));
        assert_eq!(shown("date('j F Y, H:i e O')", at.clone()).unwrap(), "25 May 1979, 20:15 UTC +0000");
        assert_eq!(shown("date('c')", at).unwrap(), "1979-05-25T20:15:00+00:00");
        for (text, expected) in [
            ("1979-05-25", "25.05.1979"),
            ("1979-05-25T23:30:00-04:00", "26.05.1979"),
            ("1979-05-25 20:15", "25.05.1979"),
        ] {
            assert_eq!(shown("date('d.m.Y')", text).unwrap(), expected, "{text}");
        }
        for wrong in ["yesterday", "1979-02-30", ""] {
            assert!(shown("date('Y')", wrong).unwrap_err().to_string().contains("ISO"), "{wrong}");
        }
    }

    #[test]
    fn ordinals() {
        for (day, ending) in [
            ("01", "st"),
            ("02", "nd"),
            ("03", "rd"),
            ("04", "th"),
            ("11", "th"),
            ("12", "th"),
            ("13", "th"),
            ("21", "st"),
            ("22", "nd"),
            ("31", "st"),
        ] {
            assert_eq!(shown("date('S')", format!("2024-01-{day}")).unwrap(), ending, "{day}");
        }
    }

    #[test]
    fn what_a_format_spells_is_escaped_as_text() {
        let mut env = Environment::new();
        env.set_auto_escape_callback(|_| minijinja::AutoEscape::Html);
        add(&mut env);
        assert_eq!(env.render_str("{{ '2024-02-09'|date('<j>') }}", ()).unwrap(), "&lt;9&gt;");
    }
}
