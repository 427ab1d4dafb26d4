//! Forms with files, as browsers send them.

use axum::body::Bytes;

/// Stands between the parts. No file of a test has it by chance.
const BOUNDARY: &str = "----quintet-test-7d8b1f04c2a96e53";
pub(crate) const CONTENT_TYPE: &str = "multipart/form-data; boundary=----quintet-test-7d8b1f04c2a96e53";

/// A file of a form, for [`TestClient::upload`](crate::TestClient::upload).
#[derive(Clone, Debug)]
pub struct TestFile {
    field: String,
    name: String,
    content_type: String,
    bytes: Bytes,
}

impl TestFile {
    /// A file called `name` in the form's field `field`. Its type follows from the name's ending, as in a browser.
    #[must_use]
    pub fn new(field: &str, name: &str, bytes: impl AsRef<[u8]>) -> Self {
        let content_type = mime_guess::from_path(name).first_or_octet_stream().to_string();
        let bytes = Bytes::copy_from_slice(bytes.as_ref());
        TestFile { field: field.to_owned(), name: name.to_owned(), content_type, bytes }
    }

    /// With another type than that of the name's ending: clients may say what they like.
    #[must_use]
    pub fn content_type(mut self, content_type: &str) -> Self {
        content_type.clone_into(&mut self.content_type);
        self
    }
}

/// The body of a multipart form.
pub(crate) fn body(fields: &[(&str, &str)], files: &[TestFile]) -> Bytes {
    let mut out = Vec::new();
    for (name, value) in fields {
        let head =
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{}\"\r\n\r\n", quoted(name));
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(value.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    for file in files {
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{}\"; filename=\"{}\"\r\nContent-Type: {}\r\n\r\n",
            quoted(&file.field),
            quoted(&file.name),
            file.content_type.replace(['\r', '\n'], " "),
        );
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(&file.bytes);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    out.into()
}

/// A name between quotes, as the HTML standard has browsers write it.
fn quoted(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_their_quotes() {
        let file = TestFile::new("po\"ster", "a\r\nX: y.png", b"\0\xff").content_type("image/png\r\nX: y");
        let body = body(&[("title", "a\r\nb")], &[file]);
        let text = String::from_utf8_lossy(&body);
        assert!(text.contains(
            "name=\"po%22ster\"; filename=\"a%0D%0AX: y.png\"\r\nContent-Type: image/png  X: y\r\n\r\n"
        ));
        assert!(text.contains("name=\"title\"\r\n\r\na\r\nb\r\n--"), "{text}");
        assert!(text.ends_with(&format!("\r\n--{BOUNDARY}--\r\n")) && CONTENT_TYPE.ends_with(BOUNDARY));
        assert!(body.windows(2).any(|two| two == b"\0\xff"));
    }
}
