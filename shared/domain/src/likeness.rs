//! Two registered people who are likely one: told to whoever keeps the list, merged by nobody (decision 48).

use chrono::NaiveDate;

use crate::{
    comparison::{Loose, Reason, Sought, near_matches},
    identity::Document,
    name::name_key,
    named::named,
    person::Sex,
};

named! {
    /// Why two members under different documents may be one person; the names are the same in each case.
    Likeness {
        /// The mobile numbers are the same, too.
        SamePhone "same-phone" "姓名和手机号码相同，证件不同",
        /// Birth date and union are the same, too.
        SameBirth "same-birth" "姓名、出生日期和所在工会相同，证件不同",
        /// Of one union, and the numbers differ as a comparison's near matches do.
        NearNumber "near-number" "姓名相同，证件号码相差一两位",
    }
}

/// What is compared of a member.
#[derive(Clone, Debug)]
pub struct Person<'p> {
    /// The name as written.
    pub name: &'p str,
    /// The document.
    pub document: &'p Document,
    /// Day of birth, where it is known.
    pub birth: Option<NaiveDate>,
    /// The sex.
    pub sex: Sex,
}

/// Why two of one union may be one person, whose names are the same in their normal form; none where nothing speaks for it.
#[must_use]
pub fn in_one_union(one: &Person<'_>, other: &Person<'_>) -> Option<Likeness> {
    if name_key(one.name) != name_key(other.name) || one.document.key() == other.document.key() {
        return None;
    }
    let birth = |of: &Person<'_>| of.birth.or_else(|| of.document.birth_date());
    if birth(one).is_some() && birth(one) == birth(other) {
        return Some(Likeness::SameBirth);
    }
    let loose = Loose::stranger(one.name, one.document, Some(one.sex));
    let sought = Sought::new(other.name, other.document, other.birth, other.sex);
    let near = near_matches(&[loose], &[sought]).pairs;
    let by_number = |reason: &Reason| {
        matches!(reason, Reason::OneDigit | Reason::Transposed | Reason::TwoDigits | Reason::FifteenDigits)
    };
    near.iter().flat_map(|near| &near.reasons).any(by_number).then_some(Likeness::NearNumber)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::IdKind;

    fn document(kind: IdKind, number: &str) -> Document {
        Document::stored(kind, number).unwrap()
    }

    fn person<'p>(name: &'p str, document: &'p Document) -> Person<'p> {
        Person { name, document, birth: document.birth_date(), sex: Sex::Male }
    }

    #[test]
    fn the_same_name_needs_more_to_be_the_same_person() {
        let kind = IdKind::ResidentId;
        let one = document(kind, "310199197804041038");
        let same_day = document(kind, "310199197804041054");
        let near = document(kind, "310199197804051034");
        let other = document(kind, "310199199012121015");
        let passport = document(IdKind::Passport, "E87654321");
        assert_eq!(in_one_union(&person("刘洋", &one), &person("刘洋", &same_day)), Some(Likeness::SameBirth));
        assert_eq!(in_one_union(&person("刘洋", &one), &person("刘洋", &near)), Some(Likeness::NearNumber));
        assert_eq!(in_one_union(&person("刘洋", &one), &person("刘洋", &other)), None);
        assert_eq!(in_one_union(&person("刘洋", &one), &person("刘洋", &passport)), None);
        assert_eq!(in_one_union(&person("刘洋", &one), &person("李洋", &near)), None, "another name");
        assert_eq!(in_one_union(&person("刘洋", &one), &person("刘洋", &one)), None, "the same document");
    }
}
