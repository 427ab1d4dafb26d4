//! What may stand where a value is expected: values that convert without loss, columns, expressions.

use std::{
    borrow::Cow,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use quintet_core::{
    Value,
    value::{Date, Decimal, JsonValue, SignedDuration, Time, Timestamp, Uuid, single},
};

use super::{Col, Expr, IntoSet};
use crate::{
    ast::Node,
    field::{Enumerated, FieldType, StoredFile, StoredImage, unsigned},
    model::Model,
    path::Path,
};

/// What may stand where a `T` is expected in a query on `M`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no `{T}` in a query on `{M}`",
    label = "expected a value of type `{T}`, or a column or expression of `{M}`"
)]
pub trait IntoExpr<M, T> {
    /// As the renderer sees it.
    fn into_node(self) -> Node;
}

/// A column or an expression over `M`, from which the type follows.
#[diagnostic::on_unimplemented(message = "`{Self}` is no column or expression of `{M}`")]
pub trait ExprOf<M, T> {
    /// As the renderer sees it.
    fn into_node(self) -> Node;
}

macro_rules! values {
    ($($t:ty: $($v:ty => |$x:ident| $e:expr),*;)*) => {$($(
        impl<M> IntoExpr<M, $t> for $v {
            fn into_node(self) -> Node {
                let $x = self;
                Node::Value($e)
            }
        }
        impl<M> IntoSet<M, $t> for $v {
            fn into_node(self) -> Node {
                let $x = self;
                Node::Value($e)
            }
        }
        impl<M> IntoSet<M, Option<$t>> for $v {
            fn into_node(self) -> Node {
                let $x = self;
                Node::Value($e)
            }
        }
        impl<M> IntoSet<M, Option<$t>> for Option<$v> {
            fn into_node(self) -> Node {
                Node::Value(self.map_or(Value::Null, |$x| $e))
            }
        }
    )*)*};
}

values! {
    bool: bool => |x| Value::Bool(x);
    i16: i16 => |x| Value::Int(x.into());
    i32: i32 => |x| Value::Int(x.into());
    i64: i64 => |x| Value::Int(x), i32 => |x| Value::Int(x.into());
    u8: u8 => |x| Value::Int(x.into()), i32 => |x| Value::Int(x.into());
    u16: u16 => |x| Value::Int(x.into()), i32 => |x| Value::Int(x.into());
    u32: u32 => |x| Value::Int(x.into()), i32 => |x| Value::Int(x.into());
    u64: u64 => |x| unsigned(x), u32 => |x| Value::Int(x.into()), i32 => |x| Value::Int(x.into());
    f32: f32 => |x| Value::Float(single(x)), i32 => |x| Value::Float(x.into());
    f64: f64 => |x| Value::Float(x), i32 => |x| Value::Float(x.into());
    Decimal: Decimal => |x| Value::Decimal(x), i32 => |x| Value::Decimal(x.into()), i64 => |x| Value::Decimal(x.into());
    String: String => |x| Value::Text(x), &str => |x| Value::Text(x.to_owned()), &String => |x| Value::Text(x.clone()),
        Cow<'_, str> => |x| Value::Text(x.into_owned());
    Vec<u8>: Vec<u8> => |x| Value::Bytes(x), &[u8] => |x| Value::Bytes(x.to_owned()), &Vec<u8> => |x| Value::Bytes(x.clone());
    Date: Date => |x| Value::Date(x);
    Time: Time => |x| Value::Time(x);
    Timestamp: Timestamp => |x| Value::DateTime(x);
    SignedDuration: SignedDuration => |x| Value::Duration(x);
    JsonValue: JsonValue => |x| Value::Json(x), &JsonValue => |x| Value::Json(x.clone());
    Uuid: Uuid => |x| Value::Uuid(x), &Uuid => |x| Value::Uuid(*x);
    StoredFile: StoredFile => |x| x.into(), &StoredFile => |x| x.encode(), &str => |x| Value::Text(x.to_owned());
    StoredImage: StoredImage => |x| x.into(), &StoredImage => |x| x.encode(), &str => |x| Value::Text(x.to_owned());
    IpAddr: IpAddr => |x| Value::Ip(x), Ipv4Addr => |x| Value::Ip(x.into()), Ipv6Addr => |x| Value::Ip(x.into());
}

#[diagnostic::do_not_recommend]
impl<M, T: Enumerated> IntoExpr<M, T> for T {
    fn into_node(self) -> Node {
        Node::Value(self.encode())
    }
}

#[diagnostic::do_not_recommend]
impl<M, T: Enumerated> IntoSet<M, T> for T {
    fn into_node(self) -> Node {
        Node::Value(self.encode())
    }
}

#[diagnostic::do_not_recommend]
impl<M, T: Enumerated> IntoSet<M, Option<T>> for T {
    fn into_node(self) -> Node {
        Node::Value(self.encode())
    }
}

#[diagnostic::do_not_recommend]
impl<M, T: Enumerated> IntoSet<M, Option<T>> for Option<T> {
    fn into_node(self) -> Node {
        Node::Value(self.encode())
    }
}

impl<P: Path, T: FieldType> IntoExpr<P::Root, T::Base> for Col<P, T> {
    fn into_node(self) -> Node {
        self.node()
    }
}

impl<M, T: FieldType> IntoExpr<M, T::Base> for Expr<M, T> {
    fn into_node(self) -> Node {
        self.node
    }
}

impl<P: Path, T: FieldType> IntoSet<P::Root, T> for Col<P, T> {
    fn into_node(self) -> Node {
        self.node()
    }
}

impl<P: Path, T: FieldType<Base = T>> IntoSet<P::Root, Option<T>> for Col<P, T> {
    fn into_node(self) -> Node {
        self.node()
    }
}

impl<M, T: FieldType> IntoSet<M, T> for Expr<M, T> {
    fn into_node(self) -> Node {
        self.node
    }
}

impl<M, T: FieldType<Base = T>> IntoSet<M, Option<T>> for Expr<M, T> {
    fn into_node(self) -> Node {
        self.node
    }
}

impl<P: Path, T> ExprOf<P::Root, T> for Col<P, T> {
    fn into_node(self) -> Node {
        self.node()
    }
}

impl<M: Model, T> ExprOf<M, T> for Expr<M, T> {
    fn into_node(self) -> Node {
        self.node
    }
}
