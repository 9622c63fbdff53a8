//! The project's files, and Rust source taken apart into code and strings, line by line.

use std::path::{Path, PathBuf};
use support::repository;

/// Folders that hold what is made, not what is written.
const MADE: [&str; 4] = ["target", ".git", "rollcall-data", "node_modules"];

/// A text file of the project.
pub struct Source {
    /// Its path below the root.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// All files of the project with one of these extensions (no extension at all: ""), in the order of their paths.
pub fn files(extensions: &[&str]) -> Vec<Source> {
    let mut found = Vec::new();
    collect(&repository(), extensions, &mut found);
    found.sort();
    let root = repository();
    found
        .into_iter()
        .filter_map(|path| {
            let text = std::fs::read_to_string(&path).ok()?;
            Some(Source { path: path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned(), text })
        })
        .collect()
}

fn collect(folder: &Path, extensions: &[&str], found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap_or_default();
        // In a second work tree `.git` is a file, which names the first one's folder.
        if MADE.contains(&name) {
            continue;
        }
        if path.is_dir() {
            collect(&path, extensions, found);
        } else if extensions.contains(&path.extension().unwrap_or_default().to_str().unwrap_or_default()) {
            found.push(path);
        }
    }
}

/// A line of Rust: its code with strings and comments blanked, and its strings with the rest blanked.
pub struct Line {
    /// Counted from 1.
    pub number: usize,
    /// What the compiler reads, without the contents of strings.
    pub code: String,
    /// What stands in string literals.
    pub strings: String,
    /// Whether the line belongs to tests.
    pub in_tests: bool,
}

/// Takes a source file apart.
pub fn lines(source: &Source) -> Vec<Line> {
    let (code, strings) = apart(&source.text);
    let all_tests =
        source.path.starts_with("tests/") || source.path.contains("/tests/") || source.path.ends_with("/tests.rs");
    let first_test = tests_start(&code);
    code.lines()
        .zip(strings.lines())
        .enumerate()
        .map(|(index, (code, strings))| Line {
            number: index + 1,
            code: code.to_owned(),
            strings: strings.to_owned(),
            in_tests: all_tests || first_test.is_some_and(|first| index >= first),
        })
        .collect()
}

/// The index of the line at which the test module inside a file begins.
fn tests_start(code: &str) -> Option<usize> {
    let lines: Vec<&str> = code.lines().collect();
    (0..lines.len()).find(|index| {
        let module = lines[*index + 1..].iter().find(|line| !line.starts_with("#["));
        lines[*index].starts_with("#[cfg(test)]") && module.is_some_and(|line| is_inline_module(line))
    })
}

fn is_inline_module(line: &str) -> bool {
    let named = line.trim_start_matches("pub").trim_start_matches("(crate)").trim_start_matches("(super)");
    named.trim_start().starts_with("mod ") && line.trim_end().ends_with('{')
}

/// Code and strings as two texts with the same line breaks. Comments are in neither.
fn apart(text: &str) -> (String, String) {
    let characters: Vec<char> = text.chars().collect();
    let (mut code, mut strings) = (String::new(), String::new());
    let mut at = 0;
    while at < characters.len() {
        let (end, kind) = token(&characters, at);
        for character in &characters[at..end] {
            let line_break = *character == '\n';
            code.push(if kind == Token::Code || line_break { *character } else { ' ' });
            strings.push(if kind == Token::Text || line_break { *character } else { ' ' });
        }
        at = end;
    }
    (code, strings)
}

#[derive(PartialEq, Clone, Copy)]
enum Token {
    Code,
    Text,
    Comment,
}

/// The end and kind of what begins at `at`: a comment, a string or character literal, or one character of code.
fn token(text: &[char], at: usize) -> (usize, Token) {
    let next = |offset: usize| text.get(at + offset).copied().unwrap_or(' ');
    match text[at] {
        '/' if next(1) == '/' => (find(text, at, "\n").unwrap_or(text.len()), Token::Comment),
        '/' if next(1) == '*' => (find(text, at + 2, "*/").map_or(text.len(), |end| end + 2), Token::Comment),
        'r' if (next(1) == '"' || next(1) == '#') && !is_word(text, at) => raw_string(text, at),
        '"' => (quoted(text, at), Token::Text),
        '\'' if next(1) == '\\' || next(2) == '\'' => {
            let start = if next(1) == '\\' { at + 3 } else { at + 2 };
            (find(text, start, "'").map_or(text.len(), |end| end + 1), Token::Text)
        }
        _ => (at + 1, Token::Code),
    }
}

fn is_word(text: &[char], at: usize) -> bool {
    at > 0 && (text[at - 1].is_alphanumeric() && text[at - 1] != 'b' || text[at - 1] == '_')
}

fn raw_string(text: &[char], at: usize) -> (usize, Token) {
    let hashes = text[at + 1..].iter().take_while(|character| **character == '#').count();
    if text.get(at + 1 + hashes) != Some(&'"') {
        return (at + 1, Token::Code); // a raw identifier
    }
    let close = format!("\"{}", "#".repeat(hashes));
    (find(text, at + 2 + hashes, &close).map_or(text.len(), |end| end + close.len()), Token::Text)
}

fn quoted(text: &[char], at: usize) -> usize {
    let mut end = at + 1;
    while end < text.len() && text[end] != '"' {
        end += if text[end] == '\\' { 2 } else { 1 };
    }
    (end + 1).min(text.len())
}

fn find(text: &[char], from: usize, what: &str) -> Option<usize> {
    let what: Vec<char> = what.chars().collect();
    (from..text.len()).find(|at| text[*at..].starts_with(&what))
}

#[test]
fn source_is_taken_apart_into_code_strings_and_tests() {
    let text = "let a = \"x\\\"y\"; // say \"hi\"\nlet b = r#\"SELECT 1\"#; let c: &'a str = '\"';\n#[cfg(test)]\nmod tests {\n}\n";
    let lines = lines(&Source { path: "a/src/b.rs".to_owned(), text: text.to_owned() });
    assert_eq!(lines[0].code.trim_end(), "let a =       ;".trim_end());
    assert_eq!(lines[0].strings.trim(), "\"x\\\"y\"");
    assert!(lines[1].strings.contains("SELECT 1") && lines[1].code.contains("&'a str ="));
    assert!(!lines[1].code.contains('"'));
    assert_eq!(lines.iter().map(|line| line.in_tests).collect::<Vec<_>>(), [false, false, true, true, true]);
}
