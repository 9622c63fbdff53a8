//! A row of a list of members who are to move to other unions.

use super::{Checked, Context, column::Columns};
use crate::{cell::Cell, identity::Document, organization::OrgCode, template::TemplateKind};

/// One member who is to move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferRow {
    /// 证件类型 and 证件号码; a 15-digit ID matches too.
    pub document: Document,
    /// 转入工会编号.
    pub to_org_code: OrgCode,
    /// 转移原因.
    pub reason: Box<str>,
}

/// Reads a row of [`TemplateKind::Transfers`].
#[must_use]
pub fn transfer(cells: &[Cell<'_>], context: Context) -> Checked<TransferRow> {
    let mut row = Columns::new(TemplateKind::Transfers.columns(), cells, context);
    let document = row.document(0, 1, None);
    let to_org_code = row.org_code(2);
    let reason = row.text(3);
    let value = document.zip(to_org_code).zip(reason);
    row.finish(value.map(|((document, to_org_code), reason)| TransferRow { document, to_org_code, reason }))
}
