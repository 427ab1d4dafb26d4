//! One expression without what is in its brackets: operands, and the operators between them.

use super::Edit;

/// An operator between two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Compare(&'static str),
    /// `in`, `not in`
    In,
    /// `~`
    Concat,
    Arithmetic(&'static str),
}

/// Signs, the longer first, and what they are read as: a test, or a filter.
const SIGNS: &[(&str, Operator, &str)] = &[
    ("==", Operator::Compare("=="), "eq"),
    ("!=", Operator::Compare("!="), "ne"),
    ("<=", Operator::Compare("<="), "le"),
    (">=", Operator::Compare(">="), "ge"),
    ("//", Operator::Arithmetic("//"), "__floordiv"),
    ("**", Operator::Arithmetic("**"), "__pow"),
    ("<", Operator::Compare("<"), "lt"),
    (">", Operator::Compare(">"), "gt"),
    ("~", Operator::Concat, ""),
    ("+", Operator::Arithmetic("+"), "__add"),
    ("-", Operator::Arithmetic("-"), "__sub"),
    ("*", Operator::Arithmetic("*"), "__mul"),
    ("/", Operator::Arithmetic("/"), "__div"),
    ("%", Operator::Arithmetic("%"), "__mod"),
];

impl Operator {
    /// The operator that begins with these signs, which stand side by side, and how many of them it is.
    pub(super) fn at(first: char, second: Option<char>) -> Option<(Self, usize)> {
        SIGNS.iter().find_map(|(sign, operator, _)| {
            let mut signs = sign.chars();
            let fits = signs.next() == Some(first)
                && match signs.next() {
                    Some(next) => second == Some(next),
                    None => true,
                };
            fits.then_some((*operator, sign.len()))
        })
    }

    fn meant(self) -> &'static str {
        SIGNS.iter().find(|(_, operator, _)| *operator == self).map_or("", |(_, _, meant)| meant)
    }

    /// What binds loosest comes first.
    fn level(self) -> usize {
        match self {
            Operator::Compare(_) | Operator::In => 0,
            Operator::Arithmetic("+" | "-") => 1,
            Operator::Concat => 2,
            Operator::Arithmetic("**") => 4,
            Operator::Arithmetic(_) => 3,
        }
    }
}

/// A value between operators.
#[derive(Debug, Clone, Default)]
pub(super) struct Operand {
    /// Nothing, as long as nothing was read.
    pub(super) span: Option<(usize, usize)>,
    /// Where a minus stands before it.
    pub(super) minus: Vec<usize>,
    /// Where what it is begins to be filtered or tested.
    pub(super) bar: Option<usize>,
    /// Is it a number as it is written? Then the minus is part of it.
    pub(super) literal: bool,
}

#[derive(Debug)]
struct Between {
    operator: Operator,
    start: usize,
    end: usize,
}

#[derive(Debug, Default)]
pub(super) struct Part {
    operands: Vec<Operand>,
    between: Vec<Between>,
    /// The operand that is being read.
    pub(super) last: Operand,
}

impl Part {
    pub(super) fn take(&mut self, start: usize, end: usize) {
        self.last.span = Some((self.last.span.map_or(start, |(start, _)| start), end));
    }

    /// Here the operand begins to be filtered or tested.
    pub(super) fn bar(&mut self) {
        self.last.bar = self.last.bar.or(self.last.span.map(|(_, end)| end));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.last.span.is_none()
    }

    pub(super) fn operator(&mut self, operator: Operator, start: usize, end: usize) {
        self.between.push(Between { operator, start, end });
        self.operands.push(std::mem::take(&mut self.last));
    }

    pub(super) fn edits(mut self) -> Vec<Edit> {
        let mut edits = Vec::new();
        self.operands.push(std::mem::take(&mut self.last));
        let whole = self.operands.iter().all(|operand| operand.span.is_some());
        if whole {
            self.compared(&mut edits);
        }
        edits
    }

    /// All comparisons are of one level: `a < b <= c` is one test, so that each of them is looked at once.
    fn compared(&self, edits: &mut Vec<Edit>) {
        let level: Vec<usize> = (0..self.between.len()).filter(|at| self.level(*at) == 0).collect();
        let mut first = 0;
        for at in &level {
            self.calculated(first, *at, edits);
            first = at + 1;
        }
        self.calculated(first, self.operands.len() - 1, edits);
        let signs: Option<Vec<(&'static str, &Between)>> = level
            .iter()
            .filter_map(|at| self.between.get(*at))
            .map(|between| match between.operator {
                Operator::Compare(sign) => Some((sign, between)),
                // `in` is of the same rank: a chain with it is left as it is.
                _ => None,
            })
            .collect();
        let Some(signs) = signs.filter(|signs| !signs.is_empty()) else { return };
        let (Some((start, _)), Some((_, end))) = (self.span(0), self.span(self.operands.len() - 1)) else {
            return;
        };
        edits.push(Edit::opening(start));
        for (i, (sign, between)) in signs.iter().enumerate() {
            let text = match (i, signs.len()) {
                (0, 1) => format!(")is {}(", between.operator.meant()),
                (0, _) => format!(")is compared('{sign}',"),
                _ => format!(",'{sign}',"),
            };
            edits.push(Edit::instead(between.start, between.end, text));
        }
        edits.push(Edit::closing(end));
    }

    /// The operands from `first` to `last`, of which the loosest operator comes last.
    fn calculated(&self, first: usize, last: usize, edits: &mut Vec<Edit>) {
        if first == last {
            return self.negated(first, edits);
        }
        let loosest = (first..last).map(|at| self.level(at)).min().unwrap_or_default();
        let Some(split) = (first..last).rev().find(|at| self.level(*at) == loosest) else { return };
        let (Some(between), Some((start, _)), Some((_, end))) =
            (self.between.get(split), self.span(first), self.span(last))
        else {
            return;
        };
        self.calculated(first, split, edits);
        self.calculated(split + 1, last, edits);
        if between.operator != Operator::Concat {
            edits.push(Edit::opening(start));
            let text = format!(")|{}(", between.operator.meant());
            edits.push(Edit::instead(between.start, between.end, text));
            edits.push(Edit::closing(end));
        }
    }

    /// `-price|round` is `__neg(price)|round`.
    fn negated(&self, at: usize, edits: &mut Vec<Edit>) {
        let Some(operand) = self.operands.get(at).filter(|operand| !operand.literal) else { return };
        let Some((_, end)) = operand.span else { return };
        for minus in &operand.minus {
            edits.push(Edit::instead(*minus, minus + 1, "__neg(".to_owned()));
            edits.push(Edit::closing(operand.bar.unwrap_or(end)));
        }
    }

    fn level(&self, at: usize) -> usize {
        self.between.get(at).map_or(0, |between| between.operator.level())
    }

    fn span(&self, at: usize) -> Option<(usize, usize)> {
        self.operands.get(at)?.span
    }
}
