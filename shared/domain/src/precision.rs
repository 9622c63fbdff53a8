//! Numbers that a spreadsheet program has cut to 15 digits and filled up with zeros, kept as text since.
//!
//! Such a number looks like any other, and one of eleven even has a right check character: that of somebody else. Only all
//! numbers of a file together show what happened.
//!
//! The statistics: an ID ends in 000 (two digits of sequence and the check character) with a chance of one in a thousand,
//! and ends so with a wrong check character, by a slip of the pen, with one of 50,000 at most (one slip in fifty). A file is
//! taken for cut where so many endings of both sorts, or more, come of chance in fewer than one of 50,000 files; the tails
//! are those of Poisson, which lie a little above the binomial ones. That is two right ones of six numbers, three of 49, or
//! five of 300; with wrong ones among them far fewer. Of 53,000 honest files of a year one is expected to be taken; whoever's
//! number does end in 000 is taken in a file of his own.
//!
//! A single number with a wrong check character and this ending is told as cut without any statistics: that it is a slip is
//! far less likely. Right ones in a file with such a one are warned of, though it may be too few to be sure.

use crate::{
    ascii::ShortAscii,
    card::CardNumber,
    cell::Cell,
    identity::has_right_check,
    number::{LONGEST, Squeezed, squeeze},
    template::TemplateKind,
};

/// Digits that a float keeps.
const KEPT: usize = 15;
/// The chance of an honest number to end so.
const BY_NATURE: f64 = 1.0 / 1_000.0;
/// The chance to end so and to be wrong.
const BY_SLIP: f64 = 1.0 / 50_000.0;
/// What is too unlikely to be chance.
const UNLIKELY: f64 = 1.0 / 50_000.0;

/// What the numbers of a file tell of those that end in zeros.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Suspicion {
    /// Nothing: they are as they should be.
    #[default]
    None,
    /// One was cut for certain: others that end so are worth a look.
    Some,
    /// All that end so were cut.
    Sure,
}

/// What the numbers of a file tell, column by column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lost {
    /// 证件号码.
    pub ids: Suspicion,
    /// 会员服务卡号.
    pub cards: Suspicion,
}

/// Looks at all numbers of a file, before its rows are judged.
#[derive(Clone, Copy, Debug, Default)]
pub struct Precision {
    ids: Endings,
    cards: Endings,
}

impl Precision {
    /// Takes a row's cells, in the order of the template.
    pub fn see(&mut self, kind: TemplateKind, cells: &[Cell<'_>]) {
        let cell = |key| kind.position(key).and_then(|place| cells.get(place)).copied().unwrap_or_default();
        self.see_id(cell("id_number"));
        if kind == TemplateKind::Registry {
            self.see_card(cell("card"));
        }
    }

    /// Takes a document's number.
    pub fn see_id(&mut self, cell: Cell<'_>) {
        if let Some(number) = written(cell).as_ref().map(ShortAscii::as_str).filter(|number| number.len() == 18) {
            self.ids.see(number, has_right_check);
        }
    }

    /// Takes a card's number.
    pub fn see_card(&mut self, cell: Cell<'_>) {
        let written = written(cell);
        if let Some(number) =
            written.as_ref().map(ShortAscii::as_str).filter(|number| (18..=19).contains(&number.len()))
        {
            self.cards.see(number, |number| CardNumber::from_plain(number).is_ok());
        }
    }

    /// What they tell together.
    #[must_use]
    pub fn lost(&self) -> Lost {
        Lost { ids: self.ids.suspicion(), cards: self.cards.suspicion() }
    }
}

/// Whether a number has more than 15 digits, and zeros alone beyond the 15th.
#[must_use]
pub fn ends_in_zeros(number: &str) -> bool {
    let bytes = number.as_bytes();
    bytes.len() >= KEPT + 3 && bytes[..KEPT].iter().all(u8::is_ascii_digit) && bytes[KEPT..].iter().all(|b| *b == b'0')
}

/// The characters of a text cell; numeric cells have told by themselves.
fn written(cell: Cell<'_>) -> Option<ShortAscii<LONGEST>> {
    match (cell.unwrapped(), squeeze(cell.unwrapped())) {
        (Cell::Text(_), Squeezed::Text(text)) => Some(text),
        _ => None,
    }
}

/// The endings of one column.
#[derive(Clone, Copy, Debug, Default)]
struct Endings {
    numbers: u64,
    right: u64,
    wrong: u64,
}

impl Endings {
    fn see(&mut self, number: &str, is_right: impl Fn(&str) -> bool) {
        if !number.as_bytes()[..KEPT].iter().all(u8::is_ascii_digit) {
            return;
        }
        self.numbers += 1;
        if ends_in_zeros(number) {
            if is_right(number) {
                self.right += 1;
            } else {
                self.wrong += 1;
            }
        }
    }

    fn suspicion(&self) -> Suspicion {
        let expected = |chance: f64| self.numbers as f64 * chance;
        let chance = tail(expected(BY_NATURE), self.right) * tail(expected(BY_SLIP), self.wrong);
        match self.right + self.wrong {
            2.. if chance < UNLIKELY => Suspicion::Sure,
            1.. if self.wrong > 0 => Suspicion::Some,
            _ => Suspicion::None,
        }
    }
}

/// The chance of at least so many where so many are expected (Poisson).
fn tail(expected: f64, at_least: u64) -> f64 {
    if at_least == 0 {
        return 1.0;
    }
    // Where far more are expected than there are, nothing is odd.
    if expected >= at_least as f64 {
        return 1.0;
    }
    // In logarithms, since the first terms of a large file are below what a float holds. Each is the one before times
    // expected / k; they fall from here on, and a thousand are plenty.
    let first: f64 = (1..=at_least).map(|k| (expected / k as f64).ln()).sum();
    let mut term = (first - expected).exp();
    let mut sum = term;
    for k in at_least + 1..at_least + 1_000 {
        term *= expected / k as f64;
        sum += term;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A number of the invented region, with the check character that `right` asks for.
    fn ending_in_zeros(right: bool) -> String {
        (0..100)
            .map(|day| format!("3101991960{:02}{:02}{}000", day / 28 % 12 + 1, day % 28 + 1, day % 10))
            .find(|number| has_right_check(number) == right)
            .unwrap()
    }

    fn suspicion(right: usize, wrong: usize, others: usize) -> Suspicion {
        let mut precision = Precision::default();
        let fine = "310199199001010014";
        let (one, two) = (ending_in_zeros(true), ending_in_zeros(false));
        let numbers = std::iter::repeat_n(one.as_str(), right).chain(std::iter::repeat_n(two.as_str(), wrong));
        for number in numbers.chain(std::iter::repeat_n(fine, others)) {
            precision.see_id(Cell::Text(number));
        }
        precision.lost().ids
    }

    #[test]
    fn many_zeros_of_few_numbers_are_no_chance() {
        for (right, wrong, others) in
            [(3, 0, 2), (1, 2, 2), (0, 3, 2), (2, 0, 0), (2, 0, 4), (37, 363, 0), (1, 2, 397), (3, 0, 46), (5, 0, 295)]
        {
            assert_eq!(
                suspicion(right, wrong, others),
                Suspicion::Sure,
                "{right} right, {wrong} wrong, {others} others"
            );
        }
    }

    #[test]
    fn honest_files_are_not_suspected() {
        for (right, others) in [(1, 0), (1, 999), (2, 20), (2, 2_000), (4, 996), (12, 9_988), (100, 99_900)] {
            assert_eq!(suspicion(right, 0, others), Suspicion::None, "{right} of {}", right + others);
        }
        assert_eq!(suspicion(0, 1, 99), Suspicion::Some);
        assert_eq!(suspicion(1, 1, 199), Suspicion::Some, "a look is asked for");
    }

    #[test]
    fn a_million_numbers_are_no_trouble() {
        let of = |right, wrong| Endings { numbers: 1_000_000, right, wrong }.suspicion();
        assert_eq!(of(1_000, 0), Suspicion::None);
        assert_eq!(of(1_050, 20), Suspicion::Some);
        assert_eq!(of(100_000, 900_000), Suspicion::Sure);
    }

    #[test]
    fn only_text_of_their_length_counts() {
        let mut precision = Precision::default();
        for cell in
            [Cell::Number(3.101_991_990_01e17), Cell::Text("310199900101000"), Cell::Text("C01X00T47"), Cell::Empty]
        {
            precision.see_id(cell);
        }
        assert_eq!(precision.ids.numbers, 0);
        assert!(!ends_in_zeros("310199199001011000"[..17].as_ref()));
        assert!(ends_in_zeros("=310199199001011000"[1..].as_ref()));
    }
}
