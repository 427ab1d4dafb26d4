//! What a response does to cookies.

use http::header;

use crate::{TestCookie, TestResponse};

impl TestResponse {
    /// The cookies that the response sets or deletes, in order.
    #[must_use]
    pub fn cookies(&self) -> Vec<TestCookie> {
        let all = self.headers.get_all(header::SET_COOKIE).iter();
        all.filter_map(|value| TestCookie::parse(value.to_str().ok()?)).collect()
    }

    /// The cookie of this name that the response sets, with its attributes.
    ///
    /// # Panics
    /// If it sets none.
    #[track_caller]
    #[must_use]
    pub fn cookie(&self, name: &str) -> TestCookie {
        let found = self.cookies().into_iter().rfind(|cookie| cookie.name == name && !cookie.is_deletion());
        self.check(found.is_some(), format_args!("a cookie {name:?}, not {:?}", self.cookies()));
        found.unwrap_or_default()
    }

    /// The response sets this cookie to this value.
    #[track_caller]
    pub fn sets_cookie(self, name: &str, value: &str) -> Self {
        let found = self.cookie(name).value;
        self.check(found == value, format_args!("the cookie {name:?} to be {value:?}, not {found:?}"));
        self
    }

    /// The response deletes this cookie.
    #[track_caller]
    pub fn deletes_cookie(self, name: &str) -> Self {
        let gone =
            self.cookies().iter().rfind(|cookie| cookie.name == name).is_some_and(TestCookie::is_deletion);
        self.check(gone, format_args!("the cookie {name:?} to be deleted, not {:?}", self.cookies()));
        self
    }

    /// The response neither sets nor deletes this cookie.
    #[track_caller]
    pub fn leaves_cookie(self, name: &str) -> Self {
        let touched = self.cookies().iter().any(|cookie| cookie.name == name);
        self.check(!touched, format_args!("nothing said of the cookie {name:?}, not {:?}", self.cookies()));
        self
    }
}
