//! Near matches: which rows may be absent members under a mistyped number, or under another document.
//!
//! Never every row with every member. Numbers are sorted once for each pair of places that is left out (136 for an ID), and
//! what is left equal stands side by side; two places leave room for a hundred numbers, so no group is large. Names with
//! birth and sex are looked up in a table.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, HashMap, HashSet},
};

use chrono::NaiveDate;

use super::form::{Form, Packed};
use crate::{identity::Document, name::name_key, person::Sex};

/// Candidates that are told of one row; all are taken out of harm.
const CANDIDATES: usize = 5;
/// Numbers from this length on have two digits to lose and still tell one person from another.
const LONG: u32 = 15;

/// Why two may be one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// One digit differs, is missing or too many.
    OneDigit,
    /// Two digits are in each other's place.
    Transposed,
    /// Two digits differ.
    TwoDigits,
    /// One has the old number of 15 digits.
    FifteenDigits,
    /// Name, birth and sex are the same, the documents are not.
    SamePerson,
    /// The names are the same, and the row can't be read otherwise (decision 7).
    SameName,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::OneDigit, Self::Transposed, Self::TwoDigits, Self::FifteenDigits, Self::SamePerson, Self::SameName];

    /// The wire name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::OneDigit => "one-digit",
            Self::Transposed => "transposed",
            Self::TwoDigits => "two-digits",
            Self::FifteenDigits => "fifteen-digits",
            Self::SamePerson => "same-person",
            Self::SameName => "same-name",
        }
    }

    /// The reason of a wire name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }

    /// What clerks read.
    #[must_use]
    pub fn name_zh(self) -> &'static str {
        match self {
            Self::OneDigit => "证件号码相差一位",
            Self::Transposed => "证件号码有两位互换",
            Self::TwoDigits => "证件号码相差两位",
            Self::FifteenDigits => "15 位与 18 位身份证号码",
            Self::SamePerson => "姓名、出生日期、性别相同，证件不同",
            Self::SameName => "姓名相同，名单中该行未通过检查",
        }
    }
}

/// A row that found no member.
#[derive(Clone, Debug)]
pub struct Loose {
    name: Option<Box<str>>,
    number: Option<Form>,
    person: Option<(NaiveDate, Sex)>,
    refused: bool,
}

impl Loose {
    /// A good row.
    #[must_use]
    pub fn stranger(name: &str, document: &Document, sex: Option<Sex>) -> Self {
        Self {
            name: Some(name_key(name).into()),
            number: Form::of(document),
            person: document.birth_date().zip(document.sex().or(sex)),
            refused: false,
        }
    }

    /// A row with an error, by what can be made out of it: its cells as written.
    #[must_use]
    pub fn refused(name: Option<&str>, number: Option<&str>) -> Self {
        let name = name.map(name_key).filter(|key| !key.is_empty()).map(Into::into);
        Self { name, number: number.and_then(Form::written), person: None, refused: true }
    }
}

/// An absent member.
#[derive(Clone, Debug)]
pub struct Sought {
    name: Box<str>,
    number: Option<Form>,
    person: Option<(NaiveDate, Sex)>,
}

impl Sought {
    /// A member by name, document, birth and sex.
    #[must_use]
    pub fn new(name: &str, document: &Document, birth: Option<NaiveDate>, sex: Sex) -> Self {
        let birth = birth.or_else(|| document.birth_date());
        Self {
            name: name_key(name).into(),
            number: Form::of(document),
            person: birth.map(|birth| (birth, document.sex().unwrap_or(sex))),
        }
    }
}

/// A row and a member who may be one person, by their places in what was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Near {
    /// The row.
    pub loose: usize,
    /// The member.
    pub sought: usize,
    /// Why, the strongest first.
    pub reasons: Vec<Reason>,
}

/// What rows and members have to do with each other.
#[derive(Clone, Debug, Default)]
pub struct Nearness {
    /// The pairs, in the order of the rows; of a row the likeliest candidates.
    pub pairs: Vec<Near>,
    /// By member: whether some row may be this one.
    pub resembled: Vec<bool>,
}

/// Finds the near matches.
#[must_use]
pub fn near_matches(loose: &[Loose], sought: &[Sought]) -> Nearness {
    let mut nearness = Nearness { pairs: Vec::new(), resembled: vec![false; sought.len()] };
    if loose.is_empty() || sought.is_empty() {
        return nearness;
    }
    let mut found: BTreeMap<(usize, usize), Vec<Reason>> = BTreeMap::new();
    by_numbers(loose, sought, &mut found);
    by_lengths(loose, sought, &mut found);
    by_persons(loose, sought, &mut found);
    let mut by_row: BTreeMap<usize, Vec<Near>> = BTreeMap::new();
    for ((row, member), mut reasons) in found {
        reasons.sort_unstable();
        reasons.dedup();
        by_row.entry(row).or_default().push(Near { loose: row, sought: member, reasons });
    }
    for (row, mut candidates) in by_row {
        let rank = |near: &Near| rank(&loose[near.loose], &sought[near.sought], &near.reasons);
        candidates.sort_by_key(rank);
        if !loose[row].refused {
            let best = candidates.first().map_or(0, rank);
            candidates.retain(|near| rank(near) == best);
        }
        for near in &candidates {
            nearness.resembled[near.sought] = true;
        }
        nearness.pairs.extend(candidates.into_iter().take(CANDIDATES));
    }
    protect_names(loose, sought, &mut nearness.resembled);
    nearness
}

/// How likely a pair is one person: less is likelier.
fn rank(row: &Loose, member: &Sought, reasons: &[Reason]) -> u8 {
    let same_name = row.name.as_deref() == Some(&*member.name);
    let is = |reason| reasons.contains(&reason);
    match (is(Reason::OneDigit) || is(Reason::Transposed) || is(Reason::TwoDigits), same_name) {
        (true, true) => 0,
        (true, false) if !is(Reason::TwoDigits) => 1,
        _ if is(Reason::SamePerson) => 1,
        (true, false) => 2,
        _ => 3,
    }
}

type Pairs = BTreeMap<(usize, usize), Vec<Reason>>;

/// Numbers of rows and of members.
type Sides = [Vec<(Packed, usize)>; 2];

/// Numbers of one length that differ in two places at most.
fn by_numbers(loose: &[Loose], sought: &[Sought], found: &mut Pairs) {
    let mut groups: BTreeMap<(bool, u32), Sides> = BTreeMap::new();
    let forms = |side: usize, number: Option<Form>, place: usize| number.map(|form| (side, form, place));
    let rows = loose.iter().enumerate().filter_map(|(place, row)| forms(0, row.number, place));
    let members = sought.iter().enumerate().filter_map(|(place, member)| forms(1, member.number, place));
    for (side, form, place) in rows.chain(members) {
        groups.entry((form.citizen, form.len)).or_default()[side].push((form.code, place));
    }
    for ((_, len), [rows, members]) in groups {
        if rows.is_empty() || members.is_empty() {
            continue;
        }
        for one in 0..len {
            for other in one + 1..len {
                let masked = |side: &[(Packed, usize)]| {
                    let mut masked: Vec<(Packed, Packed, usize)> =
                        side.iter().map(|(code, place)| (code.masked(one, other), *code, *place)).collect();
                    masked.sort_unstable();
                    masked
                };
                meet(&masked(&rows), &masked(&members), |row, member| {
                    let differing = row.0.differing(member.0);
                    if is_told_here(&differing, one, other)
                        && let Some(reason) = reason(row.0, member.0, &differing)
                        && (reason != Reason::TwoDigits
                            || len >= LONG
                            || loose[row.1].name.as_deref() == Some(&*sought[member.1].name))
                    {
                        let reasons = found.entry((row.1, member.1)).or_default();
                        reasons.push(reason);
                        if loose[row.1].number.is_some_and(|form| form.is_15()) {
                            reasons.push(Reason::FifteenDigits);
                        }
                    }
                });
            }
        }
    }
}

/// Goes through two sorted lists side by side, and gives every pair of equal keys.
fn meet(
    rows: &[(Packed, Packed, usize)],
    members: &[(Packed, Packed, usize)],
    mut pair: impl FnMut((Packed, usize), (Packed, usize)),
) {
    let (mut row, mut member) = (0, 0);
    while let (Some(left), Some(right)) = (rows.get(row), members.get(member)) {
        match left.0.cmp(&right.0) {
            Ordering::Less => row += 1,
            Ordering::Greater => member += 1,
            Ordering::Equal => {
                for other in members[member..].iter().take_while(|other| other.0 == left.0) {
                    pair((left.1, left.2), (other.1, other.2));
                }
                row += 1;
            }
        }
    }
}

/// A pair that differs in fewer than two places comes with several masks; one of them tells it.
fn is_told_here(differing: &[u32], one: u32, other: u32) -> bool {
    match *differing {
        [] | [0] => (one, other) == (0, 1),
        [place] => (one, other) == (0, place),
        _ => true,
    }
}

fn reason(row: Packed, member: Packed, differing: &[u32]) -> Option<Reason> {
    match *differing {
        // The check character alone.
        [] | [_] => Some(Reason::OneDigit),
        [a, b] if row.at(a) == member.at(b) && row.at(b) == member.at(a) => Some(Reason::Transposed),
        [_, _] => Some(Reason::TwoDigits),
        _ => None,
    }
}

/// Rows with an error whose number has a character too few or too many.
fn by_lengths(loose: &[Loose], sought: &[Sought], found: &mut Pairs) {
    let odd = |row: &Loose| row.refused && row.number.is_some_and(|form| matches!(form.whole_len, 17 | 19));
    if !loose.iter().any(odd) {
        return;
    }
    let mut whole: HashMap<Packed, usize> = HashMap::new();
    let mut shorter: HashMap<Packed, Vec<usize>> = HashMap::new();
    for (place, member) in sought.iter().enumerate() {
        let Some(form) = member.number.filter(|form| form.whole_len == 18) else { continue };
        whole.insert(form.whole, place);
        let variants: HashSet<Packed> = (0..18).map(|slot| form.whole.without(slot)).collect();
        for variant in variants {
            shorter.entry(variant).or_default().push(place);
        }
    }
    for (place, row) in loose.iter().enumerate().filter(|(_, row)| odd(row)) {
        let Some(form) = row.number else { continue };
        let mut candidates: HashSet<usize> = shorter.get(&form.whole).into_iter().flatten().copied().collect();
        if form.whole_len == 19 {
            candidates = (0..19).filter_map(|slot| whole.get(&form.whole.without(slot)).copied()).collect();
        }
        for member in candidates {
            found.entry((place, member)).or_default().push(Reason::OneDigit);
        }
    }
}

/// Good rows with the name, birth and sex of a member; rows with an error by their name alone.
fn by_persons(loose: &[Loose], sought: &[Sought], found: &mut Pairs) {
    let mut persons: HashMap<(&str, NaiveDate, Sex), Vec<usize>> = HashMap::new();
    let mut names: HashMap<&str, Vec<usize>> = HashMap::new();
    for (place, member) in sought.iter().enumerate() {
        names.entry(&member.name).or_default().push(place);
        if let Some((birth, sex)) = member.person {
            persons.entry((&member.name, birth, sex)).or_default().push(place);
        }
    }
    for (place, row) in loose.iter().enumerate() {
        let Some(name) = row.name.as_deref() else { continue };
        let (reason, members) = match row.person {
            Some((birth, sex)) => (Reason::SamePerson, persons.get(&(name, birth, sex))),
            None if row.refused => (Reason::SameName, names.get(name)),
            None => continue,
        };
        // The first few: a list of a thousand people of one name would tell nobody anything.
        for member in members.into_iter().flatten().take(CANDIDATES) {
            found.entry((place, *member)).or_default().push(reason);
        }
    }
}

/// Every member with the name of a row that has an error is out of harm, however many there are (decision 7).
fn protect_names(loose: &[Loose], sought: &[Sought], resembled: &mut [bool]) {
    let names: HashSet<&str> = loose.iter().filter(|row| row.refused).filter_map(|row| row.name.as_deref()).collect();
    for (member, resembled) in sought.iter().zip(resembled) {
        *resembled |= names.contains(&*member.name);
    }
}
