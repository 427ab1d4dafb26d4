use quintet_core::{Value, meta::ModelMeta, value::Kind};

use super::{DateFunction, JsonAs, JsonStep, PathKey, Select};

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
    /// One value over the rows of the query, or of each of its groups.
    Aggregate(Box<AggregateNode>),
    /// The value beside the first condition that holds, else the last one, else NULL.
    Case(Vec<(Node, Node)>, Option<Box<Node>>),
    /// The only value of a query's first row.
    Scalar(Box<Select>),
    /// Has a query any row?
    Exists(Box<Select>),
    /// In a subquery: an expression over the query around it.
    Outer(Box<OuterNode>),
    /// A value of the first kind as one of the second.
    Cast(Kind, Kind, Box<Node>),
    /// A part of a value of this kind: a date, a time of day, an instant.
    Date(DateFunction, Kind, Box<Node>),
    /// A member of a JSON document.
    JsonAt(Box<Node>, JsonStep),
    /// A JSON document as a plain value, NULL if it is none of that type.
    JsonAs(JsonAs, Box<Node>),
    /// Has the first JSON document all of the second?
    JsonContains(Box<Node>, Box<Node>),
    /// Does a text match this regular expression? With `true` in any case.
    Regex(bool, Box<Node>, String),
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
    /// `%`
    Rem,
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
    /// A text in lower case.
    Lower,
    /// A text in upper case.
    Upper,
    /// A text without spaces at both ends.
    Trim,
    /// A text without spaces at its start.
    TrimStart,
    /// A text without spaces at its end.
    TrimEnd,
    /// A text with each of the second in the place of each of the first argument.
    Replace,
    /// So many characters of a text, from the one with this number, counted from 1.
    Substr,
    /// The first characters of a text.
    Left,
    /// The last characters of a text.
    Right,
    /// A text from its end to its start.
    Reverse,
    /// Texts one after the other.
    Concat,
    /// The greatest argument; a NULL doesn't count.
    Greatest,
    /// The least argument; a NULL doesn't count.
    Least,
    /// A number with so many places behind the point.
    Round(u8),
    /// The next whole number that is not less.
    Ceil,
    /// The next whole number that is not greater.
    Floor,
    /// The instant.
    Now,
    /// The day, in UTC.
    Today,
}

/// What is asked about many rows: those of a to-many relation, or those of a query.
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
    /// The mean square of the distances to the mean, NULL without rows.
    Variance,
    /// The root of the variance, NULL without rows.
    Deviation,
}

/// One value over the rows of a query.
#[derive(Clone, Debug, PartialEq)]
pub struct AggregateNode {
    /// What is asked.
    pub aggregate: Aggregate,
    /// Does each different value count once?
    pub distinct: bool,
    /// What is counted, summed, averaged or compared; without it, rows are counted.
    pub argument: Option<Node>,
    /// Which of the rows count.
    pub filter: Vec<Node>,
}

/// An expression over the query around a subquery.
#[derive(Clone, Debug, PartialEq)]
pub struct OuterNode {
    /// The model that the expression is about.
    pub model: &'static ModelMeta,
    /// The walk from the outer query's root to that model.
    pub at: PathKey,
    /// The expression, from that model on.
    pub node: Node,
}

impl OuterNode {
    /// The expression from the outer query's root on.
    #[must_use]
    pub fn placed(&self) -> Node {
        self.node.clone().under(self.at)
    }
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
