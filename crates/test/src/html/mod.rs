//! Pages compared as browsers read them.
//!
//! [`parse`] makes a tree of what matters (elements, attributes by name, text without the spaces of indentation); a fragment
//! is found where its nodes stand side by side in some element.
mod parse;

pub(crate) use parse::Node;
use parse::parse;

use crate::TestResponse;

impl TestResponse {
    /// The page contains this fragment: the same elements with the same attributes and text, whatever the order of
    /// attributes and of classes, the quotes, the indentation and the way characters are escaped.
    ///
    /// ```no_run
    /// # async fn show(site: quintet_test::TestSite) {
    /// site.get("/films/").await.contains_html(r#"<a class="film new" href="/films/7/">Alien</a>"#);
    /// # }
    /// ```
    #[track_caller]
    pub fn contains_html(self, fragment: &str) -> Self {
        let found = self.count_html(fragment);
        self.check(found > 0, format_args!("a page that contains the HTML {fragment}"));
        self
    }

    /// The page does not contain this fragment: see [`contains_html`](Self::contains_html).
    #[track_caller]
    pub fn lacks_html(self, fragment: &str) -> Self {
        let found = self.count_html(fragment);
        self.check(found == 0, format_args!("a page without the HTML {fragment}"));
        self
    }

    /// The page contains this fragment so many times: see [`contains_html`](Self::contains_html).
    #[track_caller]
    pub fn contains_html_times(self, times: usize, fragment: &str) -> Self {
        let found = self.count_html(fragment);
        self.check(found == times, format_args!("{times} times the HTML {fragment}, not {found}"));
        self
    }

    #[track_caller]
    fn count_html(&self, fragment: &str) -> usize {
        let wanted = parse(fragment);
        if wanted.is_empty() {
            panic!("{}\nan empty fragment is in every page: say what is expected", self.asked);
        }
        count(&parse(&self.text()), &wanted)
    }
}

/// What `look` finds first in a page.
pub(crate) fn first<T>(page: &str, look: &dyn Fn(&Node) -> Option<T>) -> Option<T> {
    fn among<T>(nodes: &[Node], look: &dyn Fn(&Node) -> Option<T>) -> Option<T> {
        nodes.iter().find_map(|node| {
            look(node).or_else(|| match node {
                Node::Element { children, .. } => among(children, look),
                Node::Text(_) => None,
            })
        })
    }
    among(&parse(page), look)
}

/// How often `wanted` stands among `nodes` or below them.
fn count(nodes: &[Node], wanted: &[Node]) -> usize {
    let here = nodes.windows(wanted.len()).filter(|some| *some == wanted).count();
    let below = nodes.iter().map(|node| match node {
        Node::Element { children, .. } => count(children, wanted),
        Node::Text(_) => 0,
    });
    here + below.sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(page: &str, fragment: &str) -> usize {
        count(&parse(page), &parse(fragment))
    }

    #[test]
    fn what_browsers_read_alike_is_alike() {
        let page = "<!DOCTYPE html><body>\n <p  id=a class='x  y'>Tom &amp; Jerry&#39;s\n  film<br/></p><!-- c --><p>b</p></body>";
        for fragment in [
            "<p class=\"y x\" id=\"a\">Tom &amp; Jerry's film<br></p>",
            "<P ID=a CLASS='x y'> Tom & Jerry&#x27;s film <br /> </P>",
            "<p class='x y' id=a>Tom &amp; Jerry&apos;s film<br></p> <p>b</p>",
            "<p>b</p>",
            "b",
        ] {
            assert_eq!(times(page, fragment), 1, "{fragment}");
        }
        for fragment in [
            "<p id=a>Tom &amp; Jerry's film<br></p>",
            "<p class='x y' id=b>Tom &amp; Jerry's film<br></p>",
            "<p class='x y' id=a>Tom &amp; Jerry's<br></p>",
            "<p class='x y' id=a>Tom &amp; Jerry's film</p>",
            "<div>b</div>",
            "<p><b>b</b></p>",
        ] {
            assert_eq!(times(page, fragment), 0, "{fragment}");
        }
    }

    #[test]
    fn a_fragment_is_counted_wherever_it_stands() {
        let page =
            "<ul><li>a<li>b<ul><li>a</li></ul></ul><input checked><input checked=''><input CHECKED=checked>";
        assert_eq!(times(page, "<li>a</li>"), 2);
        assert_eq!(times(page, "<input checked>"), 3);
        assert_eq!(times(page, "<input>"), 0);
        assert_eq!(times(page, "<li>a</li><li>b<ul><li>a</li></ul></li>"), 1);
    }
}
