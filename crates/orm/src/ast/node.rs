use quintet_core::{Value, meta::ModelMeta, value::Kind};

use super::{DateFunction, JsonAs, JsonStep, OrderBy, PathKey, SearchNode, Select, WindowNode};

/// An expression of a query.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// A column: the walk from the root, and the field's index in the model at its end.
    Column(PathKey, u16),
    /// A value, bound as a parameter.
    Value(Value),
    /// Several values as one, as the columns of a key are: it can be tested for being among others.
    Row(Vec<Node>),
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
    /// One value over the rows around each row.
    Window(Box<WindowNode>),
    /// An instant, whose parts and units are those of a time zone: the second part, a text.
    InZone(Box<Node>, Box<Node>),
    /// A question to the index of words.
    Search(Box<SearchNode>),
    /// A function of the database by its name.
    Call(String, Vec<Node>),
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
    /// A text so many times.
    Repeat,
    /// A text of at least so many characters, filled at its start, and cut to them.
    PadStart,
    /// A text of at least so many characters, filled at its end, and cut to them.
    PadEnd,
    /// Where in the first text the second stands, counted from 1; 0 where it doesn't.
    Position,
    /// The digest of a text's bytes in UTF-8, in hexadecimal digits.
    Hash(Hash),
    /// Texts one after the other.
    Concat,
    /// The first argument, but NULL where it equals the second.
    NullIf,
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
    /// The first number to the power of the second, as a double.
    Power,
    /// -1, 0 or 1.
    Sign,
    /// A function of one double.
    Math(Math),
    /// A double from 0 to less than 1, another one for each row.
    Random,
    /// The instant.
    Now,
    /// The day, in UTC.
    Today,
}

/// A function of one double.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Math {
    /// The square root.
    Sqrt,
    /// e to its power.
    Exp,
    /// The natural logarithm.
    Ln,
    /// The logarithm to base 10.
    Log10,
    /// The sine of an angle in radians.
    Sin,
    /// The cosine of an angle in radians.
    Cos,
    /// The tangent of an angle in radians.
    Tan,
    /// The angle in radians of a sine.
    Asin,
    /// The angle in radians of a cosine.
    Acos,
    /// The angle in radians of a tangent.
    Atan,
    /// Degrees as radians.
    Radians,
    /// Radians as degrees.
    Degrees,
}

/// A digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    /// MD5: to compare with what others made, never for secrets.
    Md5,
    /// SHA-224
    Sha224,
    /// SHA-256
    Sha256,
    /// SHA-384
    Sha384,
    /// SHA-512
    Sha512,
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
    /// The variance that a population is guessed to have of which the rows are a sample, NULL with fewer than two.
    SampleVariance,
    /// The root of the sample variance.
    SampleDeviation,
    /// Texts one after the other, with the first of `more` between them; NULL without any.
    Text,
    /// Values of this kind as a JSON array, NULLs included.
    Json(Kind),
    /// Any of the values, NULL without any.
    Any,
    /// Do all hold? NULL without rows.
    All,
    /// Does one hold? NULL without rows.
    Some,
    /// The argument is an expression of aggregates already; only of a to-many relation.
    Expression,
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
    /// What else it needs to know: the text between texts.
    pub more: Vec<Node>,
    /// In which order rows are taken, where that matters.
    pub order: Vec<OrderBy>,
    /// Which of the rows count.
    pub filter: Vec<Node>,
}

impl AggregateNode {
    /// An aggregate of each row's `argument`.
    #[must_use]
    pub fn new(aggregate: Aggregate, argument: Option<Node>) -> Self {
        AggregateNode {
            aggregate,
            distinct: false,
            argument,
            more: Vec::new(),
            order: Vec::new(),
            filter: Vec::new(),
        }
    }
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
