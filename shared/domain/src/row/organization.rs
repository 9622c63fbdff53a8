//! A row of an import of unions.

use super::{Checked, Context, column::Columns};
use crate::{
    cell::Cell,
    finding::Code,
    name::PersonName,
    organization::{Level, OrgCode},
    phone::Phone,
    template::{ECONOMIES, INDUSTRIES, ORG_KINDS, TemplateKind},
    uscc::Uscc,
};

/// One union. A blank optional cell is `None` and states nothing (decision 3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationRow {
    /// 工会编号.
    pub org_code: OrgCode,
    /// 工会组织名称.
    pub name: Box<str>,
    /// 上级工会编号; `None` for the root alone.
    pub parent_code: Option<OrgCode>,
    /// 级别.
    pub level: Level,
    /// 类型, as written; [`crate::organization::OrgKind::of`] says what it means.
    pub kind: Option<Box<str>>,
    /// 统一社会信用代码.
    pub uscc: Option<Uscc>,
    /// 经济类型.
    pub economy: Option<Box<str>>,
    /// 所属行业.
    pub industry: Option<Box<str>>,
    /// 企业名称.
    pub enterprise: Option<Box<str>>,
    /// 联系人.
    pub contact: Option<PersonName>,
    /// 手机号码.
    pub phone: Option<Phone>,
    /// 电子邮箱.
    pub email: Box<str>,
}

/// Reads a row of [`TemplateKind::Organizations`]. Whether the upper union exists and may have this one below it is for
/// [`crate::import::organization_tree`] to say.
#[must_use]
pub fn organization(cells: &[Cell<'_>], context: Context) -> Checked<OrganizationRow> {
    let mut row = Columns::new(TemplateKind::Organizations.columns(), cells, context);
    let org_code = row.org_code(0);
    let name = row.text(1);
    let parent_code = row.org_code(2);
    let level = row.closed(3, Code::LevelUnknown, Level::parse_zh);
    let blank_parent = cells.get(2).is_none_or(Cell::is_blank);
    if blank_parent && level.is_some_and(|level| level != Level::Municipal) {
        let fault = row.fault(Code::Required, 2);
        row.push(fault);
    }
    let kind = row.open_list(4, ORG_KINDS);
    let uscc = row.uscc(5);
    let economy = row.open_list(6, ECONOMIES);
    let industry = row.open_list(7, INDUSTRIES);
    let enterprise = row.text(8);
    let contact = row.name(9);
    let phone = row.phone(10);
    let email = row.email(11);
    let value = org_code.zip(name).zip(level).zip(email);
    let value = value.map(|(((org_code, name), level), email)| OrganizationRow {
        org_code,
        name,
        parent_code,
        level,
        kind,
        uscc,
        economy,
        industry,
        enterprise,
        contact,
        phone,
        email,
    });
    row.finish(value)
}
