//! Lists and rows as the template language sees them, without a copy: a place in the values that the page was given. Only what a
//! template shows is made a value of the language.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use minijinja::value::{Enumerator, Object, ObjectExt, ObjectRepr, Value};
use quintet_core::{Value as CoreValue, value::Map};

use crate::value::to_template;

/// Below this many steps from the page's names, values are copied.
const DEEPEST: usize = 6;

/// A list or a map, by the way to it.
struct Node {
    tree: Arc<Tree>,
    way: Way,
}

/// All that a page was given, seen from one of its names.
struct Tree {
    values: Arc<Map>,
    /// Where a name stood in the map that had one like it last: rows of one kind have their fields in the same places. What is
    /// there is looked at, so that a wrong place costs no more than none.
    places: [AtomicUsize; PLACES],
}

const PLACES: usize = 16;

impl Tree {
    fn place(&self, name: &str) -> Option<&AtomicUsize> {
        let last = name.as_bytes().last().copied().unwrap_or_default();
        self.places.get((name.len() ^ usize::from(last)) % PLACES)
    }

    /// The entry of this name, and its index.
    fn find<'a>(&self, entries: &'a Map, name: &str) -> Option<(usize, &'a CoreValue)> {
        let place = self.place(name)?;
        let guess = place.load(Ordering::Relaxed);
        if let Some((known, value)) = entries.get(guess)
            && known == name
        {
            return Some((guess, value));
        }
        // Rows have few fields: walking them beats hashing the name.
        let (index, (_, value)) = entries.iter().enumerate().find(|(_, (known, _))| known == name)?;
        place.store(index, Ordering::Relaxed);
        Some((index, value))
    }
}

#[derive(Clone, Copy)]
struct Way {
    steps: [u32; DEEPEST],
    length: u8,
}

impl Way {
    fn steps(&self) -> &[u32] {
        self.steps.get(..usize::from(self.length)).unwrap_or_default()
    }

    /// One step further, if it is not too far.
    fn and(mut self, step: usize) -> Option<Way> {
        *self.steps.get_mut(usize::from(self.length))? = u32::try_from(step).ok()?;
        self.length += 1;
        Some(self)
    }
}

/// The value of the name at this index.
pub(crate) fn root(values: &Arc<Map>, index: usize) -> Option<Value> {
    let (_, value) = values.get(index)?;
    let way = Way { steps: [0; DEEPEST], length: 0 }.and(index);
    match (value, way) {
        (CoreValue::List(_) | CoreValue::Map(_), Some(way)) => {
            let tree = Arc::new(Tree { values: values.clone(), places: Default::default() });
            Some(Value::from_object(Node { tree, way }))
        }
        _ => Some(to_template(value)),
    }
}

impl Node {
    fn value(&self) -> Option<&CoreValue> {
        let (first, rest) = self.way.steps().split_first()?;
        let mut value = &self.tree.values.get(*first as usize)?.1;
        for step in rest {
            value = match value {
                CoreValue::List(items) => items.get(*step as usize)?,
                CoreValue::Map(entries) => &entries.get(*step as usize)?.1,
                _ => return None,
            };
        }
        Some(value)
    }

    fn child(&self, index: usize, value: &CoreValue) -> Value {
        if matches!(value, CoreValue::List(_) | CoreValue::Map(_))
            && let Some(way) = self.way.and(index)
        {
            return Value::from_object(Node { tree: self.tree.clone(), way });
        }
        to_template(value)
    }

    /// Relations that are not loaded can be asked for, and then fail; nobody meets them by walking.
    fn known(&self) -> impl Iterator<Item = &str> {
        let entries = match self.value() {
            Some(CoreValue::Map(entries)) => entries.as_slice(),
            _ => &[],
        };
        let loaded = entries.iter().filter(|(_, value)| !matches!(value, CoreValue::NotLoaded(_)));
        loaded.map(|(name, _)| name.as_ref())
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.value(), f)
    }
}

impl Object for Node {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        match self.value() {
            Some(CoreValue::List(_)) => ObjectRepr::Seq,
            _ => ObjectRepr::Map,
        }
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match self.value()? {
            CoreValue::List(items) => {
                let index = key.as_usize()?;
                Some(self.child(index, items.get(index)?))
            }
            _ => self.get_value_by_str(key.as_str()?),
        }
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        let CoreValue::Map(entries) = self.value()? else { return None };
        let (index, value) = self.tree.find(entries, key)?;
        Some(self.child(index, value))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        match self.value() {
            Some(CoreValue::List(items)) => Enumerator::Seq(items.len()),
            _ => self.mapped_enumerator(|node| Box::new(node.known().map(Value::from))),
        }
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        match self.value() {
            Some(CoreValue::List(items)) => Some(items.len()),
            _ => Some(self.known().count()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use minijinja::Environment;

    fn show(source: &str, value: CoreValue) -> String {
        let values = Arc::new(vec![("other".into(), CoreValue::Null), ("v".into(), value)]);
        let context = minijinja::context! { v => root(&values, 1).unwrap() };
        Environment::new().render_str(source, context).unwrap()
    }

    fn row(n: i64) -> CoreValue {
        CoreValue::Map(vec![
            ("name".into(), CoreValue::Text(format!("n{n}"))),
            ("n".into(), CoreValue::Int(n)),
        ])
    }

    #[test]
    fn names_are_found_wherever_they_stand_in_a_row() {
        // Of one length and with one last letter, in other places in each row, and missing in some.
        let names = ["aax", "abx", "acx", "adx"];
        let row = |shift: usize, count: usize| {
            let at = |i: usize| names[(i + shift) % names.len()];
            CoreValue::Map((0..count).map(|i| (at(i).into(), CoreValue::Text(at(i).to_owned()))).collect())
        };
        let rows = CoreValue::List((0..12).map(|n| row(n % 5, 1 + n % 4)).collect());
        let source =
            "{% for r in v %}{{ r.aax }},{{ r.abx }},{{ r.acx }},{{ r.adx }},{{ r.aex }};{% endfor %}";
        let copied = Environment::new().render_str(source, minijinja::context! { v => to_template(&rows) });
        assert_eq!(show(source, rows), copied.unwrap());
    }

    #[test]
    fn lists_and_rows_are_what_they_would_be_as_copies() {
        let rows = CoreValue::List(vec![row(3), row(1), row(2)]);
        let deep =
            (0..10).fold(row(7), |inner, _| CoreValue::List(vec![CoreValue::Map(vec![("x".into(), inner)])]));
        for (source, value) in [
            (
                "{% for r in v %}{{ loop.index }}/{{ loop.length }} {{ r.name }} {{ r['n'] }};{% endfor %}",
                &rows,
            ),
            (
                "{{ v[0].name }} {{ v[-1].name }} {{ v[1:]|length }} {{ v|length }} {{ v[9] is defined }}",
                &rows,
            ),
            ("{{ v|map(attribute='n')|sort|join(',') }} {{ v|sort(attribute='n')|first }}", &rows),
            ("{{ v|sum(attribute='n') }} {{ v|max(attribute='n') }} {{ (v|last).nope is defined }}", &rows),
            (
                "{{ v == v }} {{ v[0] == v[0] }} {{ v[0] == v[1] }} {{ v[0] in v }} {{ v|reverse|list }}",
                &rows,
            ),
            ("{% for k in v[0] %}{{ k }} {% endfor %}{{ v[0]|items|list }} {{ v[0]|dictsort }}", &rows),
            ("{{ v }} {{ v|tojson }} {{ v[0] }} {% set w = v[1] %}{{ w.n }}", &rows),
            ("{{ v[0].x[0].x[0].x[0].x[0].x[0].x[0].x[0].x[0].x[0].x.name }} {{ v }}", &deep),
            ("{{ v|length }} {% for x in v %}{{ x }}{% else %}none{% endfor %}", &CoreValue::List(vec![])),
        ] {
            let mut env = Environment::new();
            crate::filters::add(&mut env);
            let copied = env.render_str(source, minijinja::context! { v => to_template(value) }).unwrap();
            let values = Arc::new(vec![("v".into(), value.clone())]);
            let seen =
                env.render_str(source, minijinja::context! { v => root(&values, 0).unwrap() }).unwrap();
            assert_eq!(seen, copied, "{source}");
        }
        assert_eq!(show("{{ v }}", CoreValue::Int(5)), "5");
    }
}
