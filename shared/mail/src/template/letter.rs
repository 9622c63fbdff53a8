//! The form of every mail: blocks that become plain text and HTML, so that both always say the same.

use std::fmt::Write as _;

use domain::shown::is_unseen;

use super::{Enclosed, Rendered};

/// A mail in the making.
pub(super) struct Letter {
    subject: String,
    blocks: Vec<Block>,
}

enum Block {
    Text(String),
    Facts(Vec<(String, String)>),
    List(String, Vec<String>),
}

const GREETING: &str = "您好：";
const CLOSING: &str = "本邮件由系统自动发出，请勿直接回复。";
const PAGE: &str =
    "font-family:'Microsoft YaHei','PingFang SC',sans-serif;font-size:14px;line-height:1.7;color:#222;max-width:720px";
const LABEL: &str = "padding:2px 16px 2px 0;color:#666;vertical-align:top;white-space:nowrap";

impl Letter {
    pub(super) fn new(subject: impl Into<String>) -> Self {
        Self { subject: subject.into(), blocks: vec![Block::Text(GREETING.to_owned())] }
    }

    /// A paragraph.
    pub(super) fn text(mut self, text: impl Into<String>) -> Self {
        self.blocks.push(Block::Text(text.into()));
        self
    }

    /// Lines of label and value.
    pub(super) fn facts(mut self, facts: Vec<(String, String)>) -> Self {
        if !facts.is_empty() {
            self.blocks.push(Block::Facts(facts));
        }
        self
    }

    /// A titled list; without items, nothing.
    pub(super) fn list(mut self, title: impl Into<String>, items: Vec<String>) -> Self {
        if !items.is_empty() {
            self.blocks.push(Block::List(title.into(), items));
        }
        self
    }

    /// Says what goes with the mail, and what does not.
    pub(super) fn enclosing(self, files: &Enclosed) -> Self {
        let names = |names: &[String]| names.join("、");
        let letter = if files.attached.is_empty() {
            self
        } else {
            self.text(format!("随信附件：{}。", names(&files.attached)))
        };
        if files.left_out.is_empty() {
            return letter;
        }
        let left_out = names(&files.left_out);
        letter.text(format!("{left_out}超过邮件大小限制或已不在，未随信发送，请按本邮件所列办法领取。"))
    }

    pub(super) fn render(mut self) -> Rendered {
        self.blocks.push(Block::Text(CLOSING.to_owned()));
        let text: Vec<String> = self.blocks.iter().map(Block::text).collect();
        let html: String = self.blocks.iter().map(Block::html).collect();
        let head = "<!doctype html>\n<html lang=\"zh-CN\"><head><meta charset=\"utf-8\"></head>";
        Rendered {
            subject: one_line(&self.subject),
            text: text.join("\n\n") + "\n",
            html: format!("{head}<body style=\"{PAGE}\">\n{html}</body></html>\n"),
        }
    }
}

// Writing to a String can't fail, hence the discarded results below.
impl Block {
    fn text(&self) -> String {
        match self {
            Self::Text(text) => one_line(text),
            Self::Facts(facts) => {
                let lines: Vec<String> =
                    facts.iter().map(|(label, value)| format!("  {}：{}", one_line(label), one_line(value))).collect();
                lines.join("\n")
            }
            Self::List(title, items) => {
                items.iter().enumerate().fold(format!("{}：", one_line(title)), |mut text, (i, item)| {
                    let _ = write!(text, "\n  {}. {}", i + 1, one_line(item));
                    text
                })
            }
        }
    }

    fn html(&self) -> String {
        match self {
            Self::Text(text) => format!("<p>{}</p>\n", escaped(text)),
            Self::Facts(facts) => {
                let rows = facts.iter().fold(String::new(), |mut rows, (label, value)| {
                    let _ = writeln!(
                        rows,
                        "<tr><td style=\"{LABEL}\">{}</td><td>{}</td></tr>",
                        escaped(label),
                        escaped(value)
                    );
                    rows
                });
                format!("<table>\n{rows}</table>\n")
            }
            Self::List(title, items) => {
                let items = items.iter().fold(String::new(), |mut all, item| {
                    let _ = writeln!(all, "<li>{}</li>", escaped(item));
                    all
                });
                format!("<p><b>{}：</b></p>\n<ol>\n{items}</ol>\n", escaped(title))
            }
        }
    }
}

/// Data can't begin a line of its own, nor turn the direction of what follows.
fn one_line(text: &str) -> String {
    let blank = |c: char| c.is_control() || c == '\u{2028}' || c == '\u{2029}';
    text.chars().map(|c| if blank(c) { ' ' } else { c }).filter(|c| !is_unseen(*c)).collect()
}

fn escaped(text: &str) -> String {
    one_line(text).chars().fold(String::with_capacity(text.len()), |mut all, c| {
        match c {
            '&' => all.push_str("&amp;"),
            '<' => all.push_str("&lt;"),
            '>' => all.push_str("&gt;"),
            '"' => all.push_str("&quot;"),
            '\'' => all.push_str("&#39;"),
            _ => all.push(c),
        }
        all
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_can_neither_write_html_nor_begin_a_line_or_header() {
        let evil = "<script>\"'&\r\nBcc: x@y.cn";
        let rendered =
            Letter::new(evil).text(evil).facts(vec![(evil.into(), evil.into())]).list(evil, vec![evil.into()]).render();
        assert!(!rendered.html.contains("<script>") && !rendered.text.contains("\nBcc"), "{}", rendered.text);
        assert!(!rendered.subject.contains(['\r', '\n']));
        assert!(rendered.html.contains("&lt;script&gt;&quot;&#39;&amp;"));
    }

    #[test]
    fn data_can_not_turn_the_direction_of_what_follows() {
        let evil = "名单\u{202e}xslx\u{2066}\u{200b}\u{1b}[31m\u{85}";
        let rendered =
            Letter::new(evil).text(evil).facts(vec![(evil.into(), evil.into())]).list(evil, vec![evil.into()]).render();
        let unseen = |text: &str| text.chars().any(|c| c != '\n' && is_unseen(c));
        assert!(!unseen(&rendered.subject) && !unseen(&rendered.text) && !unseen(&rendered.html), "{rendered:?}");
    }

    #[test]
    fn an_empty_list_is_left_out() {
        let rendered = Letter::new("x").list("问题", vec![]).facts(vec![]).render();
        assert!(!rendered.text.contains("问题") && !rendered.html.contains("<table>"));
    }
}
