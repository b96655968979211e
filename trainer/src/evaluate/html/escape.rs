//! What comes from data is text, never markup.

use std::fmt;

/// Displays text so that HTML and SVG show it as it is, in content and in quoted attributes.
pub(super) struct Text<'a>(pub(super) &'a str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => formatter.write_str("&amp;")?,
                '<' => formatter.write_str("&lt;")?,
                '>' => formatter.write_str("&gt;")?,
                '"' => formatter.write_str("&quot;")?,
                '\'' => formatter.write_str("&#39;")?,
                // Control characters are no HTML, whatever a title holds.
                control if control.is_control() => formatter.write_str(" ")?,
                other => write!(formatter, "{other}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Text;

    #[test]
    fn markup_in_a_title_stays_text() {
        let title = "<script>alert('a & \"b\"')</script>\u{0}";
        let shown = Text(title).to_string();
        assert_eq!(
            shown,
            "&lt;script&gt;alert(&#39;a &amp; &quot;b&quot;&#39;)&lt;/script&gt; "
        );
    }
}
