//! The table that is printed.

/// One line: what, measured, floor or peer of the same run, ratio, aim.
#[derive(Debug, Clone, Default)]
pub struct Row([String; 5]);

const HEAD: [&str; 5] = ["what", "measured", "floor or peer in the same run", "ratio", "aim"];

impl Row {
    /// A line about this.
    pub fn of(what: impl Into<String>) -> Self {
        Self([what.into(), String::new(), String::new(), String::new(), String::new()])
    }

    /// The figure.
    pub fn measured(mut self, text: impl Into<String>) -> Self {
        self.0[1] = text.into();
        self
    }

    /// What it is held against.
    pub fn beside(mut self, text: impl Into<String>) -> Self {
        self.0[2] = text.into();
        self
    }

    /// The ratio of both.
    pub fn ratio(mut self, text: impl Into<String>) -> Self {
        self.0[3] = text.into();
        self
    }

    /// What is aimed at.
    pub fn aim(mut self, text: impl Into<String>) -> Self {
        self.0[4] = text.into();
        self
    }
}

/// Markdown, with columns in line for people who read the source.
pub fn markdown(rows: &[Row]) -> String {
    let head = Row(HEAD.map(str::to_owned));
    let all: Vec<&Row> = std::iter::once(&head).chain(rows).collect();
    let width = |column: usize| all.iter().map(|row| row.0[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..HEAD.len()).map(width).collect();
    let line = |row: &Row| {
        let cells: Vec<String> = row.0.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        format!("| {} |", cells.join(" | "))
    };
    let rule = format!("|{}|", widths.iter().map(|width| "-".repeat(width + 2)).collect::<Vec<_>>().join("|"));
    let mut lines: Vec<String> = all.iter().map(|row| line(row)).collect();
    lines.insert(1, rule);
    lines.join("\n")
}

/// A number with commas between thousands.
pub fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The median of a few measurements.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
