use std::{borrow::Cow, net::IpAddr};

use quintet_core::{
    Value,
    value::{Date, Decimal, JsonValue, SignedDuration, Time, Timestamp, Uuid, single},
};

use super::{Col, Expr};
use crate::{
    ast::Node,
    field::{Enumerated, FieldType},
    path::{Nullability, Path},
};

/// A value, column or expression whose type says what it is in a query on `M`.
#[diagnostic::on_unimplemented(message = "`{Self}` is no value, column or expression in a query on `{M}`")]
pub trait Valued<M> {
    /// Its type in the query.
    type Type: FieldType;

    /// As the renderer sees it.
    #[doc(hidden)]
    fn into_node(self) -> Node;
}

macro_rules! values {
    ($($v:ty => $t:ty, |$x:ident| $e:expr;)*) => {$(
        impl<M> Valued<M> for $v {
            type Type = $t;

            fn into_node(self) -> Node {
                let $x = self;
                Node::Value($e)
            }
        }
    )*};
}

values! {
    bool => bool, |x| Value::Bool(x);
    i16 => i16, |x| Value::Int(x.into());
    i32 => i32, |x| Value::Int(x.into());
    i64 => i64, |x| Value::Int(x);
    u8 => u8, |x| Value::Int(x.into());
    u16 => u16, |x| Value::Int(x.into());
    u32 => u32, |x| Value::Int(x.into());
    f32 => f32, |x| Value::Float(single(x));
    f64 => f64, |x| Value::Float(x);
    Decimal => Decimal, |x| Value::Decimal(x);
    String => String, |x| Value::Text(x);
    &str => String, |x| Value::Text(x.to_owned());
    &String => String, |x| Value::Text(x.clone());
    Cow<'_, str> => String, |x| Value::Text(x.into_owned());
    Date => Date, |x| Value::Date(x);
    Time => Time, |x| Value::Time(x);
    Timestamp => Timestamp, |x| Value::DateTime(x);
    SignedDuration => SignedDuration, |x| Value::Duration(x);
    JsonValue => JsonValue, |x| Value::Json(x);
    Uuid => Uuid, |x| Value::Uuid(x);
    IpAddr => IpAddr, |x| Value::Ip(x);
}

#[diagnostic::do_not_recommend]
impl<M, T: Enumerated> Valued<M> for T {
    type Type = T;

    fn into_node(self) -> Node {
        Node::Value(self.encode())
    }
}

impl<P: Path, T: FieldType> Valued<P::Root> for Col<P, T> {
    type Type = <P::Null as Nullability>::Of<T>;

    fn into_node(self) -> Node {
        self.node()
    }
}

impl<M, T: FieldType> Valued<M> for Expr<M, T> {
    type Type = T;

    fn into_node(self) -> Node {
        self.node()
    }
}

/// A value as an expression, where something must be one: `Film.select((Film.title, value("film")))`.
pub fn value<M, V: Valued<M>>(value: V) -> Expr<M, V::Type> {
    Expr::from_node(value.into_node())
}
