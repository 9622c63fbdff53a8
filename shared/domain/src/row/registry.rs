//! A row of the feed that the card centre and social insurance send: facts about a document.

use super::{Checked, Context, column::Columns};
use crate::{cell::Cell, facts::Facts, finding::Code, identity::Document, person::Staff, template::TemplateKind};

/// What a feed states about one document. The document need not be a member's (decision 1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryRow {
    /// 证件类型 and 证件号码.
    pub document: Document,
    /// What is stated; a blank cell states nothing.
    pub facts: Facts,
}

/// Reads a row of [`TemplateKind::Registry`].
#[must_use]
pub fn registry(cells: &[Cell<'_>], context: Context) -> Checked<RegistryRow> {
    let mut row = Columns::new(TemplateKind::Registry.columns(), cells, context);
    let document = row.document(0, 1, Some(7));
    let card = row.card(2);
    let social_insurance = row.yes_no(3);
    let retired_on = row.date(4, None);
    let today = row.today;
    let deceased_on = row.date(5, Some(today));
    let staff = row.closed(6, Code::ValueNotInList, Staff::parse_zh);
    let born = document.as_ref().and_then(Document::birth_date);
    for (place, date) in [(4, retired_on), (5, deceased_on)] {
        if born.zip(date).is_some_and(|(born, date)| date < born) {
            let fault = row.fault(Code::DateImplausible, place).detail("早于出生日期");
            row.push(fault);
        }
    }
    let facts = Facts { card, social_insurance, retired_on, deceased_on, staff };
    row.finish(document.map(|document| RegistryRow { document, facts }))
}
