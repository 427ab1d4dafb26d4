//! The elements of a JSON array, one at a time, from any reader.
//!
//! A file of films may be larger than memory, and one bad row must not cost the others. So the array is not parsed as a whole: this
//! iterator only finds where each element begins and ends (strings, escapes, brackets) and hands on its text with its position.
//! `record` parses that text; an element that is no good JSON is refused there, and the next one is read as if nothing had happened.

use std::io::BufRead;

/// An element longer than this is no film: the file lacks a quotation mark or a bracket somewhere.
const LONGEST: usize = 1 << 20;

/// One element of the array, as it stands in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// Its place in the array: the first is 1.
    pub row: i32,
    /// The line of the file it begins on: the first is 1.
    pub line: u64,
    /// Its text, without the blanks around it.
    pub text: Vec<u8>,
}

/// Why reading stopped for good: the file as a whole is damaged.
#[derive(Debug)]
pub struct Broken {
    /// The line at which it was noticed.
    pub line: u64,
    /// What is wrong there.
    pub what: String,
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

impl std::error::Error for Broken {}

/// Where the reader stands in the array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before the opening bracket.
    Before,
    /// After the opening bracket or a comma.
    Inside,
    /// After the closing bracket, or after an error.
    Over,
}

/// An iterator over the elements of the one array that a reader holds.
#[derive(Debug)]
pub struct Elements<R> {
    reader: R,
    place: Place,
    row: i32,
    line: u64,
}

impl<R: BufRead> Elements<R> {
    /// Reads the array in `reader`, which may begin with a byte order mark.
    pub fn new(reader: R) -> Self {
        Self { reader, place: Place::Before, row: 0, line: 1 }
    }

    fn byte(&mut self) -> Result<Option<u8>, Broken> {
        let next = match self.reader.fill_buf() {
            Ok(buffer) => buffer.first().copied(),
            Err(error) => return Err(self.broken(format!("can't read on: {error}"))),
        };
        if let Some(byte) = next {
            self.reader.consume(1);
            if byte == b'\n' {
                self.line += 1;
            }
        }
        Ok(next)
    }

    fn broken(&self, what: impl Into<String>) -> Broken {
        Broken { line: self.line, what: what.into() }
    }

    /// Reads up to and with the opening bracket.
    fn open(&mut self) -> Result<(), Broken> {
        loop {
            match self.byte()? {
                // The three bytes of a byte order mark in UTF-8.
                Some(b' ' | b'\t' | b'\r' | b'\n' | 0xEF | 0xBB | 0xBF) => {}
                Some(b'[') => return Ok(()),
                _ => return Err(self.broken("expected `[`: the file has to be one JSON array of films")),
            }
        }
    }

    /// Reads one element with the comma or bracket after it. `None`: the array is empty, or was left by a trailing blank.
    fn element(&mut self) -> Result<Option<Element>, Broken> {
        let (mut text, mut depth, mut in_string, mut escaped) = (Vec::new(), 0_u32, false, false);
        let mut line = self.line;
        loop {
            let Some(byte) = self.byte()? else {
                return Err(self.broken(format!("the file ends inside the array, in row {}", self.row + 1)));
            };
            if text.is_empty() && byte.is_ascii_whitespace() {
                line = self.line;
                continue;
            }
            if in_string {
                (in_string, escaped) = (escaped || byte != b'"', !escaped && byte == b'\\');
            } else {
                match byte {
                    b'"' => in_string = true,
                    b'{' | b'[' => depth += 1,
                    b',' if depth == 0 => break,
                    b']' if depth == 0 => {
                        self.place = Place::Over;
                        break;
                    }
                    b'}' | b']' => depth = depth.saturating_sub(1),
                    _ => {}
                }
            }
            if text.len() == LONGEST {
                return Err(self.broken(format!("row {} (from line {line}) has no end", self.row + 1)));
            }
            text.push(byte);
        }
        let kept = text.trim_ascii_end().len();
        text.truncate(kept);
        if text.is_empty() && self.place == Place::Over && self.row == 0 {
            return Ok(None);
        }
        self.row += 1;
        Ok(Some(Element { row: self.row, line, text }))
    }

    /// Only blanks may follow the closing bracket.
    fn close(&mut self) -> Result<(), Broken> {
        while let Some(byte) = self.byte()? {
            if !byte.is_ascii_whitespace() {
                return Err(self.broken("there is text after the end of the array"));
            }
        }
        Ok(())
    }

    fn step(&mut self) -> Result<Option<Element>, Broken> {
        if self.place == Place::Before {
            self.open()?;
            self.place = Place::Inside;
        }
        let element = self.element()?;
        if self.place == Place::Over {
            self.close()?;
        }
        Ok(element)
    }
}

impl<R: BufRead> Iterator for Elements<R> {
    type Item = Result<Element, Broken>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.place == Place::Over {
            return None;
        }
        let step = self.step();
        if step.is_err() {
            self.place = Place::Over;
        }
        step.transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Result<(i32, u64, String), String>> {
        Elements::new(text.as_bytes())
            .map(|e| {
                e.map(|e| (e.row, e.line, String::from_utf8(e.text).unwrap()))
                    .map_err(|broken| broken.to_string())
            })
            .collect()
    }

    #[test]
    fn each_element_comes_with_its_place_and_text() {
        let got = read("\u{feff} [\n  {\"a\": 1},\n\n  {\"b\": [2, {}]} ,\n 7, \"x\"\n]\n");
        assert_eq!(
            got,
            [
                Ok((1, 2, "{\"a\": 1}".into())),
                Ok((2, 4, "{\"b\": [2, {}]}".into())),
                Ok((3, 5, "7".into())),
                Ok((4, 5, "\"x\"".into())),
            ]
        );
    }

    #[test]
    fn brackets_commas_and_escapes_in_strings_end_nothing() {
        let got = read(r#"[{"a": "],}\"{["}, "\\"]"#);
        assert_eq!(got, [Ok((1, 1, r#"{"a": "],}\"{["}"#.into())), Ok((2, 1, r#""\\""#.into()))]);
    }

    #[test]
    fn an_empty_array_has_no_element_and_an_empty_place_is_one() {
        assert_eq!(read(" [ ] "), []);
        let places: Vec<_> = read("[1,,2,]").into_iter().map(|e| e.unwrap().2).collect();
        assert_eq!(places, ["1", "", "2", ""]);
    }

    #[test]
    fn a_file_that_is_cut_off_is_named_with_its_line() {
        let got = read("[\n{\"a\": 1},\n{\"b\": ");
        assert_eq!(got.first(), Some(&Ok((1, 2, "{\"a\": 1}".into()))));
        assert_eq!(got.get(1), Some(&Err("line 3: the file ends inside the array, in row 2".into())));
        assert_eq!(got.len(), 2, "nothing is read after an error");
    }

    #[test]
    fn what_is_no_array_or_goes_on_after_it_is_refused() {
        for text in ["", "{\"a\": 1}", "films"] {
            assert!(read(text).concat_errors().contains("expected `[`"), "{text}");
        }
        assert!(read("[1] x").concat_errors().contains("after the end"));
        let endless = format!("[\"{}", "x".repeat(LONGEST + 2));
        assert!(read(&endless).concat_errors().contains("row 1 (from line 1) has no end"));
    }

    trait Errors {
        fn concat_errors(self) -> String;
    }
    impl Errors for Vec<Result<(i32, u64, String), String>> {
        fn concat_errors(self) -> String {
            self.into_iter().filter_map(Result::err).collect()
        }
    }
}
