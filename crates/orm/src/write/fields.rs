use crate::{expr::Col, model::Model, relation::FkCol};

/// Columns of `M` itself: one, or a tuple.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no column of `{M}`",
    label = "expected a column of `{M}` itself, or a tuple of them"
)]
pub trait IntoFields<M> {
    /// Their indexes.
    fn fields(self) -> Vec<u16>;
}

impl<M: Model, T> IntoFields<M> for Col<M, T> {
    fn fields(self) -> Vec<u16> {
        vec![self.index]
    }
}

impl<M: Model, T: Model, const I: u16, const NULL: bool> IntoFields<M> for FkCol<M, T, I, NULL> {
    fn fields(self) -> Vec<u16> {
        vec![I]
    }
}

macro_rules! tuples {
    ($($($n:ident)+;)*) => {$(
        impl<M, $($n: IntoFields<M>),+> IntoFields<M> for ($($n,)+) {
            #[allow(non_snake_case)]
            fn fields(self) -> Vec<u16> {
                let ($($n,)+) = self;
                let mut all = Vec::new();
                $(all.extend($n.fields());)+
                all
            }
        }
    )*};
}
tuples! { A; A B; A B C; A B C D; A B C D E; A B C D E F; A B C D E F G; A B C D E F G H; }
