//! Pieces as the template language sees them: looked into, and given attributes.

use std::{fmt, sync::Arc};

use minijinja::{
    Error, Output, State,
    value::{Enumerator, Kwargs, Object, ObjectExt, ObjectRepr, Value, ValueKind, from_args},
};
use quintet_core::{
    Value as CoreValue,
    html::write_escaped,
    value::{Map, Piece},
};

use super::to_template;

/// A member that is a map of attributes.
const ATTRIBUTES: &str = "attrs";

/// The member that attributes are passed on to, where a piece has none itself.
const INSIDE: &str = "control";

/// A piece, and what a template has given it: `{{ form.title(class="wide") }}`.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) piece: Arc<Piece>,
    given: Vec<(String, Value)>,
}

pub(super) fn to_shown(piece: &Arc<Piece>) -> Value {
    Value::from_object(Shown { piece: piece.clone(), given: Vec::new() })
}

impl Shown {
    fn members(&self) -> &[(std::borrow::Cow<'static, str>, CoreValue)] {
        match &self.piece.value {
            CoreValue::Map(members) => members,
            _ => &[],
        }
    }

    fn has(&self, name: &str) -> bool {
        self.members().iter().any(|(member, _)| member == name)
    }

    /// What was given and is no member: attributes.
    fn attributes(&self) -> impl Iterator<Item = &(String, Value)> {
        self.given.iter().filter(|(name, _)| !self.has(name))
    }

    /// The attributes with those that were given.
    fn merged(&self, own: &CoreValue) -> Attributes {
        let own: &Map = match own {
            CoreValue::Map(own) => own,
            _ => &Map::new(),
        };
        // In a template `data_kind` stands for `data-kind`: a name has no hyphen there.
        let given: Named = self
            .attributes()
            .map(|(name, value)| (name.trim_end_matches('_').replace('_', "-"), value.clone()))
            .collect();
        let kept = own.iter().filter(|(name, _)| !given.iter().any(|(other, _)| other == name));
        let kept = kept.map(|(name, value)| (name.to_string(), to_template(value)));
        Attributes(kept.chain(given.iter().cloned()).collect())
    }
}

impl Object for Shown {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        match &self.piece.value {
            CoreValue::List(_) => ObjectRepr::Seq,
            _ => ObjectRepr::Map,
        }
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match &self.piece.value {
            CoreValue::List(items) => Some(to_template(items.get(key.as_usize()?)?)),
            _ => self.get_value_by_str(key.as_str()?),
        }
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        let (_, value) = self.members().iter().find(|(name, _)| name == key)?;
        if key == ATTRIBUTES {
            return Some(Value::from_object(self.merged(value)));
        }
        if self.given.is_empty() {
            return Some(to_template(value));
        }
        if let Some((_, given)) = self.given.iter().find(|(name, _)| name == key) {
            return Some(given.clone());
        }
        match value {
            CoreValue::Piece(inside) if key == INSIDE && !self.has(ATTRIBUTES) => {
                let given = self.attributes().cloned().collect();
                Some(Value::from_object(Shown { piece: inside.clone(), given }))
            }
            _ => Some(to_template(value)),
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        match &self.piece.value {
            CoreValue::List(items) => Enumerator::Seq(items.len()),
            _ => self.mapped_enumerator(|shown| {
                Box::new(shown.members().iter().map(|(name, _)| Value::from(name.as_ref())))
            }),
        }
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        match &self.piece.value {
            CoreValue::List(items) => Some(items.len()),
            _ => Some(self.members().len()),
        }
    }

    /// The same piece with attributes, or with other members.
    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, arguments: &[Value]) -> Result<Value, Error> {
        let (named,): (Kwargs,) = from_args(arguments)?;
        let mut given = self.given.clone();
        for name in named.args() {
            let value: Value = named.get(name)?;
            given.retain(|(known, _)| known != name);
            given.push((name.to_owned(), value));
        }
        Ok(Value::from_object(Shown { piece: self.piece.clone(), given }))
    }

    /// Where a piece is made a text without being shown (`form ~ ""`): only `{{ form }}` shows it.
    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}]", self.piece.template)
    }
}

type Named = Vec<(String, Value)>;

/// Attributes of an element: `<input{{ widget.attrs }}>` writes them, each after a blank. What is true has no value, what is false
/// or nothing is left out.
#[derive(Debug)]
pub(crate) struct Attributes(Named);

impl Attributes {
    pub(crate) fn write(&self, out: &mut Output<'_>) -> Result<(), Error> {
        for (name, value) in &self.0 {
            match value.kind() {
                ValueKind::None | ValueKind::Undefined => continue,
                ValueKind::Bool if !value.is_true() => continue,
                _ => out.write_str(" ")?,
            }
            write_escaped(out, name)?;
            if value.kind() != ValueKind::Bool {
                out.write_str("=\"")?;
                match value.as_str() {
                    Some(text) => write_escaped(out, text)?,
                    None => write_escaped(out, &value.to_string())?,
                }
                out.write_str("\"")?;
            }
        }
        Ok(())
    }
}

impl Object for Attributes {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let key = key.as_str()?;
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone())
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        self.mapped_enumerator(|all| Box::new(all.0.iter().map(|(name, _)| Value::from(name.as_str()))))
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.0.len())
    }
}
