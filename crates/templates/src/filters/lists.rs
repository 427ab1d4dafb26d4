//! Filters for lists: Django's, and Jinja's of the same names where these take other arguments.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    sync::Arc,
};

use minijinja::{
    AutoEscape, Environment, Error, State, args, filters as jinja,
    value::{Enumerator, Kwargs, Object, ObjectRepr, Rest, Value, ValueKind},
};

use super::{
    pass,
    python::{escape_text, escaped, keep, whole},
    text_of, wrong,
};

pub(super) fn add(env: &mut Environment<'static>) {
    env.add_filter(
        "dictsort",
        |state: &mut State<'_, '_>, value: &Value, by: Option<Value>, named: Kwargs| match by {
            Some(by) if named.args().next().is_none() => sorted(state, value, &by, false),
            _ => jinja::dictsort(value, named),
        },
    );
    env.add_filter("dictsortreversed", |state: &mut State<'_, '_>, value: &Value, by: Value| {
        sorted(state, value, &by, true)
    });
    env.add_filter("divisibleby", divisibleby);
    env.add_filter("escapeseq", |value: &Value| {
        each(value, |item| Value::from_safe_string(escaped(&item, true).into_owned()))
    });
    env.add_filter("get_digit", get_digit);
    env.add_filter("groupby", |value: Value, by: Option<&str>, named: Kwargs| {
        loaded(&value, by.or(named.peek::<Option<&str>>("attribute")?))?;
        jinja::groupby(value, by, named)
    });
    env.add_filter("sort", |state: &State<'_, '_>, value: Value, named: Kwargs| {
        loaded(&value, named.peek::<Option<&str>>("attribute")?)?;
        jinja::sort(state, value, named)
    });
    env.add_filter("random", random);
    env.add_filter("regroup", regroup);
    env.add_filter("safeseq", |value: &Value| {
        each(value, |item| Value::from_safe_string(text_of(&item).into_owned()))
    });
    env.add_filter("slice", slice);
    env.add_filter("unordered_list", unordered_list);
}

fn items(value: &Value, filter: &str) -> Result<Vec<Value>, Error> {
    if value.is_undefined() {
        return value.get_attr("").map(|_| Vec::new());
    }
    if let Some(text) = value.as_str() {
        return Ok(text.chars().map(|c| Value::from(c.to_string())).collect());
    }
    let all =
        value.try_iter().map_err(|_| wrong(format!("`{filter}` needs a list, not {}", value.kind())))?;
    all.checked().collect()
}

fn each(value: &Value, change: impl Fn(Value) -> Value) -> Result<Value, Error> {
    pass!(value);
    Ok(items(value, "safeseq")?.into_iter().map(change).collect())
}

/// Rows in the order of one of their values, which may be a path: `films|dictsort("studio.name")`.
fn sorted(state: &mut State<'_, '_>, value: &Value, by: &Value, reverse: bool) -> Result<Value, Error> {
    pass!(value);
    let name = text_of(by).into_owned();
    for item in items(value, "dictsort")? {
        at(&item, &name)?;
    }
    state.apply_filter(
        "sort",
        args!(value.clone(), attribute => name, reverse => reverse, case_sensitive => true),
    )
}

/// Jinja's filters take a relation that is not loaded for one that is not there; here it is told.
fn loaded(rows: &Value, path: Option<&str>) -> Result<(), Error> {
    let (Some(path), Ok(rows)) = (path, rows.try_iter()) else { return Ok(()) };
    for row in rows {
        let mut here = row;
        for part in path.split('.') {
            let Ok(next) = here.get_attr(part) else { break };
            told(&next)?;
            here = next;
        }
    }
    Ok(())
}

fn told(value: &Value) -> Result<(), Error> {
    if value.kind() == ValueKind::Invalid {
        Value::from(vec![value.clone()]).try_iter()?.checked().next().transpose()?;
    }
    Ok(())
}

/// The value at a path within a row.
fn at(row: &Value, path: &str) -> Result<Value, Error> {
    let mut here = row.clone();
    for part in path.split('.') {
        let next = match part.parse::<usize>() {
            Ok(index) if here.kind() != ValueKind::Map => here.get_item(&Value::from(index))?,
            _ => here.get_attr(part)?,
        };
        if next.is_undefined() {
            return Err(wrong(format!("there is no `{part}` in what is ordered by `{path}`: {here}")));
        }
        told(&next)?;
        here = next;
    }
    Ok(here)
}

fn divisibleby(value: &Value, by: &Value) -> Result<Value, Error> {
    pass!(value);
    match (whole(value), whole(by)) {
        (Some(_), Some(0)) => Err(wrong("nothing is divisible by 0")),
        (Some(value), Some(by)) => Ok(Value::from(value.checked_rem(by).unwrap_or(0) == 0)),
        _ => Err(wrong(format!("`divisibleby` needs whole numbers, not `{value}` and `{by}`"))),
    }
}

/// A digit of a whole number, counted from the right, beginning with 1; 0 where there is none.
fn get_digit(value: &Value, place: &Value) -> Result<Value, Error> {
    pass!(value);
    let (Some(number), Some(place)) = (whole(value), whole(place)) else {
        return Err(wrong(format!(
            "`get_digit` needs a whole number and a place, not `{value}` and `{place}`"
        )));
    };
    let Some(place) = usize::try_from(place).ok().filter(|place| *place > 0) else {
        return Err(wrong(format!("`get_digit` counts places from 1: there is no place {place}")));
    };
    let digits = number.unsigned_abs().to_string();
    let digit = digits.bytes().rev().nth(place - 1).map_or(0, |byte| i64::from(byte - b'0'));
    Ok(Value::from(digit))
}

fn random(value: &Value) -> Result<Value, Error> {
    pass!(value);
    let items = items(value, "random")?;
    // The hasher of each call has other keys, drawn by the system.
    let drawn = RandomState::new().build_hasher().finish();
    let index = usize::try_from(drawn % u64::try_from(items.len().max(1)).unwrap_or(1)).unwrap_or(0);
    let item = items.get(index).cloned().unwrap_or(Value::UNDEFINED);
    Ok(match item.as_str() {
        Some(text) => keep(value, text),
        None => item,
    })
}

/// Django's `slice("1:3")`, beside Jinja's `slice(3)`, which makes three lists of one.
fn slice(state: &State<'_, '_>, value: &Value, by: &Value, fill: Option<Value>) -> Result<Value, Error> {
    let Some(asked) = by.as_str() else {
        let count = usize::try_from(by.clone())
            .map_err(|_| wrong("`slice` takes \"1:3\", or into how many lists"))?;
        return jinja::slice(state, value.clone(), count, fill);
    };
    pass!(value);
    let fault =
        || wrong(format!("`slice` takes numbers with colons between, such as \"1:3\", not `{asked}`"));
    let parts: Vec<Option<i64>> = asked
        .split(':')
        .map(
            |part| {
                if part.is_empty() { Ok(None) } else { part.trim().parse().map(Some).map_err(|_| fault()) }
            },
        )
        .collect::<Result<_, _>>()?;
    let (start, stop, step) = match parts.as_slice() {
        [stop] => (None, *stop, None),
        [start, stop] => (*start, *stop, None),
        [start, stop, step] => (*start, *stop, *step),
        _ => return Err(fault()),
    };
    let step = step.unwrap_or(1);
    if step == 0 {
        return Err(wrong("`slice` can't take steps of 0"));
    }
    let all = items(value, "slice")?;
    let kept = indices(i64::try_from(all.len()).unwrap_or(i64::MAX), start, stop, step);
    let kept = kept.filter_map(|i| all.get(usize::try_from(i).ok()?).cloned());
    Ok(match value.as_str() {
        Some(_) => keep(value, kept.map(|c| c.to_string()).collect::<String>()),
        None => kept.collect(),
    })
}

fn indices(length: i64, start: Option<i64>, stop: Option<i64>, step: i64) -> impl Iterator<Item = i64> {
    let (low, high) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let place = |at: i64| if at < 0 { (at.saturating_add(length)).max(low) } else { at.min(high) };
    let start = start.map_or(if step > 0 { low } else { high }, place);
    let stop = stop.map_or(if step > 0 { high } else { low }, place);
    std::iter::successors(Some(start), move |at| at.checked_add(step))
        .take_while(move |at| if step > 0 { *at < stop } else { *at > stop })
}

/// `<li>` for each item, with an `<ul>` in it for a list that follows.
fn unordered_list(state: &State<'_, '_>, value: &Value) -> Result<Value, Error> {
    pass!(value);
    let escape = !matches!(state.auto_escape(), AutoEscape::None);
    Ok(Value::from_safe_string(listed(value, escape, 1)?))
}

fn listed(value: &Value, escape: bool, depth: usize) -> Result<String, Error> {
    if depth > 100 {
        return Err(wrong("the lists of `unordered_list` lie too deep"));
    }
    let indent = "\t".repeat(depth);
    let mut lines = Vec::new();
    let mut items = items(value, "unordered_list")?.into_iter().peekable();
    while let Some(item) = items.next() {
        let below = items.next_if(|next| matches!(next.kind(), ValueKind::Seq | ValueKind::Iterable));
        let sublist = match below.filter(Value::is_true) {
            Some(below) => {
                format!("\n{indent}<ul>\n{}\n{indent}</ul>\n{indent}", listed(&below, escape, depth + 1)?)
            }
            None => String::new(),
        };
        let shown = match item.kind() {
            ValueKind::None => String::new(),
            _ if escape && !item.is_safe() => escape_text(&text_of(&item)),
            _ => text_of(&item).into_owned(),
        };
        lines.push(format!("{indent}<li>{shown}{sublist}</li>"));
    }
    Ok(lines.join("\n"))
}

/// A run of rows that have one value in common. Loops take it apart: `for studio, films in films|regroup("studio")`.
#[derive(Debug)]
struct Group {
    grouper: Value,
    list: Value,
}

impl Object for Group {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match (key.as_usize(), key.as_str()) {
            (Some(0), _) | (_, Some("grouper")) => Some(self.grouper.clone()),
            (Some(1), _) | (_, Some("list")) => Some(self.list.clone()),
            _ => None,
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(2)
    }
}

/// Rows that follow each other and have the same value there, in their order. (`groupby` sorts them first.)
fn regroup(value: &Value, by: &str, rest: Rest<Value>) -> Result<Value, Error> {
    pass!(value);
    if !rest.is_empty() {
        return Err(wrong("`regroup` takes one path: films|regroup(\"studio.name\")"));
    }
    let mut groups: Vec<(Value, Vec<Value>)> = Vec::new();
    for item in items(value, "regroup")? {
        let grouper = at(&item, by)?;
        match groups.last_mut() {
            Some((last, list)) if super::compare::same(last, &grouper) => list.push(item),
            _ => groups.push((grouper, vec![item])),
        }
    }
    Ok(groups
        .into_iter()
        .map(|(grouper, list)| Value::from_object(Group { grouper, list: Value::from(list) }))
        .collect())
}
