use http::StatusCode;

use super::{Error, ErrorKind, Result};

/// `.or_404()?` and its kin, on `Option` and on `Result`.
///
/// ```
/// use quintet_core::{OrStatus, Result};
///
/// fn third(items: &[i32]) -> Result<i32> {
///     Ok(*items.get(2).or_404()?)
/// }
/// assert_eq!(third(&[1]).unwrap_err().status(), 404);
/// ```
pub trait OrStatus<T>: Sized {
    /// The value, or an error with this status.
    ///
    /// # Errors
    /// With this status if there is no value; 500 if the number is no HTTP status.
    #[track_caller]
    fn or_status(self, status: u16) -> Result<T>;

    /// The value, or 404.
    ///
    /// # Errors
    /// With status 404 if there is no value.
    #[track_caller]
    fn or_404(self) -> Result<T> {
        self.or_status(404)
    }

    /// The value, or 403.
    ///
    /// # Errors
    /// With status 403 if there is no value.
    #[track_caller]
    fn or_403(self) -> Result<T> {
        self.or_status(403)
    }
}

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

impl<T> OrStatus<T> for Option<T> {
    #[track_caller]
    fn or_status(self, code: u16) -> Result<T> {
        match self {
            Some(value) => Ok(value),
            None => {
                let kind = if code == 404 { ErrorKind::NotFound } else { ErrorKind::Other };
                Err(Error::of_kind(kind, status(code), ""))
            }
        }
    }
}

impl<T, E: Into<Error>> OrStatus<T> for Result<T, E> {
    #[track_caller]
    fn or_status(self, code: u16) -> Result<T> {
        match self {
            Ok(value) => Ok(value),
            Err(error) => Err(error.into().with_status(status(code))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absence_and_failure_take_the_status() {
        assert_eq!(None::<i32>.or_404().unwrap_err().status(), 404);
        assert_eq!("x".parse::<i32>().or_status(400).unwrap_err().status(), 400);
        assert_eq!(Some(1).or_403().unwrap(), 1);
        assert_eq!(None::<i32>.or_status(7).unwrap_err().status(), 500);
    }
}
