use quintet_core::Value;

use super::{PathKey, Select};

/// An expression of a query.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// A column: the walk from the root, and the field's index in the model at its end.
    Column(PathKey, u16),
    /// A value, bound as a parameter.
    Value(Value),
    /// Two sides compared.
    Compare(Comparison, Box<Node>, Box<Node>),
    /// Two numbers combined.
    Calculate(Arithmetic, Box<Node>, Box<Node>),
    /// All hold; an empty list holds.
    And(Vec<Node>),
    /// At least one holds; an empty list does not.
    Or(Vec<Node>),
    /// The complement: true wherever the condition is not true, NULL included.
    Not(Box<Node>),
    /// Is it NULL?
    IsNull(Box<Node>),
    /// Is it one of these values?
    In(Box<Node>, Vec<Value>),
    /// Is it among the answers of a query with one column?
    InQuery(Box<Node>, Box<Select>),
    /// A test of a text for a part.
    Text(TextTest, Box<Node>, String),
    /// A function of the database.
    Function(Function, Vec<Node>),
    /// A to-many relation seen as one value, in a correlated subquery.
    Many(Box<ManyNode>),
    /// The column of a many-to-many's table that points to the owner; only where [`Select::owners`] is set.
    OwnerKey,
}

/// How two sides are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Eq,
    /// The complement of `=`: a NULL differs from every value.
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
}

/// How two numbers are combined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
}

/// Where in a text a part is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    /// Anywhere.
    Inside,
    /// At its start.
    Start,
    /// At its end.
    End,
    /// It is the whole text.
    Whole,
}

/// A test of a text for a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextTest {
    /// Where the part is looked for.
    pub place: Where,
    /// Without regard to case?
    pub fold: bool,
}

/// A function of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// The first argument that is not NULL.
    Coalesce,
    /// Characters of a text.
    Length,
    /// A number without its sign.
    Abs,
    /// A number with the other sign.
    Negate,
    /// A number as a double.
    Float,
}

/// What a subquery over a to-many relation answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aggregate {
    /// Is there any row?
    Exists,
    /// How many rows are there?
    Count,
    /// The sum, NULL without rows.
    Sum,
    /// The mean as a double, NULL without rows.
    Average,
    /// The least, NULL without rows.
    Min,
    /// The greatest, NULL without rows.
    Max,
}

/// A subquery over a to-many relation. Its argument and filter are expressions over the other model.
#[derive(Clone, Debug, PartialEq)]
pub struct ManyNode {
    /// The walk to the model that has the relation.
    pub path: PathKey,
    /// The relation's index in that model.
    pub field: u16,
    /// What is asked.
    pub aggregate: Aggregate,
    /// What is summed, averaged or compared.
    pub argument: Option<Node>,
    /// Which of the related rows count.
    pub filter: Vec<Node>,
}

impl Node {
    /// A comparison.
    #[must_use]
    pub fn compare(op: Comparison, left: Node, right: Node) -> Node {
        Node::Compare(op, Box::new(left), Box::new(right))
    }

    /// Both conditions, without nesting lists of conditions.
    #[must_use]
    pub fn and(self, other: Node) -> Node {
        match (self, other) {
            (Node::And(mut all), Node::And(more)) => {
                all.extend(more);
                Node::And(all)
            }
            (Node::And(mut all), one) => {
                all.push(one);
                Node::And(all)
            }
            (one, other) => Node::And(vec![one, other]),
        }
    }

    /// Either condition, without nesting lists of conditions.
    #[must_use]
    pub fn or(self, other: Node) -> Node {
        match (self, other) {
            (Node::Or(mut all), Node::Or(more)) => {
                all.extend(more);
                Node::Or(all)
            }
            (Node::Or(mut all), one) => {
                all.push(one);
                Node::Or(all)
            }
            (one, other) => Node::Or(vec![one, other]),
        }
    }
}
